"""A case as a Slack message: Block Kit, in which strangers' words stay words.

https://docs.slack.dev/reference/block-kit and, for what has to be escaped so that nobody is
mentioned and nothing linked, https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from scoring.command import Action
from scoring.escalation import Status
from scoring.levels import Level
from streams.sinks import render
from streams.sinks.html import link
from streams.sinks.render import Part
from streams.sinks.target import Notice
from streams.sinks.words import word

MOST_TEXT = 3000
"""Characters of a section's text, which Slack counts escaped."""
_MOST_BLOCKS = 45
_MOST_FALLBACK = 500
_MOST_VALUE = 2000
_SIGNS = {
    Level.WATCH: ":large_blue_circle:",
    Level.RESPOND: ":large_yellow_circle:",
    Level.ESCALATE: ":large_orange_circle:",
    Level.CRISIS: ":red_circle:",
}
_OVER = ":white_check_mark:"

BUTTONS = {"tocsin_acknowledge": Action.ACKNOWLEDGE, "tocsin_resolve": Action.RESOLVE}
"""What pressing each button decides, by its `action_id`."""


class ButtonValue(msgspec.Struct, frozen=True):
    """What a button says it is about."""

    case_id: str
    episode: int


def fallback(notice: Notice) -> str:
    """The line of a notification: mrkdwn, escaped."""
    return escaped(render.summary(notice, _MOST_FALLBACK))


def reply(notice: Notice) -> str:
    """What changed, for the thread."""
    return f"{sign(notice)} {escaped(render.change(notice))} – {fallback(notice)}"


def sign(notice: Notice) -> str:
    """The level as a coloured dot, a tick when it is over."""
    said = notice.escalation
    return _OVER if said.status is Status.RESOLVED else _SIGNS[said.level]


def blocks(notice: Notice, *, buttons: bool) -> list[dict[str, Any]]:
    """The message: headline, paragraphs, and what a person may press while the case is open."""
    made = [_section(f"{sign(notice)} *{_bold(fallback(notice))}*")]
    for _, run in groupby(render.parts(notice), key=lambda part: part.kind):
        made += [_section(text) for text in _packed(map(_shown, run))]
    made = made[:_MOST_BLOCKS]
    value = msgspec.json.encode(
        ButtonValue(notice.escalation.case_id, notice.escalation.episode)
    ).decode()
    over = notice.escalation.status is Status.RESOLVED
    if buttons and not over and len(value) <= _MOST_VALUE:
        made.append(_actions(notice, value))
    return made


def escaped(text: str) -> str:
    """Text in which no `<!channel>`, `<@U1>` or `<http://...>` comes alive."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shown(part: Part) -> str:
    text, said = escaped(part.text), escaped(part.quote)
    if part.kind == "link":
        address = escaped(link(part.quote)).replace("|", "%7C")
        return f"<{address}|{text}>" if address else f"{text}: {said}"
    if part.kind == "heading":
        return f"*{_bold(text)}*"
    text = f"{text}: “{said}”" if said else text
    return f"• {text}" if part.kind == "item" else text


def _packed(texts: Iterable[str]) -> list[str]:
    """The lines of one paragraph, in as few texts as Slack's limit allows."""
    packed: list[str] = []
    for text in (render.short(text, MOST_TEXT) for text in texts):
        if packed and len(packed[-1]) + 1 + len(text) <= MOST_TEXT:
            packed[-1] += "\n" + text
        else:
            packed.append(text)
    return packed


def _bold(text: str) -> str:
    return text.replace("*", "∗")


def _section(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no links, channels or people of words that look like them
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _actions(notice: Notice, value: str) -> dict[str, Any]:
    shown = [name for name in BUTTONS if not (notice.acknowledged_by and "acknowledge" in name)]
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": name,
                "text": {"type": "plain_text", "text": word(notice.lang, f"do-{BUTTONS[name]}")},
                "value": value,
            }
            for name in shown
        ],
    }
