"""How often one client may ask; memory is bounded whatever addresses the requests come from."""

import ipaddress
import math
from collections import OrderedDict

from aiohttp import web
from aiolimiter import AsyncLimiter

from streams.web.refusal import refuse

MAX_CLIENTS = 4096
PERIOD_S = 60.0


class Limits:
    """Leaky buckets by kind of request and client address, the least recently used forgotten."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], AsyncLimiter] = OrderedDict()

    async def take(self, kind: str, request: web.Request, per_minute: float) -> None:
        """Counts one request. Raises 429 with `Retry-After` when the client's bucket is full."""
        bucket = self._bucket(kind, request, per_minute)
        if not bucket.has_capacity():
            after = str(math.ceil(PERIOD_S / per_minute))
            refuse(
                web.HTTPTooManyRequests,
                f"at most {per_minute:g} requests a minute are taken from one address",
                {"Retry-After": after},
            )
        await bucket.acquire()

    def _bucket(self, kind: str, request: web.Request, per_minute: float) -> AsyncLimiter:
        key = (kind, client(request.remote or ""))
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = AsyncLimiter(per_minute, PERIOD_S)
        self._buckets.move_to_end(key)
        while len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return bucket


def client(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that one household or host has.

    `X-Forwarded-For` is not believed: anybody can send it. Behind a proxy all are one client.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((found, 64), strict=False))
    return str(found)
