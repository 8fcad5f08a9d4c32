"""Sources of a live run: a feed with news of nobody's, one that fails every other time, no file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from tests.streams.vendors import Vendor

FILE = """
[brands.nobody]
keywords = ["nobody-speaks-of-it"]

[sources.news]
type = "feed"
urls = ["{url}/rss"]
every_s = 0.5
max_age_s = 315360000

[sources.shaky]
type = "feed"
urls = ["{url}/shaky"]
every_s = 0.5
max_age_s = 315360000

[sources.gone]
type = "file"
path = "{folder}/gone.jsonl"
"""
RSS = """<rss version="2.0"><channel><title>News</title><item><guid>1</guid><title>Weather</title>
<pubDate>Mon, 02 Mar 2026 09:00:00 GMT</pubDate></item></channel></rss>"""


class Sourcing(Vendor):
    """The feed's server, and the file of sources."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._file = folder / "sources.toml"
        self._asked = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The same news each time, and no word of a version; at every other time none at all."""
        if request.path == "/shaky":
            self._asked += 1
            if self._asked % 2:  # a failure after a success is told at once: they go on rising
                return web.Response(status=500)
        return web.Response(text=RSS, content_type="application/rss+xml")

    @property
    def variables(self) -> dict[str, str]:
        """What a worker has to be told."""
        return {"TOCSIN_SOURCES": str(self._file)}

    @contextmanager
    def running(self) -> Iterator["Sourcing"]:
        """Listens on the loopback for as long as the block lasts."""
        with super().running():
            self._file.write_text(FILE.format(url=self.url, folder=self._folder))
            yield self
