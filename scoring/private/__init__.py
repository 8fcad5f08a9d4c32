"""Where personal data stands in a text, by kind: contacts, numbers, references, addresses.

Each module has `find(text)`, which yields where something begins and ends. Every pattern is
anchored where it may begin and bounded from there, so that the time is linear in the text whatever
the text. Patterns, and no library: `python -m benchmarks personal` has the figures beside some.
"""

from collections.abc import Iterator

Span = tuple[int, int]
"""Begin and end of what has to be masked, as of a slice."""
Spans = Iterator[Span]
