"""What else one could mask with, as libraries come: libphonenumber's matcher, pattern lists."""

import importlib
import importlib.util
from collections.abc import Callable

from phonenumbers import Leniency, PhoneNumberMatcher

from scoring.masking import MASK

REGIONS = ("FR", "GB", "US", "BE", "CH")


def _phones(leniency: int) -> Callable[[str, str], str]:
    def mask(text: str, brand: str) -> str:
        spans = {
            (match.start, match.end)
            for region in REGIONS
            for match in PhoneNumberMatcher(text, region, leniency=leniency)
        }
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + MASK + text[end:]
        return text

    return mask


def _addresses(text: str, brand: str) -> str:
    pyap = importlib.import_module("pyap")
    for country in ("US", "CA", "GB"):
        for address in pyap.parse(text, country=country):
            text = text.replace(str(address.full_address), MASK)
    return text


OTHERS: dict[str, Callable[[str, str], str]] = {
    "phonenumbers, possible": _phones(Leniency.POSSIBLE),
    "phonenumbers, valid": _phones(Leniency.VALID),
}
if importlib.util.find_spec("pyap"):
    OTHERS["pyap"] = _addresses
