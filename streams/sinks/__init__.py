"""Where escalations go: one module per ticket system, and what delivers to them.

A target (`streams.sinks.target`) makes one try; the runner decides when, how often and in which
order. May import `scoring` and `streams.kafka`, never `models`.
"""
