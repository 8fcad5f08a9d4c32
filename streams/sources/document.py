"""A mention that somebody sends as JSON: Mention v1, whose brand may be left to be found."""

import msgspec

from scoring.decoding import decode
from streams.sources.item import NOBODY
from streams.sources.source import Item

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read(raw: bytes) -> Item:
    """Raises BadMentionError; the text says what is wrong with it."""
    try:
        fields = _decode.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Item(mention=decode(raw), named=True)  # which says why
    if "brand" in fields and bytes(fields["brand"]) != b"null":
        return Item(mention=decode(raw), named=True)
    fields["brand"] = msgspec.Raw(msgspec.json.encode(NOBODY))
    return Item(mention=decode(msgspec.json.encode(fields)))
