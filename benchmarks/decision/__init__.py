"""Crises caught in time, controls left alone: the decision over made-up histories.

Every file here is one part of `python -m benchmarks decision`: scores that are kept (`kept`), what
is raised when (`alarms`, `simple`, `without`), how it is told (`figures`, `report`, `command`).
"""

from benchmarks.decision.command import main

__all__ = ["main"]
