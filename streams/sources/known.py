"""What a source has sent, so that a deletion, an edit or a reply is known for what it concerns."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec

MOST = 50_000
"""Items of one source that are remembered, the least recently seen forgotten first."""


class Known(msgspec.Struct, frozen=True, array_like=True):
    """One item that was sent: for which brands, in which conversation, and a digest of its text."""

    brands: tuple[str, ...]
    root: str
    digest: bytes


class Memory:
    """The newest items of one source; `changes` are those that are not stored yet.

    What is put counts at once, for the items that follow in the same batch; `settle` when it is
    stored, `undo` when it could not be.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._before: dict[bytes, Known | None] = {}
        self.changes: dict[bytes, bytes | None] = {}

    def of(self, id: str | None) -> Known | None:
        """What is known of an item."""
        if id is None:
            return None
        key = _key(id)
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def put(self, id: str, known: Known) -> None:
        """An item is about to be sent."""
        key = _key(id)
        self._before.setdefault(key, self._known.get(key))
        self._set(key, known)
        self.changes[key] = _encoder.encode(known)
        while len(self._known) > self._most:
            oldest, gone = self._known.popitem(last=False)
            self._before.setdefault(oldest, gone)
            self.changes[oldest] = None

    def settle(self) -> None:
        """The changes are stored."""
        self.changes.clear()
        self._before.clear()

    def undo(self) -> None:
        """They are not: as before them."""
        for key, known in self._before.items():
            if known is None:
                self._known.pop(key, None)
            else:
                self._set(key, known)
        self.settle()

    def restore(self, stored: Mapping[bytes, bytes]) -> None:
        """Takes over what was stored, oldest first; what cannot be read is passed over."""
        for key, value in stored.items():
            try:
                self._set(key, _decoder.decode(value))
            except msgspec.DecodeError:
                continue

    def _set(self, key: bytes, known: Known) -> None:
        self._known[key] = known
        self._known.move_to_end(key)

    def __len__(self) -> int:
        return len(self._known)


def digest(text: str, more: Iterable[str] = ()) -> bytes:
    """Tells one text from another."""
    whole = "\0".join((text, *more))
    return blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _key(id: str) -> bytes:
    """Ids point to people's posts, so that only their digests are kept."""
    return blake2b(id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Known)
