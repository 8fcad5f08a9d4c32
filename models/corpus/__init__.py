"""The labelled corpus: the user's folder, texts written for Tocsin, labels of others' texts.

`written/*.jsonl` here are texts and labels of our own. `labels/*.jsonl` are labels alone, kept
under the set and hash of a text that is not ours to publish: they count where the user's folder
holds the set. `labels/corrections.jsonl` overrules what a labelled file says.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from models.data import Labels, Row, key_of, read_file
from models.errors import DataError
from models.mistakes import told

HERE = Path(__file__).parent
_LABELLED = ("labelled", "written")
_AUXILIARY_TOO = ("xci_acl2023",)


class _Keyed(Labels, frozen=True, kw_only=True):
    key: str


class _Answer(msgspec.Struct, frozen=True):
    key: str
    answer: str


@dataclass(frozen=True)
class Found:
    """A text of a public set, with what the set itself says of its author and its trade."""

    dataset: str
    text: str
    lang: str
    role: str
    sector: str


def read(folder: Path | None, own: bool = True) -> list[Row]:
    """Every labelled row, each text once; the first that says something of a text is taken.

    `folder` may hold `labelled/*.jsonl`, `written/*.jsonl` (any file of labelled rows will do in
    either) and `train/<set>/`, the public sets that our labels are about; `own` adds the texts
    and labels that come with Tocsin. Raises DataError where nothing is found.
    """
    rows = list(_folder_rows(folder)) if folder else []
    if folder and not rows and not own:
        wanted = " or ".join(f"{folder}/{name}/*.jsonl" for name in _LABELLED)
        raise DataError(f"no labelled rows: expected {wanted}")
    if own:
        rows = [*rows, *_own_rows()]
        found = {key_of(f.dataset, f.text): f for f in public(folder)} if folder else {}
        rows = _amended([*rows, *_labelled_here(found)], found)
    once: dict[str, Row] = {}
    for row in rows:
        once.setdefault(" ".join(row.text.split()), row)
    return list(once.values())


def _folder_rows(folder: Path) -> Iterator[Row]:
    for name in _LABELLED:
        for file in sorted((folder / name).glob("*.jsonl")):
            yield from read_file(file)


def _own_rows() -> Iterator[Row]:
    for file in sorted((HERE / "written").glob("*.jsonl")):
        yield from read_file(file)


def _labelled_here(found: Mapping[str, Found]) -> Iterator[Row]:
    for file in sorted((HERE / "labels").glob("real_*.jsonl")):
        for labels in _decode(file, _Keyed):
            item = found.get(labels.key)
            if item is not None:
                values = msgspec.structs.asdict(labels)
                key = values.pop("key")
                dataset = key.split(":")[0]
                yield Row(
                    **values,
                    text=item.text,
                    lang=item.lang,
                    role=item.role,
                    channel="twitter",
                    source=dataset,
                )


def _amended(rows: Sequence[Row], found: Mapping[str, Found]) -> list[Row]:
    """The rows with corrected labels, the kinds of brands' answers, and their sector."""
    corrections = {c.key: c for c in _decode(HERE / "labels" / "corrections.jsonl", _Keyed)}
    answers = {a.key: a.answer for a in _decode(HERE / "labels" / "answers.jsonl", _Answer)}
    amended = []
    for row in rows:
        for dataset in _SETS_OF_SOURCE.get(row.source, (row.source,)):
            key = key_of(dataset, row.text)
            if key in corrections:
                values = msgspec.structs.asdict(corrections[key])
                values.pop("key")
                row = msgspec.structs.replace(row, **{**values, "answer": row.answer})
            if row.role == "brand" and key in answers:
                row = msgspec.structs.replace(row, answer=answers[key])
            if key in found:
                row = msgspec.structs.replace(
                    row,
                    sector=found[key].sector,
                    channel="twitter",
                    public=dataset in _AUXILIARY_TOO,
                )
        amended.append(row)
    return amended


def _decode(file: Path, kind: type) -> list:
    if not file.exists():
        return []
    decoder: msgspec.json.Decoder = msgspec.json.Decoder(kind)
    try:
        return [decoder.decode(line) for line in file.read_bytes().splitlines()]
    except msgspec.DecodeError as error:
        raise DataError(f"{file}: {told(str(error))}") from error


def _table(file: Path, delimiter: str, quoted: bool) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(
            lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        )


def _free(folder: Path) -> Iterator[Found]:
    for line in _table(folder / "free_tweets.tsv", "\t", quoted=False):
        role = "brand" if line["is_brand"] == "1" else "customer"
        yield Found("free_tweets_fr", line["text"], "fr", role, "telecom")


def _care(folder: Path) -> Iterator[Found]:
    for line in _table(folder / "conversations.tsv", "\t", quoted=False):
        yield Found("ibm_customer_care", line["text"], "en", line["speaker"], "software")


def _complaints(folder: Path) -> Iterator[Found]:
    for line in _table(folder / "xci_train.csv", ",", quoted=True):
        yield Found("xci_acl2023", line["tweet"], "en", "customer", _sector(line["domain"]))


def _sector(domain: str) -> str:
    return "" if domain.startswith("random") or domain == "other" else domain


_READERS: dict[str, Callable[[Path], Iterable[Found]]] = {
    "free_tweets_fr": _free,
    "ibm_customer_care": _care,
    "xci": _complaints,
}
_SETS_OF_SOURCE: dict[
    str, tuple[Literal["free_tweets_fr", "ibm_customer_care", "xci_acl2023"], ...]
]
_SETS_OF_SOURCE = {
    "real_fr": ("free_tweets_fr",),
    "real_en": ("ibm_customer_care", "xci_acl2023"),
}


def public(folder: Path) -> Iterator[Found]:
    """The texts of the public sets that the folder holds."""
    for name, reader in _READERS.items():
        if (folder / "train" / name).is_dir():
            try:
                yield from reader(folder / "train" / name)
            except (OSError, KeyError, csv.Error) as error:
                raise DataError(f"{folder}/train/{name} cannot be read: {error}") from error
