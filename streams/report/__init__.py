"""A backtest as one page that can be mailed and printed: what would have been told, and why.

May import `scoring`, `streams.plot` and the words of `streams.sinks`; imported by the command line.
"""
