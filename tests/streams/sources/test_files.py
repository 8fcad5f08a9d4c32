"""Files as people leave them: half-written lines, renamed, emptied, CSV of every kind."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from streams.errors import ConfigError
from streams.sources.settings import parse
from tests.streams.sources.rig import BRANDS, rig

MAPPING = {
    "id": '"Review ID"',
    "text": "Body",
    "created_at": "Date",
    "author": {"handle": "User", "followers": "Fans"},
    "engagement": {"likes": "Likes"},
}


def line(number: int, text: str = "skylark") -> str:
    value = {"id": f"m-{number}", "text": text, "created_at": "2026-11-20T10:00:00Z"}
    return json.dumps(value | {"channel": "forum"}) + "\n"


def test_csv_with_quotes_line_breaks_and_half_a_record(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_bytes(
        b"\xef\xbb\xbfReview ID,Body,Date,User,Fans,Likes\r\n"
        b'7,"Skylark\r\n""broke"" it",2026-11-20 10:00,ann,12,3\r\n'
        b"8,Skyl\xc3\xa4rk? skylark,2026-11-20 10:00,bob,,\r\n"
        b"9,skylark,no date,bob,,\r\n"
        b'10,"skylark half'
    )

    async def run() -> None:
        table = {"type": "file", "path": str(file), "mapping": MAPPING, "channel": "review"}
        table |= {"timezone": "Europe/Paris"}
        async with rig(table) as it:
            await it.until(lambda: len(it.sent) == 2)
            found = it.of("7")
            assert found["text"] == 'Skylark\r\n"broke" it'
            assert found["created_at"] == "2026-11-20T10:00:00+01:00"
            assert found["author"] == {"handle": "ann", "followers": 12}
            assert found["engagement"] == {"likes": 3}
            assert found["channel"] == "review"
            await it.until(lambda: it.counts().get("unreadable") == 1)
            with file.open("ab") as more:
                more.write(b' and whole",2026-11-20 10:00,cy,,\r\n')
            await it.until(lambda: len(it.sent) == 3)
            assert it.of("10")["text"] == "skylark half and whole"
            await it.stop()
            with file.open("ab") as more:
                more.write(b"11,skylark,2026-11-20 10:00,cy,,\r\n")
            await it.start()
            await it.until(lambda: len(it.sent) == 4)
            assert it.ids() == ["7", "8", "10", "11"]

    asyncio.run(run())


def test_a_file_that_is_emptied_or_replaced_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"

    async def run() -> None:
        async with rig({"type": "file", "path": str(file)}) as it:
            await it.until(lambda: it.count("failures_total", reason="later"))
            file.write_text(line(1) + "{broken\n\n" + line(2))
            await it.until(lambda: len(it.sent) == 2)
            file.write_text(line(3))  # as `> log.jsonl` does
            await it.until(lambda: "m-3" in it.ids())
            fresh = tmp_path / "fresh"
            fresh.write_text(line(3) + line(4) + line(5).rstrip("\n"))
            fresh.replace(file)
            await it.until(lambda: len(it.sent) == 5)
            assert it.ids() == ["m-1", "m-2", "m-3", "m-4", "m-5"]
            assert it.counts()["unreadable"] == 1

    asyncio.run(run())


def test_a_folder_and_a_start_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(line(1))
    (tmp_path / "notes.txt").write_text(line(9))

    async def run() -> None:
        table = {"type": "file", "path": str(tmp_path), "start": "end"}
        async with rig(table) as it:
            await it.until(lambda: it.cursor)
            (tmp_path / "b.ndjson").write_text(line(2))
            with (tmp_path / "a.jsonl").open("a") as file:
                file.write(line(3))
            await it.until(lambda: len(it.sent) == 2)
            assert set(it.ids()) == {"m-2", "m-3"}
            (tmp_path / "a.jsonl").unlink()
            await it.until(lambda: it.cursor and it.cursor.count(":[") == 1)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mapping": None}, "CSV needs a mapping"),
        ({"mapping": {"text": "Body"}}, "created_at is missing"),
        ({"mapping": MAPPING | {"txt": "a"}}, "did you mean text"),
        ({"mapping": MAPPING | {"text": "a..b"}}, "is no JMESPath"),
        ({"mapping": MAPPING | {"text": 5}}, "in quotes"),
        ({"mapping_file": "/nowhere.toml"}, "keep one"),
        ({"mapping": None, "mapping_file": "/nowhere.toml"}, "cannot be read"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"encoding": "klingon"}, "encoding"),
        ({"delimiter": ""}, "delimiter"),
        ({"paht": "x"}, "no such key"),
    ],
)
def test_mistakes_are_named(changes: dict[str, Any], said: str) -> None:
    table = {"type": "file", "path": "/x.csv", "mapping": MAPPING} | changes
    with pytest.raises(ConfigError, match=said):
        parse(
            {"brands": BRANDS, "sources": {"it": {k: v for k, v in table.items() if v is not None}}}
        )
