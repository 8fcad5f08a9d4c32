"""Hostile inputs by the million for everything that reads what others wrote.

`mutation` makes them from seeds, `targets` and the modules beside it are what reads them, `run`
counts, watches time and memory and keeps what fails, `command` is `python -m benchmarks fuzz`.
"""

from benchmarks.fuzz.command import main

__all__ = ["main"]
