"""Whether the quoted words are those that the score rests on, and what finding them costs.

`methods` are ways of choosing words, `measure` is what leaving them out takes from the score,
beside as many words drawn at random, `command` is `python -m benchmarks explanations DATA`.
"""

from benchmarks.explanations.command import main

__all__ = ["main"]
