"""How fast texts are read, how well, and by what else one could read them, all in one run."""

from benchmarks.scoring.command import main

__all__ = ["main"]
