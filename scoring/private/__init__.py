"""Where personal data stands in a text, by kind: contacts, numbers, references, addresses.

Each module has `find(text, words)`, which yields where something begins and ends. Every pattern is
anchored where it may begin and bounded from there, so that the time is linear in the text whatever
the text. Patterns, and no library: `python -m benchmarks personal` has the figures beside some.
"""

from collections.abc import Iterator, Set

Span = tuple[int, int]
"""Begin and end of what has to be masked, as of a slice."""
Spans = Iterator[Span]
Words = Set[str]
"""The words of a text in lower case, letters only: most patterns need one of theirs."""
