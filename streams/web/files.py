"""The files of the console, read once, with what a browser needs to ask for them seldom."""

import hashlib
from functools import lru_cache
from importlib import resources

from aiohttp import web

_TYPES = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
    "txt": "text/plain",
}


def file(request: web.Request, name: str) -> web.Response:
    """One of the files in `static`, or 304 where the browser has it already. Raises 404."""
    kind = _TYPES.get(name.rpartition(".")[2])
    found = _read(name) if kind else None
    if kind is None or found is None:
        raise web.HTTPNotFound
    body, tag = found
    # Asked for each time, and seldom sent: a page and its parts are never of two versions.
    headers = {"Cache-Control": "no-cache", "ETag": f'"{tag}"'}
    if request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
    response.enable_compression()
    return response


def content(name: str) -> bytes | None:
    """The bytes of one of the files, None where there is none of that name."""
    found = _read(name) if name.rpartition(".")[2] in _TYPES else None
    return found[0] if found else None


@lru_cache(maxsize=64)
def _read(name: str) -> tuple[bytes, str] | None:
    parts = name.split("/")
    if any(part.strip(".") == "" or "\\" in part for part in parts):
        return None
    found = resources.files("streams").joinpath("web", "static", *parts)
    if not found.is_file():
        return None
    body = found.read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:20]
