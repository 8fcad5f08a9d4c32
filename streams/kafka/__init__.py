"""How the stream reaches Kafka: client arguments, topics, dead letters, an embedded broker.

Built on kafka-python for everything but the worker; may import `streams.config` and `scoring`.
"""
