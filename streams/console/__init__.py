"""What people look at: every case of every partition, gathered from the topics that tell of them.

It decides nothing. May import `scoring` and `streams`' settings and clients, not the worker.
"""
