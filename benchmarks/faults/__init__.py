"""Workers on their worst day: seeded faults while mentions come in, and what is left afterwards.

Every file here is one part of `python -m benchmarks faults`: when what happens (`schedule`,
`faults`), to whom (`bed`, `members`, `proxy`, `sinks`), what came of it (`watch`, `checks`,
`refold`), and how it is told (`runs`, `report`, `command`).
"""

from benchmarks.faults.command import main

__all__ = ["main"]
