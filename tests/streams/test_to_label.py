"""Texts of judged cases become rows to label, and train only once they are labelled."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.data import read_file
from models.errors import DataError

LABELS = {
    "anger": 2,
    "objective_fact": 1,
    "corporate_denial": 0,
    "influencer_sharing": 0,
    "complaint": 1,
}
TEXTS = ["Your desk lost my case on 3 May and hangs up.", "Lovely crew!", "", "Lovely crew!"]


def tocsin(*args: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "streams", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    folder = tmp_path / "judged"
    folder.mkdir()
    lines = [
        {
            "id": f"m{number}",
            "brand": "acme",
            "text": text,
            "created_at": "2026-01-01T00:00:00Z",
            "channel": "twitter",
            "kind": "post" if text else "share",
            "parent_id": None if text else "m0",
        }
        for number, text in enumerate(TEXTS)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "acme-1.jsonl").write_text(text, "utf-8")
    return folder


def test_each_text_is_a_row_with_open_labels(judged: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = tocsin("feedback", "texts", judged, out)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert sorted(row["text"] for row in rows) == sorted({text for text in TEXTS if text})
    assert all(row[name] is None for row in rows for name in LABELS)
    assert all(row["case"] == "acme-1" and row["role"] == "unknown" for row in rows)
    by_text = {row["text"]: row["read"] for row in rows}
    assert by_text[TEXTS[0]]["complaint"] > 0.5 > by_text[TEXTS[1]]["complaint"]
    with pytest.raises(DataError, match="line 1"):
        list(read_file(out))
    out.write_text("".join(json.dumps(row | LABELS) + "\n" for row in rows), "utf-8")
    assert {row.text for row in read_file(out)} == by_text.keys()


def test_a_folder_without_recordings_is_told(tmp_path: Path) -> None:
    done = tocsin("feedback", "texts", tmp_path, tmp_path / "rows.jsonl")
    assert done.returncode == 2
    assert "tocsin feedback export" in done.stderr
