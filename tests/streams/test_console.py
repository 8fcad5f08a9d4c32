"""The console in a real browser: what strangers write is shown, and never obeyed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from scoring.timeline import What as WhatHappened
from streams import stories
from tests.streams.browser import PATIENCE_MS, chromium, violations
from tests.streams.cable import Cable
from tests.streams.consoles import (
    ATTACK,
    CASE,
    MARK,
    VIEWS,
    found,
    hostile,
    named,
    open_case,
    visit,
)
from tests.streams.demos import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.process, pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: "Browser") -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    file = hostile(tmp_path_factory.mktemp("file"))
    with Demo(folder, "--file", str(file), "--speed", "max") as running:
        running.until(lambda: any("everything is played" in line for line in running.said))
        running.remember()
        yield running


@pytest.fixture
def page(demo: Demo, browser: "Browser") -> "Iterator[Page]":
    context = browser.new_context(locale="en-GB")
    made = named(context, "Ana").new_page()
    yield made
    made.unroute_all(behavior="ignoreErrors")  # a request may be under way
    context.close()


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


def test_every_action_is_done_by_keyboard_and_seen_by_others_at_once(
    demo: Demo, page: "Page", browser: "Browser"
) -> None:
    errors = visit(page, demo)
    open_case(page)
    context = named(browser.new_context(locale="en-GB"), "Ben")
    other = context.new_page()
    visit(other, demo)
    open_case(other)
    state = "#case .state"

    page.keyboard.press("a")
    other.wait_for_selector(f"{state}:has-text('Ana has it')", timeout=PATIENCE_MS)
    page.wait_for_selector("#toasts .good", timeout=PATIENCE_MS)
    page.wait_for_selector(f"{state}:has-text('Ana has it')", timeout=PATIENCE_MS)

    page.keyboard.press("s")
    page.fill("dialog input[name=assignee]", MARK)
    page.keyboard.press("Enter")
    other.wait_for_selector(f"{state}:has-text('{MARK[:8]}')", timeout=PATIENCE_MS)

    page.keyboard.press("z")
    page.locator("dialog label", has_text="4 hours").click()
    page.keyboard.press("Enter")
    other.wait_for_selector(f"{state}:has-text('Snoozed until')", timeout=PATIENCE_MS)
    assert other.locator("#case .item.command").count() >= 2

    page.keyboard.press("f")
    page.fill("dialog input[name=note]", ATTACK)
    page.keyboard.press("Enter")
    other.wait_for_selector("#case .pill.resolved", timeout=PATIENCE_MS)
    other.wait_for_selector(f"{state}:has-text('Judged no crisis')", timeout=PATIENCE_MS)
    assert all(not row["case_id"].startswith(CASE) for row in found(demo))
    [row] = [one for one in found(demo, state="closed") if one["case_id"].startswith(CASE)]
    assert row["verdict"] == "no_crisis"
    assert other.evaluate("window.pwned") is None
    assert errors == []
    context.close()


def test_decisions_are_taken_back(demo: Demo, page: "Page") -> None:
    visit(page, demo)
    [row] = [one for one in found(demo, state="closed") if one["case_id"].startswith(CASE)]
    page.goto(f"{demo.console()}?state=closed&case={quote(row['case_id'], safe='')}")
    assert "by Ana" in page.locator("#case .state").inner_text(timeout=PATIENCE_MS)
    assert page.locator("#case .chance").count() == 0  # what is over has no chance any more
    page.click("#do-reopen")
    page.wait_for_selector("#do-resolve", timeout=PATIENCE_MS)
    page.wait_for_selector("#toasts .good", timeout=PATIENCE_MS)
    page.keyboard.press("a")
    page.wait_for_selector("#case .state:has-text('Ana has it')", timeout=PATIENCE_MS)
    page.click("#toasts .good button", timeout=PATIENCE_MS)
    page.wait_for_selector("#case .state:has-text('Nobody has it')", timeout=PATIENCE_MS)
    page.click("#to-brands")
    page.wait_for_selector("#brands-view:not([hidden])")
    page.go_back()  # stays in the console
    page.wait_for_selector("#cases-view:not([hidden])")
    assert "state=closed" in page.url


def test_a_change_without_the_token_asks_for_it(demo: Demo, page: "Page") -> None:
    page.goto(demo.console())
    page.wait_for_selector(VIEWS["cases"], timeout=PATIENCE_MS)
    page.keyboard.press("a")
    page.wait_for_selector("dialog input[name=token]", timeout=PATIENCE_MS)
    page.fill("dialog input[name=token]", demo.token)
    page.keyboard.press("Enter")
    page.wait_for_selector("#case .state:has-text('Ana has it')", timeout=PATIENCE_MS)
    assert demo.token not in page.url


def test_where_reading_needs_the_token_it_is_asked_for(demo: Demo, page: "Page") -> None:
    def guard(route: Any) -> None:
        if route.request.headers.get("authorization") == f"Bearer {demo.token}":
            route.continue_()
        else:
            route.fulfill(status=401, json={"error": "send the right token"})

    page.route("**/api/v1/**", guard)
    page.goto(demo.console())
    page.wait_for_selector("body[data-state=locked]", timeout=PATIENCE_MS)
    assert "asks for a token" in page.inner_text("#banner")
    page.click("#banner button")
    page.fill("dialog input[name=token]", demo.token)
    page.keyboard.press("Enter")
    page.wait_for_selector(VIEWS["cases"], timeout=PATIENCE_MS)
    page.wait_for_selector("body[data-state=live]", timeout=PATIENCE_MS)


def test_lost_connection_is_told_and_what_was_missed_comes_after_it(
    demo: Demo, page: "Page", browser: "Browser"
) -> None:
    with Cable(urlsplit(demo.console()).port or 0) as cable:
        page.goto(f"http://127.0.0.1:{cable.port}/#token={demo.token}")
        page.wait_for_selector(VIEWS["cases"], timeout=PATIENCE_MS)
        case_id = page.get_attribute("#case", "data-case")
        this = f"[data-case={json.dumps(case_id)}]"
        cable.cut()
        page.wait_for_selector("body[data-state=lost]", timeout=PATIENCE_MS)
        assert "Disconnected since" in page.inner_text("#banner")
        assert "the last message came at" in page.inner_text("#banner")
        frozen = page.inner_text("#case .numbers")
        assert page.locator("[role=option]:visible").count() > 0  # what was known stays in view

        context = named(browser.new_context(locale="en-GB"), "Cleo")
        other = context.new_page()
        visit(other, demo)
        other.locator(f"[role=option]{this}").click()
        other.wait_for_selector(f"#case{this}")
        other.keyboard.press("s")
        other.fill("dialog input[name=assignee]", "Cleopatra")
        other.keyboard.press("Enter")
        other.wait_for_selector("#case .state:has-text('Cleopatra has it')", timeout=PATIENCE_MS)
        context.close()

        assert page.inner_text("#case .numbers") == frozen  # the clock stands still
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        cable.mend()
        # It tries by itself too, and is then sooner than any button.
        page.evaluate("document.querySelector('#banner:not([hidden]) button')?.click()")
        page.wait_for_selector("body[data-state=live]", timeout=PATIENCE_MS)
        page.wait_for_selector("#case .state:has-text('Cleopatra has it')", timeout=PATIENCE_MS)
        page.wait_for_selector("#banner", state="hidden", timeout=PATIENCE_MS)
        assert not any("/api/v1/cases" in url for url in asked)  # only what was missed


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


def test_a_case_is_taken_with_a_note_and_once_however_often_it_is_asked_for(
    demo: Demo, page: "Page"
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    visit(page, demo)
    if page.is_visible("#do-release"):  # whoever was here before has it
        page.click("#do-release")
        page.wait_for_selector("#do-acknowledge", timeout=PATIENCE_MS)
        page.wait_for_selector("#toasts .pending", state="detached", timeout=PATIENCE_MS)
    sent.clear()
    page.click("#case .noted")
    page.fill("dialog input[name=note]", "calls them at noon")
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("a")
    page.wait_for_selector("#case .item.command:has-text('at noon')", timeout=PATIENCE_MS)
    page.keyboard.press("a")
    assert sum('"acknowledge"' in body for body in sent) == 1


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
