"""The five answers, checked one by one, so that a wrong one can be asked for again."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from streams import config
from streams.environment import variable
from streams.errors import ConfigError, UsageError
from streams.sinks import kinds
from streams.sources import folding

LANGUAGES = ("en", "fr")
NONE = "none"
_MOST_NAME = 100


class Brand(NamedTuple):
    """A brand as people write it, one way or `also` another, and the slug that mentions bear."""

    slug: str
    name: str
    also: tuple[str, ...] = ()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a configuration is written from; `sink` is a kind of ticket system, or `none`."""

    brands: tuple[Brand, ...]
    language: str
    sink: str
    broker: str
    folder: Path


def brands(text: str) -> tuple[Brand, ...]:
    """Brands from names or slugs with commas between them. Raises UsageError."""
    found = [brand(part) for part in text.split(",") if part.strip()]
    if not found:
        raise UsageError("a brand is wanted, such as Acme Air")
    brands: dict[str, Brand] = {}
    for one in found:
        known = brands.setdefault(one.slug, one)
        if one.name not in (known.name, *known.also):
            brands[one.slug] = known._replace(also=(*known.also, one.name))
    return tuple(brands.values())


def brand(name: str) -> Brand:
    """`Acme Air` is acme-air. Raises UsageError when no letter or digit can stand in a slug.

    The sign before `@acme` or `#acme` is no part of the name.
    """
    shown = " ".join(name.split()).lstrip("@# ")
    slug = folding.slug(shown)
    if not shown.isprintable() or len(shown) > _MOST_NAME:
        raise UsageError(f"a brand is a name of at most {_MOST_NAME} characters, such as Acme Air")
    if not slug:
        raise UsageError(
            f"{shown!r} has no letter from a to z for its slug: write one, as acme-air"
        )
    return Brand(slug, shown)


def sinks() -> tuple[str, ...]:
    """The kinds of ticket system to choose from."""
    return (NONE, *kinds.names())


def broker(text: str) -> str:
    """Kafka brokers. Raises UsageError."""
    try:
        return ",".join(config.load({variable("broker"): text}).brokers)
    except ConfigError as error:
        what = str(error).removeprefix(f"{variable('broker')} is ")
        raise UsageError(f"{what}; such as localhost:9092") from None
