"""From items to mentions: which brands, what kind of change, and what is no news."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from scoring.decoding import check_not_future, decode
from scoring.errors import BadMentionError
from scoring.mention import Author, Kind, Mention, Role
from streams.sources.brands import Matcher
from streams.sources.item import identity
from streams.sources.known import Known, Memory, digest
from streams.sources.source import Common, Item

SENT, UNMATCHED, DUPLICATE, OLD, INVALID = "sent", "unmatched", "duplicate", "old", "invalid"
_CHANGES = frozenset({Kind.DELETION, Kind.EDIT, Kind.ENGAGEMENT})


class Taken(msgspec.Struct, kw_only=True):
    """What became of some items: mentions to send, counts by outcome, reasons of bad ones."""

    mentions: list[Mention] = msgspec.field(default_factory=list)
    outcomes: dict[str, int] = {}
    reasons: dict[str, int] = {}

    def count(self, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def invalid(self, reason: str) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


class Intake:
    """Of one source. `memory` is None where it cannot remember: whoever calls us says it all."""

    def __init__(self, matcher: Matcher, common: Common, memory: Memory | None = None) -> None:
        self._matcher = matcher
        self._common = common
        self._memory = memory
        self._max_age = timedelta(seconds=common.max_age_s) if common.max_age_s else None

    def take(self, items: Sequence[Item], now: datetime | None = None) -> Taken:
        """Finds brands and changes; what it remembers counts once `Memory.changes` is stored."""
        now = now or datetime.now(UTC)
        taken = Taken()
        for item in items:
            before = len(taken.mentions)
            try:
                outcome = self._one(item, now, taken)
            except BadMentionError as error:
                del taken.mentions[before:]
                taken.invalid(error.reason)
                outcome = INVALID
            except UnicodeEncodeError:  # half of a surrogate pair, which no JSON can hold
                del taken.mentions[before:]
                taken.invalid("bad_utf8")
                outcome = INVALID
            taken.count(outcome)
        return taken

    def one(self, item: Item, now: datetime) -> list[Mention]:
        """The mentions of one item, none when no brand is found. Raises BadMentionError."""
        taken = Taken()
        self._one(item, now, taken)
        return taken.mentions

    def _one(self, item: Item, now: datetime, taken: Taken) -> str:
        mention = self._settled(item.mention)
        if self._memory is None:
            return self._send(mention, self._brands(item, mention), None, now, taken)
        if item.named:
            return self._named(item, mention, self._memory, now, taken)
        target = self._memory.of(mention.parent_id)
        if mention.kind in _CHANGES:
            if target is not None:
                return self._send(mention, target.brands, target.root, now, taken)
            if mention.kind is not Kind.EDIT:
                return UNMATCHED  # of what was never sent
        elif (known := self._memory.of(mention.id)) is not None:
            return self._again(item, mention, known, now, taken)
        if self._max_age and mention.created_at < now - self._max_age:
            return OLD
        near = target or self._memory.of(mention.conversation_id)
        brands = tuple(sorted({*self._brands(item, mention), *(near.brands if near else ())}))
        root = mention.conversation_id or (target.root if target else None) or mention.root_id
        outcome = self._send(mention, brands, root, now, taken)
        if outcome == SENT:
            self._memory.put(mention.id, Known(brands, root, digest(mention.text)))
        return outcome

    def _named(
        self, item: Item, mention: Mention, memory: Memory, now: datetime, taken: Taken
    ) -> str:
        """An item that says its brand: ids are one brand's, and so is what is remembered."""
        key = f"{mention.brand}\n{mention.id}"
        said = digest(mention.text)
        known = memory.of(key)
        if known is None:
            outcome = self._send(mention, (mention.brand,), None, now, taken)
        elif known.digest == said or mention.kind in _CHANGES:
            return DUPLICATE
        else:
            changed = _edited(mention, said, item.changed_at, now)
            outcome = self._send(changed, (mention.brand,), known.root, now, taken)
        root = known.root if known else mention.root_id
        memory.put(key, Known((mention.brand,), root, said))
        return outcome

    def _again(
        self, item: Item, mention: Mention, known: Known, now: datetime, taken: Taken
    ) -> str:
        """An item that was sent: with another text it is an edit, else no news."""
        assert self._memory is not None
        said = digest(mention.text)
        if known.digest == said:
            return DUPLICATE
        changed = _edited(mention, said, item.changed_at, now)
        outcome = self._send(changed, known.brands, known.root, now, taken)
        self._memory.put(mention.id, replace(known, digest=said))
        return outcome

    def _settled(self, mention: Mention) -> Mention:
        """With the channel and the role that the settings say."""
        common = self._common
        if common.channel and common.channel != mention.channel:
            mention = replace(mention, channel=common.channel)
        if common.role and mention.role is Role.UNKNOWN:
            author = mention.author or Author()
            mention = replace(mention, author=replace(author, role=common.role))
        return mention

    def _brands(self, item: Item, mention: Mention) -> tuple[str, ...]:
        if item.named:
            return (mention.brand,)
        if self._common.brand:
            return (self._common.brand,)
        names = [*item.addressed, *_names(mention.author)]
        words = f"{mention.text}\n{item.about}" if item.about else mention.text
        return tuple(self._matcher.brands_of(words, mention.channel, names))

    def _send(
        self,
        mention: Mention,
        brands: Sequence[str],
        root: str | None,
        now: datetime,
        taken: Taken,
    ) -> str:
        for brand in brands:
            said = replace(mention, brand=brand)
            if root is not None and root != said.root_id:
                said = replace(said, conversation_id=root)
            if self._matcher.owns(brand, said.channel, _names(said.author)):
                assert said.author is not None
                said = replace(said, author=replace(said.author, role=Role.BRAND))
            checked = decode(msgspec.json.encode(said))
            check_not_future(checked, now)
            taken.mentions.append(checked)
        return SENT if brands else UNMATCHED


def _names(author: Author | None) -> list[str]:
    return [name for name in (author.handle, author.id) if name] if author else []


def _edited(mention: Mention, said: bytes, at: datetime | None, now: datetime) -> Mention:
    stamp = [round(at.timestamp())] if at else []
    return replace(
        mention,
        id=identity(mention.id, "edit", said.hex(), *stamp),
        kind=Kind.EDIT,
        parent_id=mention.id,
        created_at=max(at or now, mention.created_at),
    )
