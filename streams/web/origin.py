"""Requests that a page of another site makes a browser send: forged changes, rebound names."""

import ipaddress
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from streams.web.refusal import refuse
from streams.web.rule import SAFE


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


class Origins:
    """Which names this server goes by.

    A server on loopback is reached by every page in a browser on that machine whose own name is
    made to point there (DNS rebinding), so that it answers to `localhost`, to addresses, and to
    the host of `console_url` alone. Elsewhere the names are the proxy's affair.
    """

    def __init__(self, web_host: str, console_url: str) -> None:
        self._any_name = not is_loopback(web_host)
        self._own = (urlsplit(console_url).hostname or "").lower()

    def check(self, request: web.Request) -> None:
        """Raises 421 for a strange name, 403 for a change that a page elsewhere asks for."""
        if not (self._any_name or self._known(_name(request.headers.get(hdrs.HOST, "")))):
            refuse(
                web.HTTPMisdirectedRequest,
                "this server does not go by that name; set TOCSIN_CONSOLE_URL to the address "
                "that people use",
            )
        if request.method not in SAFE and self._elsewhere(request):
            refuse(web.HTTPForbidden, "a page of another site may change nothing here")

    def _known(self, name: str) -> bool:
        if name in ("", self._own) or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _elsewhere(self, request: web.Request) -> bool:
        # Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) where a browser sends it, else
        # Origin, which browsers send with every change; programs send neither.
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None:
            return False
        name = (urlsplit(origin).hostname or "").lower()
        return name not in (_name(request.headers.get(hdrs.HOST, "")), self._own) or not name


def _name(host: str) -> str:
    """The host of a `Host` header, without the port; what is none gives something unknown."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower().rstrip(".")
    except ValueError:
        return "?"
