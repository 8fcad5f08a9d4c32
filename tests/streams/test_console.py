"""The console in a real browser: what strangers write is shown, and never obeyed."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from scoring.timeline import What as WhatHappened
from streams import stories
from tests.streams.browser import PATIENCE_MS, violations
from tests.streams.consoles import (
    CASE,
    VIEWS,
    found,
    named,
    open_case,
    visit,
)
from tests.streams.demos import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.process, pytest.mark.browser, pytest.mark.slow]


def test_hostile_mentions_are_shown_and_not_obeyed(demo: Demo, page: "Page") -> None:
    errors = visit(page, demo)
    open_case(page)
    page.locator("#case .small-button").first.click()  # the whole story
    shown = page.inner_text("#case")
    assert "<u onmouseover=" in shown
    assert "<img src=x" in shown  # of the id, at the foot
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script, main [onerror]").count() == 0
    assert page.locator("main u, main [onmouseover]").count() == 0
    assert page.locator("main a").count() == 0  # javascript: is no address to link to
    visit(page, demo, "brands")
    assert page.evaluate("window.pwned") is None
    assert errors == []


def test_a_case_tells_its_story(demo: Demo, page: "Page") -> None:
    visit(page, demo)
    open_case(page)
    [row] = [one for one in found(demo) if one["case_id"].startswith(CASE)]
    story = json.loads(demo.page(f"api/v1/case?id={quote(row['case_id'], safe='')}"))
    shown = page.inner_text("#case")
    assert "skylark-air" in shown
    assert "Chance of a crisis" in shown
    assert ("> 99%" if row["score"] > 0.99 else f"{row['score']:.0%}") in shown
    assert page.locator("#case .why li").count() == len(story["why"])
    assert page.locator("#case .lowers").count() >= sum(t["weight"] < 0 for t in story["why"])
    assert page.locator("#case .advice li").count() == len(story["advice"])
    assert page.locator("#case mark").count() > 0
    assert page.locator("#case .item.answer").count() >= 1
    assert page.locator("#case .item.complaint").count() >= 1
    assert page.locator("#case .item.media").count() >= 1
    assert page.locator("#case .item.level").count() == len({m["level"] for m in story["messages"]})
    assert page.locator("#case .plots canvas").count() == 3


def test_the_silence_clock_ticks(demo: Demo, page: "Page") -> None:
    visit(page, demo)
    open_case(page)
    clock = page.locator("#case .silence time")
    before = clock.inner_text()
    page.wait_for_function(
        "old => document.querySelector('#case .silence time').innerText != old",
        arg=before,
        timeout=PATIENCE_MS,
    )


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(demo: Demo, browser: "Browser", locale: str, theme: Any) -> None:
    context = named(browser.new_context(locale=locale, color_scheme=theme), "Ana")
    page = context.new_page()
    errors = visit(page, demo)
    assert page.get_attribute("html", "lang") == locale[:2]
    assert violations(page) == []
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open]")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open] .keys")
    assert violations(page) == []
    page.keyboard.press("Escape")
    visit(page, demo, "brands")
    assert violations(page) == []
    assert errors == []
    context.close()


def test_urgent_news_are_told_to_those_who_ask_for_it(demo: Demo, page: "Page") -> None:
    """Off until somebody asks; the browser's own answer decides; nobody is quoted."""
    page.add_init_script(
        """window.told = [];
        window.rang = 0;
        class Told extends EventTarget {
          static permission = "default";
          static asked = 0;
          static async requestPermission() {
            Told.asked += 1;
            return (Told.permission = "granted");
          }
          constructor(title, options) { super(); window.told.push([title, options.body]); }
        }
        window.Notification = Told;
        const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (at) { window.rang += 1; start.call(this, at); };
        """
    )
    visit(page, demo)
    assert page.evaluate("[Notification.asked, window.rang]") == [0, 0]
    page.click("#help")
    page.check("dialog input[name=notify]")
    page.check("dialog input[name=sound]")
    page.wait_for_function("() => Notification.asked === 1 && window.rang === 2")
    page.keyboard.press("Escape")
    page.evaluate(
        """import("/static/notices.js").then(({ tell }) => tell(
            { case_id: "b:1", brand: "brand", level: "escalate", headline: "h",
              reasons: { en: "clear anger" }, quote: "a quote" }, () => {}))"""
    )
    page.wait_for_function("() => window.told.length === 1")
    assert page.evaluate("window.told") == [["brand: Escalate", "clear anger"]]
    page.evaluate(
        """import("/static/notices.js").then(({ tell }) => tell(
            { case_id: "b:2", brand: "brand", level: "respond", reasons: {} }, () => {}))"""
    )
    page.click("#help")
    page.uncheck("dialog input[name=notify]")
    assert page.evaluate("window.told.length") == 1


def test_language_and_theme_are_switched_and_remembered(demo: Demo, page: "Page") -> None:
    visit(page, demo)
    page.click("#language")
    assert page.inner_text("#to-cases") == "Dossiers"
    page.keyboard.press("t")
    assert page.get_attribute("html", "data-theme") == "dark"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    page.wait_for_selector(VIEWS["cases"], timeout=PATIENCE_MS)
    assert page.inner_text("#to-cases") == "Dossiers"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.keyboard.press("t")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_single_keys_can_be_switched_off(demo: Demo, page: "Page") -> None:
    visit(page, demo)
    page.click("#help")
    page.uncheck("dialog input[name=single]")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("ArrowDown")  # other keys do as before
    assert page.is_hidden("#brands-view")
    page.click("#help")
    page.check("dialog input[name=single]")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    assert page.is_visible("#brands-view")


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_phone_needs_no_sideways_scrolling(demo: Demo, browser: "Browser", locale: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale=locale)
    page = named(context, "Maximiliane Quattelbaum").new_page()
    page.goto(demo.console())
    page.locator("[role=option]").first.wait_for(timeout=PATIENCE_MS)
    page.wait_for_selector("body[data-state=live]", timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.locator("[role=option]").first.click(timeout=PATIENCE_MS)
    page.wait_for_selector(VIEWS["cases"], timeout=PATIENCE_MS)
    assert page.is_hidden("#cases-view")
    for place in ("document.documentElement", "document.getElementById('case')"):
        assert page.evaluate(f"{place}.scrollWidth <= {place}.clientWidth")
    assert violations(page) == []
    page.click("#case .back")
    assert page.is_visible("#list")
    context.close()


def test_ten_thousand_cases_are_few_elements(demo: Demo, page: "Page") -> None:
    [pattern, *_] = found(demo) or found(demo, state="closed")
    many = [
        pattern
        | {"case_id": f"b:{n}", "brand": f"brand-{n % 50}", "open": True, "score": 1 - n / 20_000}
        for n in range(10_000)
    ]

    def answer(route: Any) -> None:
        query = dict(part.split("=") for part in route.request.url.partition("?")[2].split("&"))
        start, limit = int(query.get("offset", 0)), int(query["limit"])
        rows = [] if query.get("state") == "closed" else many
        as_of = json.loads(demo.page("api/v1/cases?limit=0"))["as_of"]
        body = {"as_of": as_of, "total": len(rows), "cases": rows[start : start + limit]}
        route.fulfill(json=body)

    page.route("**/api/v1/cases*", answer)
    page.goto(demo.console())
    page.wait_for_selector("#rows[data-count='10000']", timeout=PATIENCE_MS)
    assert page.locator("[role=option]").count() < 60
    assert page.get_attribute("[role=option]", "aria-setsize") == "10000"
    page.keyboard.press("End")
    last = page.locator("[role=option][aria-posinset='10000']")
    last.wait_for()
    assert page.get_attribute("#list", "aria-activedescendant") == last.get_attribute("id")
    page.fill("#search", "brand-7")
    page.wait_for_selector("#rows[data-count='200']", timeout=PATIENCE_MS)
    assert page.locator("[role=option]").count() < 60


def test_both_languages_have_every_word(demo: Demo, page: "Page") -> None:
    page.goto(demo.console())
    told = page.evaluate(
        """Promise.all(["en", "fr"].map((lang) => import(`/static/${lang}.js`)
            .then((words) => Object.keys(words[lang]))))"""
    )
    english, french = map(set, told)
    assert english == french
    static = Path(stories.__file__).parent / "web" / "static"
    used = set()
    for file in [*static.glob("*.js"), static / "index.html"]:
        text = file.read_text("utf-8")
        used |= set(re.findall(r'(?:word|counted|pairs)\("([\w-]+)"', text))
        used |= set(re.findall(r'data-(?:word|label|placeholder)="([\w-]+)"', text))
    assert used <= english
    assert {key.value for key in WhatHappened} <= english | {"share"}


def test_page_obeys_its_content_security_policy(demo: Demo, page: "Page") -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(demo.console())
    assert answer is not None
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page.wait_for_selector(VIEWS["cases"], timeout=PATIENCE_MS)
    assert all(url.startswith(demo.console()) for url in asked)


def test_lost_worker_is_told(demo: Demo, page: "Page") -> None:
    """Last in this file: it stops the demo."""
    visit(page, demo)
    assert page.inner_text("#status") == "Live"
    demo.process.terminate()
    page.wait_for_selector("body[data-state=lost]", timeout=PATIENCE_MS)
    assert "Disconnected" in page.inner_text("#banner")
    assert page.locator("[role=option]:visible").count() > 0  # what was known stays in view
    assert demo.ends(timeout_s=15)[0] == 0
