"""The live stream: Faust agents, their state and outputs, and the web side of a worker.

What is decided stands in `scoring`; here stands when it is read, written and committed.

Commit discipline (docs/reliability.md; `benchmarks/faults/discipline.py` looks at it):

- An offset is acknowledged only after all that its message caused is acknowledged by the broker
  (`output`), and, where there is state, after its changelog has it whole (`state`); all in order.
- Partitions move: a batch under way ends first; what was read and not begun is dropped, and read
  again by whoever owns it (`logfold`, `tickets`).
- Told to stop: no batch begins, those under way end, offsets are committed (`serve`).
- Crash, or an error nobody foresaw: the process ends, offsets stay where they were (`boundary`).
"""
