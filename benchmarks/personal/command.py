"""`python -m benchmarks personal`: the tables of docs/security.md, and what masking costs."""

import argparse
import time
from collections.abc import Iterable, Sequence

import msgspec

from benchmarks import traffic
from benchmarks.personal.measure import Count, Found, Mask, measure
from benchmarks.personal.messages import Message, read
from benchmarks.personal.others import OTHERS
from scoring import masking, policy
from scoring.history import History
from scoring.scored import Scored

ROUNDS = 20
EVENTS = 20_000


def main(arguments: Sequence[str] = ()) -> int:
    """Prints recall by kind, near-misses spared, and microseconds; 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks personal")
    parser.add_argument("--mistakes", action="store_true", help="list what went wrong")
    options = parser.parse_args(arguments)
    messages = read()
    seen = [message for message in messages if not message.unseen]
    unseen = [message for message in messages if message.unseen]
    _tables(measure(seen, masking.mask), measure(unseen, masking.mask), options.mistakes)
    print(f"{len(seen)} messages, and {len(unseen)} written after the patterns")
    print("\nbeside libraries (recall over all messages, and microseconds a message):")
    for name, other in {"tocsin": masking.mask, **OTHERS}.items():
        _beside(name, measure(messages, other), other, messages)
    _cost(messages)
    _in_the_fold(messages)
    return 0


def _tables(seen: Found, unseen: Found, mistakes: bool) -> None:
    print("| masked whole | recall | of the later ones |\n|---|---|---|")
    _rows(seen.recall, unseen.recall)
    print("\n| left as it is | spared | of the later ones |\n|---|---|---|")
    _rows(seen.spared, unseen.spared)
    for found in (seen, unseen):
        print(f"\nprecision {found.precision:.3f}, other words masked: {found.stray}/{found.words}")
    if mistakes:
        for found in (seen, unseen):
            for count in (*found.recall.values(), *found.spared.values()):
                print("\n".join(count.wrong))


def _rows(first: dict[str, Count], second: dict[str, Count]) -> None:
    for kind in dict.fromkeys([*first, *second]):
        print(f"| {kind} | {_told(first.get(kind))} | {_told(second.get(kind))} |")
    print(f"| **all** | {_told(_all(first.values()))} | {_told(_all(second.values()))} |")


def _all(counts: Iterable[Count]) -> Count:
    total = Count()
    for count in counts:
        total.all += count.all
        total.right += count.right
    return total


def _told(count: Count | None) -> str:
    return f"{count.share:.3f} ({count.right}/{count.all})" if count and count.all else "-"


def _beside(name: str, found: Found, mask: Mask, messages: Sequence[Message]) -> None:
    kinds = ", ".join(
        f"{kind} {found.recall[kind].share:.2f}" for kind in ("phone", "email", "iban", "address")
    )
    texts = [message.text for message in messages]
    print(f"  {name:<24} {kinds}; precision {found.precision:.3f}; {_us(mask, texts, 1):.0f} us")


def _cost(messages: Sequence[Message]) -> None:
    plain = [event.mention.text for event in traffic.mentions(500)]
    marked = [message.text for message in messages]
    long = [" ".join(marked[at : at + 40]) for at in range(0, len(marked), 40)]
    print("\nmicroseconds of CPU a call:")
    for name, texts in (("ordinary texts", plain), ("these messages", marked), ("long", long)):
        size = sum(map(len, texts)) / len(texts)
        print(f"  {name:<16} {_us(masking.mask, texts, ROUNDS):7.1f} us, {size:,.0f} characters")


def _in_the_fold(messages: Sequence[Message]) -> None:
    """Share of masking in the decision: ordinary texts, and every text one of the messages."""
    ordinary = list(traffic.mentions(EVENTS))
    laden = []
    for number, event in enumerate(ordinary):
        text = messages[number % len(messages)].text if event.mention.text else ""
        mention = msgspec.structs.replace(event.mention, text=f"{text} {number}")
        laden.append(msgspec.structs.replace(event, mention=mention))
    print("\nin the decision:")
    for name, events in (("ordinary texts", ordinary), ("these messages", laden)):
        calls, spent, whole = _timed(events)
        print(
            f"  {name:<16} {calls / EVENTS:.2f} calls and {spent / EVENTS * 1e6:.1f} us of "
            f"{whole / EVENTS * 1e6:.0f} us a mention: {spent / whole:.1%}"
        )


def _timed(events: Sequence[Scored]) -> tuple[int, float, float]:
    """Calls of `mask`, seconds in them, and seconds in all, of one pass of the decision."""
    calls, spent, inner = 0, 0.0, masking.mask

    def timed(text: str, brand: str = "") -> str:
        nonlocal calls, spent
        started = time.perf_counter()
        masked = inner(text, brand)
        calls, spent = calls + 1, spent + time.perf_counter() - started
        return masked

    masking.quote.cache_clear()
    history = History(policy.default())
    masking.mask = timed
    try:
        started = time.perf_counter()
        for event in events:
            for _ in history.add(event):
                pass
        return calls, spent, time.perf_counter() - started
    finally:
        masking.mask = inner


def _us(mask: Mask, texts: Sequence[str], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for text in texts:
            mask(text, "skylark-air")
        best = min(best, time.process_time() - started)
    return best / len(texts) * 1e6
