"""The corpus: what comes with Tocsin, and how labels find texts that are not ours."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from models import corpus
from models.data import Row, key_of, read_file
from models.errors import DataError
from streams.cli.common import labelled_rows

WRITTEN = sorted((corpus.HERE / "written").glob("*.jsonl"))


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_written_rows_are_whole_and_brands_never_complain(file: Path) -> None:
    for row in read_file(file):
        assert row.text.strip()
        assert row.lang in ("fr", "en")
        if row.role == "brand":
            assert not row.complaint, row.text
            assert row.answer is None or (row.answer == "denial") == bool(row.corporate_denial)
        else:
            assert row.answer is None, row.text


def test_pairs_are_pairs_and_differ_in_a_label() -> None:
    twins: dict[str, list[Row]] = {}
    for row in corpus.read(None):
        if row.pair:
            twins.setdefault(row.pair, []).append(row)
    assert len(twins) > 500
    wrong = {pair: [r.text for r in rows] for pair, rows in twins.items() if len(rows) != 2}
    assert not wrong
    same = [pair for pair, (one, two) in twins.items() if one.targets()[:7] == two.targets()[:7]]
    assert len(same) / len(twins) < 0.03


def test_no_text_stands_twice() -> None:
    counts = Counter(" ".join(row.text.split()) for row in corpus.read(None))
    assert max(counts.values()) == 1


def test_labels_of_others_texts_hold_no_text() -> None:
    for file in sorted((corpus.HERE / "labels").glob("*.jsonl")):
        for line in file.read_bytes().splitlines():
            found = msgspec.json.decode(line)
            assert "text" not in found
            dataset, digest = found["key"].split(":")
            assert dataset
            assert len(digest) == 12


def test_labels_find_their_texts_in_the_folder(tmp_path: Path) -> None:
    first = (corpus.HERE / "labels" / "real_free_tweets_fr.jsonl").read_bytes().splitlines()[0]
    labels = msgspec.json.decode(first)
    folder = tmp_path / "train" / "free_tweets_fr"
    folder.mkdir(parents=True)
    header = "tweet_id\tauthor\tis_brand\tdate\ttext\n"
    (folder / "free_tweets.tsv").write_text(header + "1\tx\t0\t2020\tun texte inconnu\n", "utf-8")
    before = corpus.read(tmp_path)
    assert all(row.source.startswith("written") for row in before)
    assert key_of("free_tweets_fr", "un texte inconnu") != labels["key"]


def test_a_folder_without_rows_is_told_when_ours_are_not_wanted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no labelled rows: expected .*jsonl"):
        corpus.read(tmp_path, own=False)


GOOD = {
    "text": "a", "anger": 0, "objective_fact": 0, "corporate_denial": 0,
    "influencer_sharing": 0, "complaint": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (GOOD | {"anger": 7}, "anger is 7: expected 0, 1, 2 or 3"),
        (GOOD | {"complaint": True}, "complaint: expected 0 or 1"),
        (GOOD | {"text": 3}, "text: expected a string"),
        ({"text": "a"}, "anger is missing: expected 0, 1, 2 or 3"),
        ([1], "expected a JSON object such as"),
        (b'{"text": "a', "the JSON ends in the middle"),
        (b"text,anger", "no valid JSON: invalid character"),
        (b'{"text": "\xff"}', "no UTF-8; save the file as UTF-8"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_field(tmp_path: Path, line: object, told: str) -> None:
    file = tmp_path / "bad.jsonl"
    bad = line if isinstance(line, bytes) else msgspec.json.encode(line)
    file.write_bytes(msgspec.json.encode(GOOD) + b"\n" + bad + b"\n")
    with pytest.raises(DataError) as caught:
        list(read_file(file))
    assert f"bad.jsonl, line 2: {told}" in str(caught.value)
    assert "$" not in str(caught.value)


def test_a_byte_order_mark_and_blank_lines_are_no_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "editor.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + msgspec.json.encode(GOOD) + b"\r\n\r\n")
    assert [row.text for row in read_file(file)] == ["a"]


def test_an_unknown_kind_of_answer_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(
        '{"text": "a", "anger": 0, "objective_fact": 0, "corporate_denial": 0, '
        '"influencer_sharing": 0, "complaint": 0, "answer": "shrug"}\n'
    )
    with pytest.raises(DataError, match="answer is `shrug`; it is one of denial, gesture"):
        list(read_file(file))


def test_a_folder_that_adds_nothing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labelled").mkdir()
    assert labelled_rows(tmp_path, own=True)
    assert "neither labelled/*.jsonl nor" in capsys.readouterr().err
    (tmp_path / "labelled" / "mine.jsonl").write_text(
        '{"text": "merci", "lang": "fr", "role": "customer", "anger": 0, "objective_fact": 0,'
        ' "corporate_denial": 0, "influencer_sharing": 0, "complaint": 0}\n'
    )
    assert len(labelled_rows(tmp_path, own=False)) == 1
    assert not capsys.readouterr().err
