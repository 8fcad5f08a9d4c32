"""Histories of the user's own: a recording of mentions, and beside it what came of it."""

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.levels import Level
from scoring.mention import Mention
from streams.calibration.looks import RECORDED
from streams.errors import UsageError
from streams.histories.label import History


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`NAME.toml` beside `NAME.jsonl`: `crisis_at`, when it was out, or what was `permitted`.

    `matter` names the conversations that it is about; without it, all of them.
    """

    crisis_at: datetime | None = None
    permitted: Level | None = None
    matter: tuple[str, ...] = ()


def read(folder: Path) -> Iterator[History]:
    """The recordings of a folder in order of name. Raises UsageError."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise UsageError(f"{folder} holds no recording: put NAME.jsonl and NAME.toml there")
    for file in files:
        yield _history(file, _label(file.with_suffix(".toml")))


def _label(file: Path) -> Label:
    try:
        label = msgspec.convert(tomllib.loads(file.read_text("utf-8")), Label)
    except FileNotFoundError:
        raise UsageError(
            f"{file} is missing: it says `crisis_at = 2026-01-31T12:00:00Z` or `permitted = "
            '"watch"` (the highest level that would have been right)'
        ) from None
    except (ValueError, RecursionError) as error:  # no TOML, no label, no UTF-8
        raise UsageError(f"{file}: {error}") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    if (label.crisis_at is None) == (label.permitted is None):
        raise UsageError(f"{file}: give either `crisis_at` or `permitted`")
    if label.crisis_at is not None and label.crisis_at.tzinfo is None:
        raise UsageError(f"{file}: `crisis_at` needs a time zone, such as a Z at its end")
    return label


def _history(file: Path, label: Label) -> History:
    mentions: list[Mention] = []
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            mentions.append(decode(line))
        except BadMentionError as error:
            raise UsageError(f"{file}, line {number}: {error}") from error
    if not mentions:
        raise UsageError(f"{file} holds no mention")
    mentions.sort(key=lambda mention: (mention.at, mention.id))
    if len(brands := sorted({mention.brand for mention in mentions})) > 1:
        raise UsageError(f"{file} holds {len(brands)} brands ({', '.join(brands[:3])}): one each")
    if label.crisis_at is not None and label.crisis_at.timestamp() <= mentions[0].at:
        raise UsageError(f"{file}: the crisis came before the first mention")
    if label.matter and not {mention.root_id for mention in mentions} & set(label.matter):
        raise UsageError(f"{file}: no mention belongs to a conversation of `matter`")
    return History(
        name=file.stem,
        kind=RECORDED,
        split="train",
        crisis=label.crisis_at is not None,
        permitted=label.permitted,
        deadline=label.crisis_at,
        brand=mentions[0].brand,
        lang="en",
        sector="",
        channel=mentions[0].channel,
        seed=0,
        matter=label.matter or tuple(dict.fromkeys(m.root_id for m in mentions)),
        mentions=tuple(mentions),
    )
