"""What people decide in the console, in a real browser: by whom, with which token, seen by all."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from tests.streams.browser import PATIENCE_MS
from tests.streams.cable import Cable
from tests.streams.consoles import (
    ATTACK,
    CASE,
    MARK,
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
