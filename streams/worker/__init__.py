"""The live stream: Faust agents, their state and outputs, and the web side of a worker.

What is decided stands in `scoring`; here stands when it is read, written and committed.
"""
