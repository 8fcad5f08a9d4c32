"""The stream under load, beside the same job by hand: rates, latency, CPU by stage, a backlog.

`mentions.py` makes what is sent, `bed.py` has broker and topics, `ways.py` the processes that work,
`plain.py` and `quix.py` are the job by hand; `runs.py` measures, `command.py` prints.
"""

from benchmarks.stream.command import main

__all__ = ["main"]
