"""E-mail addresses, spelt out ones too; IP addresses; handles, and pages of people."""

import ipaddress
import re

from scoring.private import Span, Spans

_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w.+'-]+(?:[@＠][\w-]+(?:\.[\w-]+)+| [@＠] (?:[\w-]+\.)+[^\W\d_]{2,}(?![\w-]))"
)
_NAME = r"(?<![\w.+-])[\w.+-]{1,64}(?:\s(?:dot|point)\s[\w+-]{1,64}){0,3}"
_AT = r"\s?[\[({<]\s?(?:at|arobase|chez|@)\s?[\])}>]\s?|\sarobase\s"
_DOT = r"\s?[\[({<]\s?(?:dot|point)\s?[\])}>]\s?|\s(?:dot|point)\s"
_SPELT = re.compile(
    rf"{_NAME}(?:(?:{_AT})[\w-]{{1,64}}(?:(?:\.|{_DOT})[\w-]{{1,64}})+"
    rf"|\sat\s[\w-]{{1,64}}(?:(?:{_DOT})[\w-]{{1,64}})+)",
    re.IGNORECASE,
)
_HINT = re.compile(r"arobase|[\[({<]\s?(?:at|chez|@)|\sat\s", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.IGNORECASE)

_HANDLE = re.compile(r"(?<![\w@])@(?=\w[\w.-])(\w+(?:[.-]\w+)*)")
_SITES = (
    r"(?:twitter|x|instagram|facebook|fb|threads)\.(?:com|net)|tiktok\.com|t\.me"
    r"|linkedin\.com/in|youtube\.com|bsky\.app/profile|reddit\.com/u(?:ser)?"
)
_PAGE = re.compile(
    rf"(?:(?<![\w-])(?:{_SITES})/@?|(?<![\w/])/?u/)(\w[\w-]*(?:\.[\w-]+)*)", re.IGNORECASE
)
_NO_PERSON = re.compile(
    r"about|channel|events|explore|groups|hashtag|help|home|i|intent|legal|login|pages?|p|playlist"
    r"|privacy|reels?|search|shorts?|share|s|status|stories|tos|video|v|watch",
    re.IGNORECASE,
)
"""First parts of paths that are the site's own."""
_SHORT_NAME = 4


def find(text: str) -> Spans:
    """E-mail and IP addresses."""
    if "@" in text or "＠" in text:
        yield from (found.span() for found in _EMAIL.finditer(text))
    if _HINT.search(text):
        yield from (found.span() for found in _SPELT.finditer(text))
    if text.count(".") >= 3:
        yield from (found.span() for found in _IPV4.finditer(text) if _is_address(found))
    if text.count(":") >= 2:
        yield from (found.span() for found in _IPV6.finditer(text) if _is_address(found))


def find_people(text: str, brand: str) -> Spans:
    """Handles and names of pages, without the @; the brand's own stay.

    A name is the brand's when its letters hold the brand's, or the other way round.
    """
    own = letters(brand)
    spans: list[Span] = []
    if "@" in text:
        spans += (found.span(1) for found in _HANDLE.finditer(text))
    if "/" in text:
        spans += (
            found.span(1) for found in _PAGE.finditer(text) if not _NO_PERSON.fullmatch(found[1])
        )
    return (span for span in spans if not _related(letters(text[slice(*span)]), own))


def _is_address(found: re.Match[str]) -> bool:
    try:
        ipaddress.ip_address(found.group(0))
    except ValueError:
        return False
    return True


def _related(name: str, own: str) -> bool:
    long = len(own) >= _SHORT_NAME and len(name) >= _SHORT_NAME
    return bool(own) and (name == own or (long and (own in name or name in own)))


def letters(name: str) -> str:
    """Letters and digits of a name, in lower case."""
    return "".join(char for char in name.lower() if char.isalnum())
