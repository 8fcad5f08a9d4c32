"""`tocsin demo`: a broker, a worker and recorded stories on this machine, and a board of them.

Nothing imports this but `streams.cli.demo`, and nothing here imports torch: the worker is a
process of its own.
"""
