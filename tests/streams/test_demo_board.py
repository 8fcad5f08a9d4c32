"""The live board: whole in every size of terminal, and deaf to what strangers write."""

import io
import os
import pty
import struct
import termios
import time
from datetime import UTC, datetime
from fcntl import ioctl
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from scoring.escalation import CaseKind, Escalation, Signals, SpreadSummary, Status, Why
from scoring.levels import Level
from streams.demo.board import Frame
from streams.demo.panels import bar
from streams.demo.tally import Tally, View, Work
from streams.demo.text import plain, reasons, story_clock
from streams.worker.board import OpenCase
from tests.streams.demos import Demo

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
HOSTILE = "[red]x[/red]\x1b[2J\x1b]0;owned\x07 \u202eabc\r\nnext"


def escalation(**changes: object) -> Escalation:
    fields: dict[str, object] = {
        "id": "e1",
        "case_id": "ferrolock:lock-1",
        "conversation_id": "lock-1",
        "episode": 1,
        "kind": CaseKind.CONVERSATION,
        "brand": "ferrolock",
        "status": Status.OPEN,
        "level": Level.CRISIS,
        "at": AT,
        "opened_at": AT,
        "score": 0.93,
        "signals": Signals(
            anger=0.1, objective_fact=0.2, corporate_denial=0.3, influencer_sharing=0.4
        ),
        "spread": SpreadSummary(
            mentions=12,
            authors=9,
            shares=4,
            reach=1_200_000,
            reproduction=0.5,
            forecast_shares=8,
            forecast_low=4,
            forecast_high=20,
        ),
        "silence_s": 7200.0,
        "why": (
            Why(signal="anger", weight=1.5, note="clear anger", quote=HOSTILE),
            Why(signal="calm", weight=-0.5, note="nothing new"),
        ),
        "advice": (),
        "headline": f"[CRISIS] ferrolock 93%: clear anger {HOSTILE}",
        "url": None,
        "mention_ids": (),
        "model": "m",
        "policy": "p",
    }
    return Escalation(**(fields | changes))  # type: ignore[arg-type]


def frame(said: Escalation | None) -> Frame:
    case = OpenCase(
        escalation=said,
        case_id="c",
        brand="ferrolock",
        level=Level.CRISIS,
        seen_at=AT,
        level_since=AT,
    )
    view = View(
        sent=1200,
        at=AT.timestamp(),
        played=False,
        work=Work(scored=1100, dead_letters=3, said=4, lag=100),
        per_s=19.6,
        cases=[case],
        newest=said,
    )
    return Frame(phase="mentions arrive", console="http://h:1/", began=0.0, total=3000, view=view)


def drawn(picture: Frame, width: int, height: int) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    console.print(picture, height=height)
    return out.getvalue()


@pytest.mark.parametrize("width", [1, 7, 12, 20, 35, 40, 65, 66, 80, 109, 120, 300])
def test_board_fits_any_terminal(width: int) -> None:
    for height in (1, 2, 3, 5, 6, 10, 15, 16, 24, 35, 80):
        for said in (None, escalation()):
            rows = drawn(frame(said), width, height).removesuffix("\n").split("\n")
            assert len(rows) <= height
            assert max(map(len, rows)) <= width


def test_board_shows_what_matters() -> None:
    text = drawn(frame(escalation()), 120, 35)
    for part in (
        "sent 1,200/3,000", "scored 1,100", "20/s", "lag 100", "dead letters 3",
        "http://h:1/", "Ctrl-C ends", "CRISIS", "ferrolock", "93%", "+1.5", "-0.5",
        "clear anger", "1.2M reached", "silent for 2 h",
    ):  # fmt: skip
        assert part in text


def test_strangers_cannot_steer_the_terminal() -> None:
    text = drawn(frame(escalation()), 200, 40)
    assert "[red]x[/red]" in text
    assert not set(text) & {"\x1b", "\x07", "\r", "\u202e"}


def test_texts_for_a_terminal() -> None:
    assert plain("a\x00b\n c\u2028d") == "a b c d"
    assert reasons("[CRISIS] ferrolock 93%: denied 50%: twice") == "denied 50%: twice"
    assert reasons("no such form") == "no such form"
    assert story_clock(2 * 86_400 + 3600 * 14 + 300) == "day 3 14:05"
    assert bar(-2.0, 2.0).plain == "████████│        "
    assert bar(1.0, 2.0).plain == "        │████"


def test_newest_escalation_stays_long_enough_to_be_read() -> None:
    tally = Tally()
    first, second = escalation(id="e1"), escalation(id="e2")
    tally.heard(first)
    assert tally.view().newest == first
    tally.heard(second)
    assert tally.view().newest == first


@pytest.mark.slow
@pytest.mark.process
def test_board_on_a_terminal_that_is_closed(tmp_path: Path) -> None:
    demo = Demo(tmp_path, "--speed", "50", TERM="xterm-256color")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(demo.command[0], demo.command, demo.environment)
    try:
        ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        shown = b""
        deadline = time.monotonic() + 90
        while b"open cases" not in shown or b"/s" not in shown or b"http://" not in shown:
            assert time.monotonic() < deadline, shown[-2000:]
            try:
                shown += os.read(terminal, 65_536)
            except OSError:  # what a terminal says whose program has ended
                pytest.fail(f"the demo ended: {shown[-3000:].decode(errors='replace')}")
        family = psutil.Process(pid).children(recursive=True)
        assert b"\x1b[?1049h" in shown  # the alternate screen
    finally:
        os.close(terminal)
        ended = psutil.Process(pid)
        try:
            code = ended.wait(timeout=20)
        except psutil.TimeoutExpired:
            ended.kill()
            raise
    assert code == 0
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert list(tmp_path.iterdir()) == []
