"""Routes: the first that matches, and on where it says so; the words of a ticket."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scoring import policy as policies
from scoring.escalation import CaseKind, Escalation, Why
from scoring.phrases import phrase, spoken
from streams.sinks import language, render, routing
from streams.sinks.settings import parse
from streams.sinks.target import Notice
from tests.streams.escalations import said

POLICY = """
timezone = "Europe/Paris"
[[quiet_hours]]
from = "22:00"
until = "07:00"

[sinks.pager]
type = "pagerduty"
routing_key_env = "KEY"
[sinks.chat]
type = "webhook"
url_env = "URL"
secret_env = "KEY"
[sinks.chat-fr]
type = "webhook"
url_env = "URL"
secret_env = "KEY"
[sinks.press]
type = "webhook"
url_env = "URL"
secret_env = "KEY"
[sinks.night]
type = "webhook"
url_env = "URL"
secret_env = "KEY"

[[routes]]
brand = "muted"
sinks = []
[[routes]]
label = ["deletion", "media_coverage"]
sinks = ["press"]
continue = true
[[routes]]
kind = "incident"
min_level = "respond"
sinks = ["pager"]
[[routes]]
hours = "inside"
min_level = "escalate"
sinks = ["night"]
[[routes]]
lang = "fr"
sinks = ["chat-fr"]
[[routes]]
brand = ["skylark-air", "other"]
sinks = ["chat", "chat"]
"""
CALM = (Why(signal="deletion", weight=-0.1, note="x"),)
NIGHT = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "lang", "wanted"),
    [
        (said(0), "en", ("press", "chat")),
        (said(0, brand="muted"), "en", ()),
        (said(0, why=CALM), "en", ("chat",)),
        (said(0, why=CALM), "fr", ("chat-fr",)),
        (said(0, why=CALM, kind=CaseKind.INCIDENT), "fr", ("pager",)),
        (said(0, level="watch", why=CALM, kind=CaseKind.INCIDENT), "en", ("chat",)),
        (said(0, at=NIGHT, why=CALM), "en", ("night",)),
        (said(0, at=NIGHT, why=CALM, level="respond"), "en", ("chat",)),
        (said(0, brand="nobodys", why=CALM), "en", ()),
    ],
)
def test_which_way(one: Escalation, lang: str, wanted: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY)
    taken = routing.route(parse(tomllib.loads(POLICY)).routes, policies.load(file), one, lang)
    assert routing.sinks(taken) == wanted


def test_the_language_is_that_of_the_words() -> None:
    assert spoken([phrase("fr", "deletion", count=2.0), "?", "!"]) == "fr"
    assert spoken([phrase("en", "deletion", count=2.0), phrase("en", "promotion")]) == "en"
    assert spoken([]) == "en"
    assert language.of(said(0)) == "en"
    german = "Mein Koffer ist seit drei Wochen verschwunden und niemand antwortet mir auf Anfragen"
    why = (Why(signal="anger", weight=1.0, note="clear anger (90%)", quote=german),)
    assert language.of(said(0, why=why)) == "de"
    over = said(0, "resolved", why=(), headline="[CRISIS] acme 99%: terminé")
    assert language.of(over) == "fr"


def test_a_ticket_says_why_in_the_cases_language_and_obeys_nobody() -> None:
    quote = "<!here> [click](http://evil.example) *now*\n# @everyone"
    why = (
        Why(signal="deletion", weight=1.4, quote=quote, note="la marque a supprimé 1 message(s)"),
    )
    notice = Notice(escalation=said(0, why=why), lang="fr", console_url="https://c/?case=a%3Ab")
    plain, markdown = render.plain(notice), render.markdown(notice)
    assert "Pourquoi:" in plain
    assert "Rétablir le message supprimé, et le dire" in plain
    assert "https://c/?case=a%3Ab" in plain
    assert "<!here> [click](http://evil.example) *now* # @everyone" in plain
    assert "\\<\\!here\\> \\[click\\]" in markdown
    assert "\\@everyone" in markdown
    assert "http://evil" not in markdown
    assert "[Dans la console](<https://c/?case=a%3Ab>)" in markdown
    assert len(render.plain(notice, 100)) == 100
    ended = render.plain(Notice(escalation=said(9, "resolved", "crisis")))
    assert "Level: crisis (over)." in ended
    assert "What to do" not in ended
