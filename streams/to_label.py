"""Texts of judged cases, to be labelled by a person: what `tocsin train` can learn from verdicts.

A verdict on a case does not say which text the model misread, so the labels are left open (null),
and a row with an open label does not train. What the model read stands beside them.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from models.heads import BINARY_HEADS
from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.mention import Role
from scoring.scored import Scored
from streams.errors import UsageError
from streams.scorer.reader import Reader

_OPEN = dict.fromkeys(("anger", *BINARY_HEADS))


def write(folder: Path, out: Path, reader: Reader, most: int) -> int:
    """Writes at most `most` rows to `out`, the most doubtful first; how many there are.

    `folder` holds recordings as `tocsin feedback export` writes them. Raises UsageError, OSError.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise UsageError(f"{folder} holds no recording: `tocsin feedback export {folder}` first")
    rows = [row for file in files for row in _rows(file, reader)]
    first = {row["text"]: row for row in reversed(rows)}
    doubtful = sorted(first.values(), key=lambda row: (-_doubt(row), row["text"]))[:most]
    out.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in doubtful))
    return len(doubtful)


def _rows(file: Path, reader: Reader) -> Iterator[dict[str, object]]:
    mentions = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            mentions.append(decode(line))
        except BadMentionError as error:
            raise UsageError(f"{file}, line {number}: {error}") from error
    for scored in reader.read([mention for mention in mentions if mention.text]):
        yield _row(scored, file.stem)


def _row(scored: Scored, case: str) -> dict[str, object]:
    mention, scores = scored.mention, scored.scores
    answer = {"answer": None} if mention.role is Role.BRAND else {}
    read = {name: round(getattr(scores, name), 3) for name in _OPEN}
    return {
        "text": mention.text,
        "lang": scored.lang,
        "role": mention.role.value,
        "channel": mention.channel,
        **_OPEN,
        **answer,
        "case": case,
        "read": read,
    }


def _doubt(row: dict[str, object]) -> float:
    """0 to 0.5: how near to even the model's most doubtful probability is."""
    read = row["read"]
    assert isinstance(read, dict)
    return max(0.5 - abs(value - 0.5) for value in read.values())
