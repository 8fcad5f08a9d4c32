"""The live board: what a moment of the demo looks like in a terminal of any size."""

import msgspec
from rich.console import Console, ConsoleOptions, RenderResult
from rich.layout import Layout
from rich.table import Table
from rich.text import Text

from streams.demo import panels
from streams.demo.tally import View
from streams.demo.text import story_clock

WIDE = 66
"""Columns from which brands stand beside cases."""
VERY_WIDE = 130
"""Columns from which the brands' table may be generous."""
GAP = 2
MOST = 22
"""Lines of the newest escalation."""
LOW = 16
"""Lines under which there is no room for reasons."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One picture: `phase` says what is going on, `began` is the story's first event time."""

    phase: str
    console: str
    broker: str = ""
    began: float
    total: int
    view: View

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lays out the parts that fit."""
        height = options.height or console.height
        if height < 3 or options.max_width < 12:
            # Layout needs a line for each part; below that only the most urgent is worth a line.
            yield Text(self.phase, no_wrap=True, overflow="crop")
            return
        yield from _lay_out(self, options.max_width, height).__rich_console__(
            console, options.update(height=height)
        )


def _lay_out(frame: Frame, width: int, height: int) -> Layout:
    root = Layout()
    head = 2 if height >= 6 else 1
    rows = [
        Layout(_head(frame, width), size=head),
        Layout(_middle(frame, width), name="cases", ratio=1),
    ]
    if height >= LOW and frame.view.newest is not None:
        size = min(MOST, height // 2)
        rows.append(Layout(panels.newest(frame.view.newest, width, size), size=size))
    rows.append(Layout(_foot(frame, width), size=1))
    root.split_column(*rows)
    return root


def _head(frame: Frame, width: int) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    numbers = _numbers(frame, width) if frame.view.at else [(frame.phase, "dim")]
    grid.add_row(Text.assemble(("Tocsin  ", "bold"), *numbers))
    grid.add_row(Text("─" * width, style="dim"))
    return grid


def _numbers(frame: Frame, width: int) -> list[tuple[str, str]]:
    """The counts, the least needed last: a narrow terminal cuts them off."""
    view = frame.view
    dead = view.work.dead_letters
    pairs = [
        ("", story_clock(view.at - frame.began), ""),
        ("sent ", f"{view.sent:,}/{frame.total:,}" if width >= WIDE else f"{view.sent:,}", ""),
        ("scored ", f"{view.work.scored:,}", ""),
        ("", f"{view.per_s:.0f}/s", ""),
        ("lag ", f"{view.work.lag:,}", ""),
        ("dead letters " if width >= 80 else "dead ", f"{dead:,}", "red" if dead else ""),
    ]
    return [
        part for name, value, style in pairs for part in ((name, "dim"), (value, style), ("  ", ""))
    ]


def _middle(frame: Frame, width: int) -> Layout | Table:
    found = frame.view.cases
    if width < WIDE:
        return panels.cases(found, width)
    left = 50 if width >= VERY_WIDE else 36
    middle = Layout()
    middle.split_row(
        Layout(panels.brands(found, left - GAP), size=left - GAP),
        Layout(Text(" "), size=GAP),
        Layout(panels.cases(found, width - left)),
    )
    return middle


def _foot(frame: Frame, width: int) -> Text:
    hints = ["Ctrl-C ends"]
    if frame.console:
        hints.append(f"console {frame.console}")
    if frame.broker and width >= VERY_WIDE:
        hints.append(f"broker {frame.broker}")
    if frame.view.at and width >= WIDE:
        hints.append(frame.phase)
    return Text("  ·  ".join(hints), style="dim", no_wrap=True, overflow="ellipsis")
