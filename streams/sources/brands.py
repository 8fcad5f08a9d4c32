"""Which brands a text is about: keywords, handles and exclusions of the tables `[brands.NAME]`."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from ahocorasick_rs import AhoCorasick
from msgspec import Meta

from scoring.mention import SLUG
from streams.errors import ConfigError
from streams.sinks.target import settings_of
from streams.sources.folding import borders, fold, in_word, settle

Words = tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...]
_CHANNEL = re.compile(r"(?!did:)([a-z0-9][a-z0-9._-]*):(.+)")
"""`channel:` before a handle; `did:` begins an id of AT Protocol (https://www.w3.org/TR/did-core/)."""
_IN_HANDLE = re.compile(r"[\w.@-]")


class Brand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a brand is recognised.

    `keywords`: words or phrases, case and accents aside; a `*` at the end lets the word go on.
    `cased`: written exactly so. `handles`: the brand's own accounts, `@name` or an id, for one
    channel alone as `channel:@name`: who names one speaks of the brand, who writes as one is the
    brand. `exclude`: phrases in which a keyword means something else. `context`: where given, a
    keyword counts only in a text with one of these words too; a handle always counts.
    """

    keywords: Words = ()
    cased: Words = ()
    handles: Words = ()
    exclude: Words = ()
    context: Words = ()


class Hit(NamedTuple):
    """What a brand was recognised by: `keyword` or `handle`, as the file writes it."""

    brand: str
    by: str
    word: str


class _Pattern(NamedTuple):
    brand: str
    role: str  # keyword, cased, handle, exclude, context
    word: str
    channel: str  # of a handle; empty: all
    open_end: bool


class Matcher:
    """Every brand at once, however many words they have: Aho-Corasick over the folded text."""

    def __init__(self, brands: Mapping[str, Brand]) -> None:
        self.brands = dict(brands)
        folded: dict[str, list[_Pattern]] = {}
        cased: dict[str, list[_Pattern]] = {}
        self._handles: dict[str, list[_Pattern]] = {}
        for pattern in _patterns(brands):
            if pattern.role == "cased":
                cased.setdefault(settle(pattern.word).strip(), []).append(pattern)
                continue
            word = fold(pattern.word).strip()
            if pattern.role == "handle":
                name = _handle(pattern.word)
                self._handles.setdefault(name, []).append(pattern)
                word = f"@{name}"
            folded.setdefault(word.removesuffix("*"), []).append(pattern)
        self._folded, self._cased = _Search(folded), _Search(cased)

    def hits(self, text: str, channel: str, addressed: Collection[str] = ()) -> list[Hit]:
        """What names which brand, in the order of the brands' names."""
        spans: dict[str, list[tuple[int, int, _Pattern]]] = {}
        hits: set[Hit] = set()
        for name in addressed:
            hits.update(self._named(name, channel))
        for found in (self._folded.find(fold(text)), self._cased.find(settle(text))):
            for start, end, pattern in found:
                if pattern.role == "handle":
                    if pattern.channel in ("", channel):
                        hits.add(Hit(pattern.brand, "handle", pattern.word))
                else:
                    spans.setdefault(pattern.brand, []).append((start, end, pattern))
        for brand, places in spans.items():
            hits.update(self._words(brand, places))
        return sorted(hits)

    def brands_of(self, text: str, channel: str, addressed: Collection[str] = ()) -> list[str]:
        """The brands that a text is about."""
        return sorted({hit.brand for hit in self.hits(text, channel, addressed)})

    def owns(self, brand: str, channel: str, names: Iterable[str | None]) -> bool:
        """Whether one of these handles or ids is the brand itself."""
        return any(hit.brand == brand for n in names if n for hit in self._named(n, channel))

    def _named(self, name: str, channel: str) -> list[Hit]:
        found = self._handles.get(_handle(name), ())
        return [Hit(p.brand, "handle", p.word) for p in found if p.channel in ("", channel)]

    def _words(self, brand: str, places: Sequence[tuple[int, int, _Pattern]]) -> Iterable[Hit]:
        roles = {pattern.role for _, _, pattern in places}
        if self.brands[brand].context and "context" not in roles:
            return
        barred = [(start, end) for start, end, p in places if p.role == "exclude"]
        for start, end, pattern in places:
            if pattern.role in ("keyword", "cased") and not any(
                start < last and first < end for first, last in barred
            ):
                yield Hit(brand, "keyword", pattern.word)


class _Search:
    """Patterns of one spelling, found where words begin and end."""

    def __init__(self, patterns: Mapping[str, list[_Pattern]]) -> None:
        self._patterns = list(patterns.values())
        self._search = AhoCorasick(list(patterns)) if patterns else None

    def find(self, text: str) -> Iterable[tuple[int, int, _Pattern]]:
        if self._search is None:
            return
        for number, start, end in self._search.find_matches_as_indexes(text, overlapping=True):
            begins, ends = borders(text, start, end)
            for pattern in self._patterns[number]:
                if pattern.role == "handle":
                    if _whole_handle(text, start, end):
                        yield start, end, pattern
                elif begins and (ends or pattern.open_end):
                    yield start, end, pattern


def read(tables: Mapping[str, Any]) -> dict[str, Brand]:
    """The tables `[brands.NAME]`. Raises ConfigError that names the key."""
    found = {}
    for name, table in tables.items():
        if not re.match(SLUG, name) or len(name) > 100:
            raise ConfigError(f"brands.{name}: a brand is named by a slug such as acme-air")
        if not isinstance(table, dict):
            raise ConfigError(f"brands: a table [brands.{name}] is wanted")
        try:
            brand = settings_of(Brand, table)
            _check(brand)
        except ConfigError as error:
            raise ConfigError(f"brands.{name}: {error}") from error
        found[name] = brand
    return found


def _check(brand: Brand) -> None:
    if not (brand.keywords or brand.cased or brand.handles):
        raise ConfigError("nothing to look for: add keywords, cased or handles")
    if any("*" in word.removesuffix("*") for word in brand.keywords):
        raise ConfigError("keywords: a * stands at the end of a word, or not at all")
    for role in ("keywords", "cased", "exclude", "context"):
        for word in getattr(brand, role):
            if not any(c.isalnum() or not c.isascii() for c in word):
                raise ConfigError(f"{role}: {word!r} has neither letter nor digit")
    if any(not _handle(word) for word in brand.handles):
        raise ConfigError("handles: one of them is empty")


def _patterns(brands: Mapping[str, Brand]) -> Iterable[_Pattern]:
    roles = {"keywords": "keyword", "cased": "cased", "exclude": "exclude", "context": "context"}
    for name, brand in brands.items():
        for key, role in roles.items():
            for word in getattr(brand, key):
                yield _Pattern(name, role, word, "", role != "cased" and word.endswith("*"))
        for word in brand.handles:
            channel = _CHANNEL.fullmatch(word)
            yield _Pattern(name, "handle", word, channel[1] if channel else "", False)


def _handle(word: str) -> str:
    """A handle without its `channel:` and its `@`, folded; ids such as `did:plc:x` stay whole."""
    found = _CHANNEL.fullmatch(word)
    bare = found[2] if found else word
    return fold(bare).strip().removeprefix("@")


def _whole_handle(text: str, start: int, end: int) -> bool:
    """Not part of a longer handle or address; `.@name`, as people complain in public, is one.

    A full stop may end the sentence.
    """
    if start and (in_word(text[start - 1]) or text[start - 1] == "@"):
        return False
    if end >= len(text) or not _IN_HANDLE.match(text[end]):
        return True
    return text[end] in ".-" and (end + 1 == len(text) or not in_word(text[end + 1]))
