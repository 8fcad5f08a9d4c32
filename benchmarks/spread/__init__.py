"""How well the final number of shares is foreseen, beside what the literature would do."""

from benchmarks.spread.command import main

__all__ = ["main"]
