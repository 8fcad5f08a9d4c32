"""What masking finds and what it leaves, on messages written for this, and what it costs.

`messages` reads `benchmarks/data/personal.txt`, `measure` counts, `command` prints the tables.
"""

from benchmarks.personal.command import main

__all__ = ["main"]
