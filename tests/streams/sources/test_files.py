"""Files as people leave them: half-written lines, renamed, emptied, CSV of every kind."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.errors import ConfigError
from streams.sources.settings import parse
from streams.sources.trial import doubts
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


def aged(file: Path) -> None:
    """As if nobody had written to it for an hour."""
    then = time.time() - 3600
    os.utime(file, (then, then))


def csv_table(path: Path, **more: Any) -> dict[str, Any]:
    mapping = {"id": "id", "text": "text", "created_at": "at", "author": {"followers": "fans"}}
    return {"type": "file", "path": str(path), "mapping": mapping, "channel": "review"} | more


def row(id: str, text: str = "skylark", fans: str = "") -> str:
    return f"{id},{text},2026-11-20 10:00,{fans}\n"


HEADER = "id,text,at,fans\n"


def read(path: Path, table: dict[str, Any], ids: list[str], **counts: int) -> list[Any]:
    """Collects until the ids are there and the outcomes as wanted; gives the mentions."""

    async def run() -> list[Any]:
        async with rig(table) as it:
            await it.until(lambda: sorted(it.ids()) == sorted(ids))
            await it.until(lambda: {**it.counts(), **counts} == it.counts())
            return it.sent

    return asyncio.run(run())


def test_a_line_that_is_too_long_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "big.jsonl"
    file.write_text(line(1) + line(2, "x" * 9_000_000) + line(3))

    async def run() -> None:
        async with rig({"type": "file", "path": str(file)}) as it:
            await it.until(lambda: it.ids() == ["m-1", "m-3"])
            assert it.counts()["unreadable"] == 1
            half = line(4, "y" * 9_000_000)
            with file.open("a") as more:
                more.write(half[:8_900_000])
            await it.until(lambda: it.counts()["unreadable"] == 2)
            await it.stop()
            with file.open("a") as more:
                more.write(half[8_900_000:] + line(5))
            await it.start()
            await it.until(lambda: it.ids() == ["m-1", "m-3", "m-5"])
            assert it.counts()["unreadable"] == 2

    asyncio.run(run())
    assert "line 2: it is longer than 8 MiB" in caplog.text
    csv = tmp_path / "big.csv"
    csv.write_text(HEADER + row("a") + row("b", "z" * 9_000_000) + row("c"))
    read(csv, csv_table(csv), ["a", "c"], unreadable=1)


def test_a_file_written_anew_under_the_same_header_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    header = HEADER.strip() + "".join(f",a rather long column {n}" for n in range(20)) + "\n"
    file.write_text(header + "".join(row(f"e{n}") for n in range(5)))

    async def run() -> None:
        async with rig(csv_table(file)) as it:
            await it.until(lambda: len(it.sent) == 5)
            file.write_text(header + "".join(row(f"n{n}") for n in range(8)))
            await it.until(lambda: len(it.sent) >= 13)
            assert it.ids()[5:] == [f"n{n}" for n in range(8)]

    asyncio.run(run())


def test_a_quote_that_is_not_closed_costs_one_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "quotes.csv"
    file.write_text(
        HEADER
        + row("q1")
        + row("q2", '"skylark, he said "no" to me"')
        + row("q3", '"skylark unclosed')
        + row("q4")
        + row("q5")
    )
    aged(file)
    read(file, csv_table(file), ["q1", "q4", "q5"], unreadable=2)
    assert "line 4: a quote is not closed" in caplog.text
    assert "line 3: a quote within quotes is not doubled" in caplog.text
    caplog.clear()
    with file.open("a") as more:  # somebody goes on writing
        more.write("".join(row(f"r{n}") for n in range(5)))
    read(file, csv_table(file), ["q1", "q4", "q5", *(f"r{n}" for n in range(5))], unreadable=2)
    with file.open("a") as more:  # and another quote closes it
        more.write(row("s", '"skylark, again"') + row("t"))
    ids = ["q1", "q4", "q5", *(f"r{n}" for n in range(5)), "s", "t"]
    read(file, csv_table(file), ids, unreadable=2)


def test_csv_in_a_folder_of_json_lines_is_refused_by_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "aa.csv").write_text(HEADER + row("c"))
    (tmp_path / "live.jsonl").write_text(line(1))
    table = {"type": "file", "path": str(tmp_path)}
    read(tmp_path, table, ["m-1"], unreadable=1)
    assert "aa.csv: CSV needs a mapping" in caplog.text
    found = parse({"brands": BRANDS, "sources": {"it": table}})
    assert any("aa.csv" in doubt and "mapping" in doubt for doubt in doubts(found))


def test_the_last_row_is_read_without_an_end(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(HEADER + row("r1") + row("r2").rstrip("\n"))

    async def run() -> None:
        async with rig(csv_table(file)) as it:
            await it.until(lambda: it.ids() == ["r1"])
            aged(file)
            await it.until(lambda: it.ids() == ["r1", "r2"])
            with file.open("a") as more:
                more.write("7\n" + row("r3"))
            aged(file)
            await it.until(lambda: it.ids() == ["r1", "r2", "r3"])
            with file.open("a") as more:
                more.write("r4,skylark")
            aged(file)
            await it.until(lambda: it.counts().get("unreadable") == 1)
            with file.open("a") as more:
                more.write(",2026-11-20 10:00,\n")
            await it.until(lambda: "r4" in it.ids())
            assert it.counts()["unreadable"] == 1

    asyncio.run(run())


def test_what_cannot_be_read_of_a_row_is_left_out_or_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text(
        HEADER
        + row("1", fans="N/A")
        + row("2", fans='"1,200"')
        + row("3", fans="-5")
        + "4,skylark,yesterday,\n"
        + "5,skylark,20261120,\n"
        + "6,skylark,45981,\n"
    )
    found = {m.id: m for m in read(file, csv_table(file), ["1", "2", "3", "5"], unreadable=2)}
    assert found["2"].author.followers == 1200
    assert found["5"].created_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert "odd.csv, line 5: created_at: it is no time" in caplog.text
    assert "line 7: created_at: a time before the year 2000" in caplog.text


def test_encodings_and_marks_of_the_byte_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = tmp_path / "a.jsonl", tmp_path / "b.csv"
    value = json.loads(line(2)) | {"text": "Skylark déçoit"}
    one.write_bytes(
        b"\xef\xbb\xbf"
        + line(1).encode()
        + (json.dumps(value, ensure_ascii=False) + "\n").encode("latin-1")
    )
    found = read(one, {"type": "file", "path": str(one)}, ["m-1", "m-2"])
    assert found[1].text == "Skylark déçoit"
    assert "not UTF-8" in caplog.text
    two.write_bytes((HEADER + row("x", "Skylark déçoit")).encode("latin-1"))
    assert read(two, csv_table(two), ["x"])[0].text == "Skylark déçoit"
    two.write_bytes((HEADER + row("x", "Skylark zażółć")).encode("cp1250"))
    assert read(two, csv_table(two, encoding="cp1250"), ["x"])[0].text == "Skylark zażółć"


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_in_one_document(tmp_path: Path, indent: int | None) -> None:
    file = tmp_path / "list.json"
    values = [json.loads(line(n)) for n in range(3)]
    whole = json.dumps(values, indent=indent)
    file.write_text(whole[:-9])

    async def run() -> None:
        async with rig({"type": "file", "path": str(file)}) as it:
            await it.until(lambda: it.cursor)
            file.write_text(whole)
            await it.until(lambda: it.ids() == ["m-0", "m-1", "m-2"])
            assert "unreadable" not in it.counts()

    asyncio.run(run())


def test_one_file_that_cannot_be_opened_holds_no_other_up(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(line(1))
    (tmp_path / "b.jsonl").write_text(line(2))
    os.utime(tmp_path / "a.jsonl", (1, 1))  # the first to be read
    (tmp_path / "a.jsonl").chmod(0)
    if os.access(tmp_path / "a.jsonl", os.R_OK):
        pytest.skip("root reads every file: run as another user")

    async def run() -> None:
        async with rig({"type": "file", "path": str(tmp_path)}) as it:
            await it.until(lambda: it.ids() == ["m-2"])
            await it.until(lambda: it.count("failures_total", reason="later"))

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
        ({"encoding": "utf-16"}, "line by line"),
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
