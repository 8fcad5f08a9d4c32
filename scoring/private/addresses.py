"""Postal addresses in French and English: a number and a street, and the town after it.

Streets known by a name alone, farms and hamlets are not found; nor is a town without a street,
which is too many people's to be personal.
"""

import re

from scoring.private import Spans, Words

_WORD = r"[^\W\d_][\w'’.-]*"
_UPPER = r"[A-ZÀ-Þ][\w'’.-]*"
_LOWER = r"[a-zà-ÿ]{3,}\b"
_CANADIAN = r"[A-CEGHJ-NPR-TVXY]\d[A-CEGHJ-NPR-TV-Z]\s?\d[A-Z]\d"

_FR_KIND = (
    r"rue|avenue|av\.?|bd\.?|bld\.?|boulevard|chemin|ch\.|impasse|all[ée]e|route|rte\.?|quai"
    r"|lotissement|r[ée]sidence|faubourg|fbg\.?|mont[ée]e|venelle|hameau|lieu-dit|chauss[ée]e"
)
_FR_WORD = (
    r"place|pl\.|cours|square|passage|sentier|cit[ée]|esplanade|villa|clos|mail|promenade|rang"
)
"""Streets too, but words of every day as well: only with a capital after them."""
_FR_LINK = r"(?:de\s(?:la\s|l['’])?|du\s|des\s|d['’]|l['’]|la\s|le\s|les\s|aux?\s|saint[e]?[\s-])"
_FR_STOP = (
    r"(?:c['’]|[àa]\b|et\b|ou\b|o[ùu]\b|au\b|aux\b|en\b|est\b|dans\b|pas\b|plus\b|mais\b|depuis\b"
    r"|toujours\b|tjrs\b|svp\b|merci\b|sans\b|pour\b|par\b|avec\b|chez\b|qui\b|que\b|ne\b|le\b|la\b"
    r"|les\b|de\b|du\b|des\b|je\b|j['’]|il\b|on\b|nous\b|vous\b|enfin\b|encore\b|ce\b|ici\b)"
)
_FR_TOWN = (
    rf"(?:,?\s(?:[A-Z]-?)?\d{{4,5}}\s{_UPPER}(?:[\s-]{_UPPER}){{0,3}}"
    rf"|,\s{_UPPER}(?:\s\([\w.]{{2,6}}\))?,?\s{_CANADIAN})"
)
_FR = re.compile(
    rf"(?<![\w/-])\d{{1,4}}(?:\s?(?:bis|ter|quater|[a-d]))?,?\s"
    rf"(?:(?i:{_FR_KIND})\s(?i:{_FR_LINK}){{0,3}}{_WORD}(?:\s(?i:(?!{_FR_STOP})){_LOWER})?"
    rf"|(?i:{_FR_WORD})\s(?i:{_FR_LINK}){{0,3}}{_UPPER})"
    rf"(?:\s(?i:{_FR_LINK}){{0,2}}{_UPPER}){{0,4}}{_FR_TOWN}?"
)
_EN_KIND = (
    r"street|st\.?|road|rd\.?|avenue|ave\.?|lane|ln\.?|drive|dr\.?|close|court|ct\.?|crescent"
    r"|terrace|place|pl\.?|square|sq\.?|way|boulevard|blvd\.?|gardens|grove|row|mews|parkway|pkwy"
    r"|highway|hwy|hill|park|quay"
)
_NO_NAME = (
    r"(?:the|a|an|on|of|in|this|that|my|your|all|down|up|to|and|or|by|from|at|is|it|for"
    r"|la|le|les|de|du|des|à|et)\b"
)
_COUNTED = (
    r"(?:minutes?|mins?|hours?|days?|weeks?|months?|years?|people|stars?|miles?|km|blocks?)\b"
)
_POSTCODE = rf"[A-Z]{{1,2}}\d[A-Z\d]?\s\d[A-Z]{{2}}|{_CANADIAN}"
_EN_TOWN = (
    rf"(?:,?\s(?i:apt|apartment|flat|unit|suite|#)\.?\s?\w{{1,5}}\b)?"
    rf"(?:,\s{_UPPER}(?:\s{_UPPER}){{0,2}})?"
    rf"(?:,?\s(?:[A-Z]{{2}}\s)?(?:{_POSTCODE}|\d{{5}}(?:-\d{{4}})?)\b)?"
)
_EN = re.compile(
    rf"(?<![\w/-])(?:(?i:flat|apt|apartment|unit|suite)\s\w{{1,5}},?\s)?\d{{1,5}}[A-Za-z]?,?\s"
    rf"(?!(?i:{_COUNTED}))"
    rf"(?:(?i:(?!{_NO_NAME})(?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th))\s){{1,3}}?(?i:{_EN_KIND})(?!\w)"
    rf"|The\s{_UPPER})(?:\s[NSEW]{{1,2}}\b)?{_EN_TOWN}"
)
_STREETS = frozenset(
    re.sub(r"\\.\??|\[ée\]", lambda part: "é" if part[0][0] == "[" else "", kinds)
    for kinds in "|".join((_FR_KIND, _FR_WORD, _EN_KIND)).split("|")
) | {"the", "box", "allee", "residence", "cite", "montee", "chaussee", "lieu"}
"""All of them in letters, and what else an address may be known by."""
_CODE = re.compile(rf"(?<![\w-])(?:{_POSTCODE})(?![\w-])")
_BOX = re.compile(r"\bP\.?\s?O\.?\s?Box\s\d{1,6}\b", re.IGNORECASE)


def find(text: str, said: Words) -> Spans:
    """Street addresses, British and Canadian postcodes (a few houses each), post-office boxes."""
    if not _STREETS.isdisjoint(said):
        for pattern in (_FR, _EN, _BOX):
            yield from (found.span() for found in pattern.finditer(text))
    yield from (found.span() for found in _CODE.finditer(text))
