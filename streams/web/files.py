"""The files of the console, read once, with what a browser needs to ask for them seldom."""

import hashlib
import re
from functools import lru_cache
from importlib import resources

from aiohttp import web

_NAME = re.compile(r"(?:vendor/)?[a-z][a-z0-9-]{0,60}\.[a-z]{2,5}")
"""Nothing else is looked for on the disk, which has limits of its own."""
_TYPES = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}


def file(request: web.Request, name: str) -> web.Response:
    """One of the files in `static`, or 304 where the browser has it already. Raises 404."""
    found = _read(name)
    if found is None:
        raise web.HTTPNotFound
    body, tag = found
    kind = _TYPES[name.rpartition(".")[2]]
    # Asked for each time, and seldom sent: a page and its parts are never of two versions.
    headers = {"Cache-Control": "no-cache", "ETag": f'"{tag}"'}
    if request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
    response.enable_compression()
    return response


def content(name: str) -> bytes | None:
    """The bytes of one of the files, None where there is none of that name."""
    found = _read(name)
    return found[0] if found else None


@lru_cache(maxsize=64)
def _read(name: str) -> tuple[bytes, str] | None:
    if not _NAME.fullmatch(name) or name.rpartition(".")[2] not in _TYPES:
        return None
    found = resources.files("streams").joinpath("web", "static", *name.split("/"))
    if not found.is_file():
        return None
    body = found.read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:20]
