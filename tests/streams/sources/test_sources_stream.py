"""Workers of role sources: killed, restarted, come and gone, they neither miss nor make up."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.sources.keeper import partition_of
from tests.streams.helpers import mention
from tests.streams.sources.listening import Listening, rows, send

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]
NOW = datetime.now(UTC)


def said(number: int, **changes: Any) -> dict[str, Any]:
    return mention(number, NOW, **changes)


def test_mentions_over_http_one_many_and_a_line_each(bench: Listening, until: Until) -> None:
    bench.configure("")
    worker = bench.start()
    until(lambda: worker.ready, 60)
    status, body, _ = send(worker, said(1))
    assert (status, body) == (202, {"accepted": 1, "rejected": 0, "errors": []})
    status, body, _ = send(
        worker,
        [
            said(2),
            said(3, text=""),
            {"id": "m-4", "text": "Skylark lost it", "created_at": NOW.isoformat(), "channel": "x"},
            {"id": "m-5", "text": "a lark", "created_at": NOW.isoformat(), "channel": "x"},
            said(6, created_at="2999-01-01T00:00:00Z"),
            7,
        ],
    )
    assert status == 202
    assert body["accepted"] == 2
    reasons = [(one["index"], one["reason"]) for one in body["errors"]]
    expected = [(1, "empty_text"), (3, "unmatched"), (4, "future"), (5, "not_an_object")]
    assert reasons == expected
    assert all(one["detail"] for one in body["errors"])
    lines = rows(said(8), said(9)).encode() + b"\n{broken\n"
    status, body, _ = send(worker, lines, kind="application/x-ndjson")
    assert (status, body["accepted"], body["errors"][0]["reason"]) == (202, 2, "not_json")
    until(lambda: len(bench.mentions()) == 5)
    assert set(bench.ids()) == {"m-1", "m-2", "m-4", "m-8", "m-9"}
    (found,) = [one for one in bench.mentions() if one["id"] == "m-4"]
    assert found["brand"] == "skylark-air"
    assert worker.metric("tocsin_source_items_total", source="http", outcome="sent") == 5
    assert worker.metric("tocsin_source_items_total", source="http", outcome="invalid") == 4
    assert worker.end(signal.SIGTERM) == 0


def test_what_a_sender_does_wrong_is_told(bench: Listening, until: Until) -> None:
    worker = bench.start()  # without a file of sources: the endpoint alone
    until(lambda: worker.ready, 60)
    assert send(worker, said(1), token="")[0] == 401
    assert send(worker, said(1), token="wrong-token-wrong-token")[0] == 401
    status, body, _ = send(worker, said(1, text=5))
    assert (status, body["accepted"]) == (400, 0)
    assert "text" in body["errors"][0]["detail"]
    assert send(worker, b"[1, 2", kind="application/json")[0] == 400
    status, body, _ = send(worker, said(1), kind="text/csv")
    assert status == 415
    assert "application/x-ndjson" in body["error"]
    assert send(worker, [said(n) for n in range(5001)])[0] == 400
    assert send(worker, b" " * (9 * 1024 * 1024))[0] == 413
    assert send(worker, [])[0] == 202
    assert send(worker, {}, path="/sources/nobody")[0] == 404


def test_killed_in_the_middle_of_a_file_it_goes_on_where_it_was(
    bench: Listening, until: Until, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    log = folder / "a.jsonl"
    log.write_text(rows(*(said(n) for n in range(6000))))
    bench.configure(f'[sources.log]\ntype = "file"\npath = "{folder}"\nevery_s = 0.1\n')
    worker = bench.start()
    until(lambda: len(bench.mentions()) > 500, 60)
    worker.end(signal.SIGKILL)
    second = bench.start()
    until(lambda: len(set(bench.ids())) == 6000, 60)
    until(lambda: second.ready, 60)
    # What was sent and not yet remembered is sent again, under the same ids.
    assert len(bench.ids()) <= 6000 + 1000
    with log.open("a") as file:
        file.write(rows(said(6000))[:-20])
        file.flush()
        until(lambda: second.metric("tocsin_source_up", source="log") == 1)
        assert "m-6000" not in bench.ids()
        file.write(rows(said(6000))[-20:])
    until(lambda: "m-6000" in bench.ids())
    assert second.end(signal.SIGTERM) == 0
    before = len(bench.ids())
    third = bench.start()
    log.rename(folder / "a.1.jsonl")
    log.write_text(rows(said(6001)))
    until(lambda: "m-6001" in bench.ids(), 60)
    assert len(bench.ids()) == before + 1, "a renamed file is not read again"
    assert third.metric("tocsin_source_items_total", source="log", outcome="sent") == 1


def test_workers_share_the_sources_and_take_over(
    bench: Listening, until: Until, tmp_path: Path
) -> None:
    names, text = [], ""
    for number in range(6):
        name = f"log-{number}"
        names.append(name)
        (tmp_path / f"{name}.jsonl").write_text(rows(said(number)))
        path = tmp_path / f"{name}.jsonl"
        text += f'[sources.{name}]\ntype = "file"\npath = "{path}"\nevery_s = 0.1\n'
    assert len({partition_of(name, 3) for name in names}) == 3
    bench.configure(text)
    first, second = bench.start(), bench.start()

    def shared() -> bool:
        counts = [
            sum(w.metric("tocsin_source_up", source=name) for name in names)
            for w in (first, second)
        ]
        return all(counts) and sum(counts) == len(names)

    until(shared, 90)
    first.end(signal.SIGKILL)
    until(lambda: all(second.metric("tocsin_source_up", source=name) for name in names), 60)
    for number, name in enumerate(names):
        with (tmp_path / f"{name}.jsonl").open("a") as file:
            file.write(rows(said(10 + number)))
    until(lambda: {f"m-{10 + number}" for number in range(6)} <= set(bench.ids()), 60)
    assert len(bench.ids()) == 12
