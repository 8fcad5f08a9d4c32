"""docs/sources.md: what it shows works as it stands, and it leaves no kind and no setting out."""

import re
import tomllib

import pytest

from streams.errors import ConfigError
from streams.sources import kinds
from streams.sources.meters import FAILURES, OUTCOMES
from streams.sources.settings import parse
from streams.sources.source import Common
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sources.md").read_text("utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_configuration_on_the_page_is_one(block: str) -> None:
    values = tomllib.loads(block)
    values.setdefault("brands", {"acme": {"keywords": ["acme"]}})
    assert parse(values).sources


def test_the_page_tells_of_every_kind() -> None:
    shown = {
        source["type"] for block in BLOCKS for source in tomllib.loads(block)["sources"].values()
    }
    assert shown == set(kinds.names())
    for name in (*Common.__struct_fields__, *OUTCOMES, *FAILURES):
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"type": "mastodon", "instance": "mastodon.example"}, "https://mastodon.example"),
        ({"type": "feed", "urls": ["news.example"]}, r"urls\[0\]: a value such as https://"),
        ({"type": "feed", "urls": [], "brand": "acme"}, "urls"),
        ({"type": "bluesky", "brand": "Acme Air"}, "brand: a value such as acme-air"),
        ({"type": "bluesky", "every_s": "5m"}, "every_s"),
        ({"type": "bluesky", "shres": True}, r"no such key; did you mean shares\? there are url, "),
        ({"type": "reddit", "client_id": "a", "user_agent": "linux:acme:1.0"}, "nothing to read"),
        ({"type": "youtube"}, "nothing to read"),
        ({"type": "webhook"}, "mapping is missing"),
        ({"type": "myspace"}, "one of file, kafka"),
        ({}, "type is missing"),
    ],
)
def test_what_is_wrong_is_said_with_an_example(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse({"brands": {"acme": {"keywords": ["acme"]}}, "sources": {"it": table}})
