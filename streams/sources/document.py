"""What somebody sends as JSON: Mention v1, its brand left to be found or not, or another shape."""

from collections.abc import Iterator

import msgspec

from scoring.decoding import decode
from scoring.errors import BadMentionError
from streams.sources.item import NOBODY
from streams.sources.mapping import Shape
from streams.sources.source import Item, Unreadable

_list = msgspec.json.Decoder(list[msgspec.Raw])
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


def items(
    raw: bytes, shape: Shape | None, prefix: str, channel: str | None
) -> Iterator[Item | Unreadable]:
    """The items of one document: through a shape, or else Mention v1, one or a list."""
    try:
        if shape is not None:
            yield from shape.items(msgspec.json.decode(raw), prefix, channel)
        elif raw.lstrip()[:1] == b"[":
            for one in _list.decode(raw):
                yield from items(bytes(one), None, prefix, channel)
        else:
            yield read(raw)
    except BadMentionError as error:
        yield Unreadable(error.detail)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        yield Unreadable("it is no JSON")
