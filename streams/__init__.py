"""The running product: topics, agents, tables, sinks, sources, web and command line.

All input and output lives here. May import `scoring` and `models`; nothing imports it.
"""
