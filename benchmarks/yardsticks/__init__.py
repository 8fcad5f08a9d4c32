"""How well we read public sets, and our own, beside what else a user would pick.

Every file here is one part of `python -m benchmarks yardsticks DATA`: what is asked (`tasks`,
`public`, `signals`), who answers (`ours`, `lexicon`, `linear`), and how it is told (`figures`,
`report`, `command`).
"""

from benchmarks.yardsticks.command import main

__all__ = ["main"]
