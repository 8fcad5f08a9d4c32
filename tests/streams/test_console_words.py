"""The console's words: both languages have the same ones, and none takes another's place."""

import re
from collections import Counter
from pathlib import Path

import pytest

from streams import web

_STATIC = Path(web.__file__).parent / "static"
_KEY = re.compile(r'(?:^|[,{]\s*|\n\s*)([a-zA-Z_]\w*):\s*["`(\[]')


def _keys(lang: str) -> Counter[str]:
    return Counter(_KEY.findall((_STATIC / f"{lang}.js").read_text("utf-8")))


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_word_stands_twice(lang: str) -> None:
    assert [key for key, times in _keys(lang).items() if times > 1] == []


def test_both_languages_have_the_same_words() -> None:
    assert set(_keys("en")) == set(_keys("fr"))
