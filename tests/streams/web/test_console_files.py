"""Files of the console over real HTTP: those that there are, and no way to any other."""

import pytest

from benchmarks.fuzz import requests

HEAD = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/", 200),
        (b"/static/app.js", 200),
        (b"/static/nothing.js", 404),
        (b"/static/" + b"a" * 300 + b".js", 404),
        (b"/static/a%00.js", 404),
        (b"/static/..%2fstatic%2fapp.js", 404),
        (b"/static/%2e%2e%2f%2e%2e%2fconfig.py", 404),
        (b"/static/..%5capp.js", 404),
        (b"/static//etc/hosts.js", 404),
    ],
)
def test_only_the_consoles_files(path: bytes, status: int) -> None:
    with requests.serving() as server:
        answer = server.ask(b"GET " + path + HEAD, requests.HEALTH_S)
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:80]
        assert server.errors == []
