"""Every route of a server under protection, over real HTTP: who gets in, and who is turned away."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from streams.config import Settings, load
from streams.errors import ConfigError
from streams.web import tokens
from streams.web.limits import MAX_CLIENTS, Limits, client
from streams.web.origin import is_loopback
from streams.web.protection import CALLER, protect
from streams.web.rule import Access, ruled

CONSOLE, SOURCE = "console-0123456789abcdef", "source-0123456789abcdef"
GIVEN = Settings(web_token=CONSOLE, source_token=SOURCE)


async def read(request: web.Request) -> web.Response:
    return web.json_response({"cases": ["words of a customer"]})


async def change(request: web.Request) -> web.Response:
    return web.json_response({"by": request[CALLER], "got": len(await request.read())})


@ruled(Access.SOURCE, max_bytes=1000)
async def take(request: web.Request) -> web.Response:
    return web.json_response({"got": len(await request.read())})


@ruled(Access.OPEN, per_minute=3)
async def rare(request: web.Request) -> web.Response:
    return web.Response()


@ruled(Access.OPEN, timeout_s=0.05)
async def slow(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def broken(request: web.Request) -> web.Response:
    raise RuntimeError("an inner secret")


ROUTES = [
    web.get("/api/read", read),
    web.post("/api/change", change),
    web.post("/api/mentions", take),
    web.get("/rare", rare),
    web.get("/slow", slow),
    web.get("/broken", broken),
]
Ask = Callable[..., Awaitable[tuple[int, dict[str, Any], Any]]]


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Ask]:
    app = web.Application()
    protect(app, settings)
    app.add_routes(ROUTES)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:

        async def ask(method: str, path: str, token: str = "", **more: Any) -> Any:
            headers = more.pop("headers", {})
            if token:
                headers = headers | {"Authorization": f"Bearer {token}"}
            url = f"http://127.0.0.1:{port}{path}"
            async with session.request(method, url, headers=headers, **more) as answer:
                return answer.status, dict(answer.headers), await answer.text()

        yield ask
    await runner.cleanup()


def asked(settings: Settings, *requests: tuple[Any, ...], **more: Any) -> list[Any]:
    """The answers to requests of one client, in order."""

    async def run() -> list[Any]:
        async with serving(settings) as ask:
            return [await ask(*request, **more) for request in requests]

    return asyncio.run(run())


def statuses(settings: Settings, *requests: tuple[Any, ...], **more: Any) -> list[int]:
    return [status for status, _, _ in asked(settings, *requests, **more)]


def test_change_needs_the_consoles_token_and_no_other() -> None:
    path = ("POST", "/api/change")
    assert statuses(GIVEN, (*path,), (*path, "wrong-0123456789"), (*path, SOURCE)) == [401] * 3
    assert statuses(GIVEN, (*path, CONSOLE)) == [200]
    assert statuses(GIVEN, ("POST", "/api/mentions", CONSOLE)) == [401]
    assert statuses(GIVEN, ("POST", "/api/mentions", SOURCE)) == [200]


def test_token_is_taken_from_the_header_alone() -> None:
    path = f"/api/change?token={CONSOLE}&access_token={CONSOLE}"
    assert statuses(GIVEN, ("POST", path), headers={"Cookie": f"token={CONSOLE}"}) == [401]
    assert statuses(GIVEN, ("POST", path), headers={"Authorization": f"Basic {CONSOLE}"}) == [401]


def test_without_a_token_configured_changes_are_closed_and_it_is_said_why() -> None:
    [(status, _, body)] = asked(Settings(), ("POST", "/api/change", CONSOLE))
    assert status == 403
    assert "TOCSIN_WEB_TOKEN" in json.loads(body)["error"]


def test_reads_are_open_unless_they_are_closed() -> None:
    assert statuses(GIVEN, ("GET", "/api/read")) == [200]
    closed = msgspec.structs.replace(GIVEN, web_reads="token")
    assert statuses(closed, ("GET", "/api/read"), ("GET", "/api/read", CONSOLE)) == [401, 200]
    with pytest.raises(ConfigError, match="TOCSIN_WEB_READS asks for tokens"):
        protect(web.Application(), Settings(web_reads="token"))


def test_callers_are_known_by_the_names_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("# the desk\nana 0123456789abcdef-ana\n\nbob 0123456789abcdef-bob\n")
    settings = load({"TOCSIN_WEB_TOKEN_FILE": str(file)})
    requests = [("POST", "/api/change", f"0123456789abcdef-{name}") for name in ("ana", "bob")]
    bodies = [json.loads(body) for _, _, body in asked(settings, *requests)]
    assert [body["by"] for body in bodies] == ["ana", "bob"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_elsewhere_changes_nothing_even_with_the_token(headers: dict[str, str]) -> None:
    assert statuses(GIVEN, ("POST", "/api/change", CONSOLE), headers=headers) == [403]


def test_a_page_of_our_own_may() -> None:
    path = ("POST", "/api/change", CONSOLE)
    assert statuses(GIVEN, path, headers={"Sec-Fetch-Site": "same-origin"}) == [200]
    assert statuses(GIVEN, path, headers={"Origin": "http://127.0.0.1:1"}) == [200]
    proxied = msgspec.structs.replace(GIVEN, console_url="https://tocsin.example")
    assert statuses(proxied, path, headers={"Origin": "https://tocsin.example"}) == [200]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:6066", 200),
        ("[::1]:6066", 200),
        ("tocsin.example", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:6066", 421),
        ("[", 421),
    ],
)
def test_on_loopback_it_goes_by_no_strange_name(host: str, status: int) -> None:
    settings = msgspec.structs.replace(GIVEN, console_url="https://tocsin.example/")
    assert statuses(settings, ("GET", "/api/read"), headers={"Host": host}) == [status]
    everywhere = msgspec.structs.replace(settings, web_host="0.0.0.0")
    assert statuses(everywhere, ("GET", "/api/read"), headers={"Host": host}) == [200]


async def _chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 100


def test_bodies_are_bounded_told_or_not() -> None:
    path = ("POST", "/api/mentions", SOURCE)
    assert statuses(GIVEN, path, data=b"x" * 1000) == [200]
    assert statuses(GIVEN, path, data=b"x" * 1001) == [413]
    assert statuses(GIVEN, path, data=_chunks(10)) == [200]
    assert statuses(GIVEN, path, data=_chunks(11)) == [413]
    assert statuses(GIVEN, ("GET", "/api/read"), data=b"x") == [413]


def test_one_client_may_not_ask_without_end() -> None:
    answers = asked(GIVEN, *[("GET", "/rare")] * 4, ("GET", "/api/read"))
    assert [status for status, _, _ in answers] == [200, 200, 200, 429, 200]
    assert int(answers[3][1]["Retry-After"]) == 20


def test_tokens_cannot_be_tried_without_end() -> None:
    wrong = [("POST", "/api/change", f"wrong-0123456789-{number}") for number in range(12)]
    assert statuses(GIVEN, *wrong, ("POST", "/api/change", CONSOLE)) == [401] * 10 + [429] * 2 + [
        200
    ]


def test_a_handler_that_hangs_is_ended() -> None:
    assert statuses(GIVEN, ("GET", "/slow")) == [408]


@pytest.mark.parametrize("path", ["/api/read", "/nowhere", "/broken", "/rare/../etc"])
def test_every_answer_has_the_headers_and_says_nothing_of_the_inside(path: str) -> None:
    [(_, headers, body)] = asked(GIVEN, ("GET", path))
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Server"] == "tocsin"
    assert "secret" not in body
    assert "Traceback" not in body


def test_preflight_of_a_page_elsewhere_is_not_granted() -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    [(status, headers, _)] = asked(GIVEN, ("OPTIONS", "/api/change"), headers=asks)
    assert status == 405
    assert not [name for name in headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("content", "needle"),
    [
        ("", "holds no token"),
        ("# nothing\n", "holds no token"),
        ("x" * 5000, "has 16 to 4096"),
        ("short\n", "has 16 to 4096"),
        ("ana short-hush!\n", "has 16 to 4096"),
        ("ana schöne-schlüssel-schön\n", "has 16 to 4096"),
    ],
)
def test_token_files_that_cannot_be_used_are_told_without_the_token(
    tmp_path: Path, content: str, needle: str
) -> None:
    file = tmp_path / "tokens"
    file.write_text(content)
    with pytest.raises(ConfigError, match=needle) as caught:
        tokens.load("web_token", None, file)
    assert "hush" not in str(caught.value)
    assert "schön" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_token_files_that_are_not_there_and_two_ways_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        tokens.load("web_token", None, tmp_path / "absent")
    with pytest.raises(ConfigError, match="set one of TOCSIN_WEB_TOKEN and"):
        tokens.load("web_token", CONSOLE, tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        tokens.load("web_token", None, tmp_path)


def test_nothing_that_prints_tokens_shows_one() -> None:
    held = tokens.load("web_token", CONSOLE, None)
    assert CONSOLE not in repr(held) + repr(vars(held))


def test_clients_are_told_apart_by_what_a_person_has() -> None:
    assert client("10.0.0.1") != client("10.0.0.2")
    assert client("2001:db8::1") == client("2001:db8::ffff") != client("2001:db8:0:1::1")
    assert client("::ffff:10.0.0.1") == "10.0.0.1"
    assert client("fe80::1%eth0") == client("fe80::2")


def test_clients_without_number_take_no_memory_without_end() -> None:
    async def ask() -> int:
        limits = Limits()
        for number in range(MAX_CLIENTS + 100):
            request: Any = type("Request", (), {"remote": f"10.{number // 256}.{number % 256}.1"})
            await limits.take("read", request, 60)
        return len(limits._buckets)

    assert asyncio.run(ask()) == MAX_CLIENTS


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("::")
    assert not is_loopback("localhost.example")
