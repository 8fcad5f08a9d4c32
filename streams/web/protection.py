"""The one place through which every request goes before a handler sees it.

`protect(app, settings)` adds the headers of every answer, and turns away, in this order: strange
names and forged requests, too many of them, those without the token that the route asks for, too
large ones, and those that take too long.
"""

import asyncio

from aiohttp import hdrs, web

from streams.config import Settings
from streams.environment import variable
from streams.web import headers, tokens
from streams.web.limits import Limits
from streams.web.origin import Origins
from streams.web.refusal import refuse, too_large
from streams.web.rule import Access, Handler, Rule, rule_of
from streams.web.tokens import Tokens

CALLER = web.RequestKey("tocsin_caller", str)
"""`request[CALLER]`: name of whoever bears the token, empty where the token has none."""
FAILURES_PER_MINUTE = 10.0


def protect(app: web.Application, settings: Settings) -> None:
    """Puts an application under protection. Raises ConfigError for tokens that cannot be used."""
    app.on_response_prepare.append(headers.add)
    app.middlewares.append(Protection(settings).middleware)


class Protection:
    """What requests are held against; the limits count for one server."""

    def __init__(self, settings: Settings) -> None:
        console = tokens.load("web_token", settings.web_token, settings.web_token_file)
        source = tokens.load("source_token", settings.source_token, settings.source_token_file)
        self._tokens = {Access.CONSOLE: console, Access.SOURCE: source}
        if settings.web_reads == "token":
            self._tokens[Access.READ] = console
            if not console:
                raise tokens.needed("web_reads", "web_token")
        self._origins = Origins(settings.web_host, settings.console_url)
        self._limits = Limits()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """For `Application.middlewares`."""
        rule = rule_of(request)
        self._origins.check(request)
        if rule.per_minute is not None:
            await self._limits.take(rule.access, request, rule.per_minute)
        if (known := self._tokens.get(rule.access)) is not None:
            request[CALLER] = await self._caller(request, known)
        if (length := request.content_length or 0) > rule.max_bytes:
            too_large(rule.max_bytes, length)
        bounded = request.clone(client_max_size=rule.max_bytes or 1)
        return await _in_time(bounded, handler, rule)

    async def _caller(self, request: web.Request, known: Tokens) -> str:
        if not known:
            name = variable(known.setting)
            refuse(web.HTTPForbidden, f"closed until a token is set: {name} or {name}_FILE")
        caller = known.bearer(request.headers.get(hdrs.AUTHORIZATION, ""))
        if caller is None:
            await self._limits.take("failures", request, FAILURES_PER_MINUTE)
            refuse(
                web.HTTPUnauthorized,
                "send the header `Authorization: Bearer` with the right token",
                {hdrs.WWW_AUTHENTICATE: 'Bearer realm="tocsin"'},
            )
        return caller


async def _in_time(request: web.Request, handler: Handler, rule: Rule) -> web.StreamResponse:
    deadline = asyncio.timeout(rule.timeout_s)
    try:
        async with deadline:
            return await handler(request)
    except TimeoutError:
        if not deadline.expired():
            raise
        refuse(web.HTTPRequestTimeout, f"it took more than {rule.timeout_s:g} s")
    except web.HTTPRequestEntityTooLarge:
        too_large(rule.max_bytes, rule.max_bytes + 1)
