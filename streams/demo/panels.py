"""The parts of the board: brands, open cases, and the newest escalation with its reasons."""

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scoring.escalation import CaseKind, Escalation
from scoring.levels import Level
from streams.demo.text import lasting, people, plain, reasons
from streams.worker.board import OpenCase

COLOURS = {
    Level.WATCH: "dim cyan",
    Level.RESPOND: "yellow",
    Level.ESCALATE: "dark_orange",
    Level.CRISIS: "bold red",
}
_HALF = 8
"""Cells of a bar on each side of zero."""
_MOST_CASES = 100
_SPELT_OUT = 44
"""Columns from which the brands' table names the levels in full."""


def brands(cases: Sequence[OpenCase], width: int) -> Table:
    """Open cases by brand and level, the most urgent brand first."""
    counts: dict[str, Counter[Level]] = {}
    for case in cases:
        counts.setdefault(case.brand, Counter())[case.level] += 1
    levels = list(reversed(Level))
    table = _table()
    table.add_column("brand", no_wrap=True, overflow="ellipsis", ratio=1)
    for level in levels:
        name = level if width >= _SPELT_OUT else level[:3]
        table.add_column(Text(name, style=COLOURS[level]), justify="right", width=len(name))
    for brand, own in sorted(counts.items(), key=lambda one: [-one[1][level] for level in levels]):
        cells = (Text(str(own[level] or "·"), style=COLOURS[level]) for level in levels)
        table.add_row(plain(brand), *cells)
    return table


def cases(found: Sequence[OpenCase], width: int) -> Table:
    """Open cases, most urgent first; in a narrow terminal without brand or score."""
    table = _table()
    table.add_column("level", no_wrap=True, width=8)
    if width >= 36:
        table.add_column("brand", no_wrap=True, overflow="ellipsis", max_width=14)
        table.add_column("score", no_wrap=True, justify="right", width=5)
    table.add_column("open cases", no_wrap=True, overflow="ellipsis", ratio=1)
    for case in found[:_MOST_CASES]:
        said = case.escalation
        cells: list[Text | str] = [Text(case.level, style=COLOURS[case.level])]
        if width >= 36:
            cells += [plain(case.brand), f"{said.score:.0%}" if said else ""]
        cells.append(Text(reasons(said.headline) if said else plain(case.case_id)))
        table.add_row(*cells)
    if not found:
        table.add_row(Text("none yet", style="dim"), *[""] * (len(table.columns) - 1))
    return table


def newest(said: Escalation, width: int, height: int) -> Panel:
    """An escalation, its numbers, and the sum that gave its score; `height` in lines."""
    colour = COLOURS[said.level]
    what = "incident" if said.kind is CaseKind.INCIDENT else "conversation"
    title = Text.assemble(
        (f" {said.level.upper()} ", colour), f"{plain(said.brand)} {said.score:.0%} ", (what, "dim")
    )
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, width=min(18, max(8, width // 5)), overflow="ellipsis")
    grid.add_column(no_wrap=True, width=2 * _HALF + 1)
    grid.add_column(no_wrap=True, justify="right", width=5)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    terms = said.why[: height - 2]
    spare = height - 2 - len(terms)
    largest = max((abs(term.weight) for term in terms), default=1.0)
    quoted: set[str] = set()
    for term in terms:
        note = Text(plain(term.note))
        quote = None
        if term.quote and term.quote not in quoted:
            quoted.add(term.quote)
            quote = Text(f"“{plain(term.quote)}”", style="italic dim")
        below = quote is not None and spare > 0
        if quote and not below:
            note = Text.assemble(note, "  ", quote)
        name = Text(term.signal.replace("_", " "), style="dim")
        grid.add_row(name, bar(term.weight, largest), f"{term.weight:+.1f}", note)
        if below:
            spare -= 1
            grid.add_row("", "", "", quote)
    numbers = (
        f"{said.spread.mentions} mentions, {said.spread.authors} authors, "
        f"{people(said.spread.reach)} reached, {said.spread.shares} shares "
        f"({people(said.spread.forecast_shares)} expected)"
    )
    if said.silence_s:
        numbers += f", silent for {lasting(said.silence_s)}"
    return Panel(
        grid,
        title=title,
        title_align="left",
        subtitle=Text(f" {numbers} ", style="dim") if width > len(numbers) + 6 else None,
        subtitle_align="left",
        border_style=colour,
        height=height,
        padding=(0, 1),
        box=box.ROUNDED,
    )


def bar(weight: float, largest: float) -> Text:
    """A signed bar: red to the right raises the score, green to the left lowers it."""
    cells = min(_HALF, round(_HALF * abs(weight) / max(largest, 1e-9))) or 1
    if weight < 0:
        left = " " * (_HALF - cells) + "█" * cells
        return Text.assemble((left, "green"), ("│", "dim"), " " * _HALF)
    return Text.assemble(" " * _HALF, ("│", "dim"), ("█" * cells, "red"))


def _table() -> Table:
    return Table(
        box=None, expand=True, pad_edge=False, header_style="dim", padding=(0, 1), show_edge=False
    )
