"""The faults: each a generator that does harm, yields how long it lasts, and undoes it."""

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator

import psutil

from benchmarks.faults import schedule, sinks
from benchmarks.faults.bed import FAKETIME, NAMED, RESTART, SESSION_S, Bed
from tests.streams import small_disk

Fault = Callable[[Bed, random.Random], Iterator[float]]


def kill(bed: Bed, chance: random.Random) -> Iterator[float]:
    """A worker ends without a word; its supervisor starts it again."""
    bed.pick(chance).signal(signal.SIGKILL)
    yield 0.0


def kill_all(bed: Bed, chance: random.Random) -> Iterator[float]:
    """Every worker ends at once, as in a power cut."""
    for member in bed.members:
        if member.wanted:
            member.signal(signal.SIGKILL)
    yield 0.0


def term(bed: Bed, chance: random.Random) -> Iterator[float]:
    """A worker is told to stop, and started again."""
    bed.pick(chance).signal(signal.SIGTERM)
    yield 0.0


def stop(bed: Bed, chance: random.Random) -> Iterator[float]:
    """A zombie: a worker sleeps past its session and goes on as if nothing had happened."""
    member = bed.pick(chance)
    member.signal(signal.SIGSTOP)
    yield SESSION_S + chance.uniform(2.0, 6.0)
    member.signal(signal.SIGCONT)


def storm(bed: Bed, chance: random.Random) -> Iterator[float]:
    """A guest joins and leaves every few seconds."""
    for _ in range(3):
        guest = bed.join("cases,tickets")
        yield chance.uniform(3.0, 7.0)
        guest.leave()
        yield chance.uniform(0.5, 2.0)


def cut(bed: Bed, chance: random.Random) -> Iterator[float]:
    """Every connection to the broker breaks, three times."""
    assert bed.proxy is not None
    for _ in range(3):
        bed.proxy.cut()
        yield chance.uniform(0.2, 2.0)


def slow(bed: Bed, chance: random.Random) -> Iterator[float]:
    """Each piece of data takes a third of a second or so."""
    assert bed.proxy is not None
    bed.proxy.slow(chance.uniform(0.1, 0.5))
    yield chance.uniform(5.0, 12.0)
    bed.proxy.heal()


def away(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The broker refuses connections; for a minute, one time in four."""
    assert bed.proxy is not None
    bed.proxy.refuse()
    yield 60.0 if chance.random() < 0.25 else chance.uniform(5.0, 20.0)
    bed.proxy.heal()


def silent(bed: Bed, chance: random.Random) -> Iterator[float]:
    """Connections stay and nothing comes through; for a minute, one time in four."""
    assert bed.proxy is not None
    bed.proxy.silence()
    yield 60.0 if chance.random() < 0.25 else chance.uniform(5.0, 20.0)
    bed.proxy.heal()


def lonely(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The broker is out of reach for one worker past its session; then all it sent arrives."""
    assert bed.proxy is not None
    bed.proxy.isolate(bed.pick(chance).pid)
    yield SESSION_S + chance.uniform(3.0, 12.0)
    bed.proxy.heal()


def clock(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The clock of every worker jumps half an hour ahead, half an hour back, and is right again."""
    for jump in chance.sample(("+1800", "-1800"), 2):
        bed.clock.write_text(jump)
        yield chance.uniform(3.0, 6.0)
    bed.clock.write_text("+0")


def restart(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The broker is started anew, by the command that its owner gave."""
    subprocess.run(os.environ[RESTART], shell=True, check=True, timeout=120)
    yield 0.0


def poison(bed: Bed, chance: random.Random) -> Iterator[float]:
    """Messages that are no mentions, of each kind."""
    bed.poison += 1
    yield 0.0


def model_slow(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The scoring process gets a tenth of its time."""
    process = bed.pick(chance).scoring
    for _ in range(20):
        if process is None or not _signal(process, signal.SIGSTOP):
            break
        yield 0.45
        _signal(process, signal.SIGCONT)
        yield 0.05
    yield 0.0


def model_crash(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The scoring process ends, twice, while its worker goes on."""
    for _ in range(2):
        process = bed.pick(chance).scoring
        if process is not None:
            _signal(process, signal.SIGKILL)
        yield chance.uniform(0.5, 3.0)


def folder(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The state folder cannot be written, and a worker that ends finds it so."""
    state = bed.settings.state_dir
    shutil.rmtree(state, ignore_errors=True)
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text("a file where a folder should be")
    bed.pick(chance).signal(signal.SIGKILL)
    yield chance.uniform(4.0, 8.0)
    state.unlink(missing_ok=True)


def disk_full(bed: Bed, chance: random.Random) -> Iterator[float]:
    """The disk of the state folders is full; one time in two a worker that ends finds it so."""
    assert bed.disk is not None
    bed.disk.fill()
    yield chance.uniform(1.0, 4.0)
    if chance.random() < 0.5:
        bed.pick(chance).signal(signal.SIGKILL)
    yield chance.uniform(6.0, 15.0)
    bed.disk.clear()


def _sinks(mood: str) -> Fault:
    def fault(bed: Bed, chance: random.Random) -> Iterator[float]:
        bed.pager.hold_or_let_go(mood)
        bed.hook.hold_or_let_go(mood)
        yield chance.uniform(2.0, 4.0)
        # A webhook's second try comes after 5 minutes, as its specification has it.
        bed.hook.hold_or_let_go("")
        yield chance.uniform(1.0, 6.0)
        bed.pager.hold_or_let_go("")

    return fault


ALL: dict[str, Fault] = {
    "kill": kill,
    "kill_all": kill_all,
    "term": term,
    "stop": stop,
    "storm": storm,
    "cut": cut,
    "slow": slow,
    "away": away,
    "silent": silent,
    "lonely": lonely,
    "restart": restart,
    "poison": poison,
    "model_slow": model_slow,
    "model_crash": model_crash,
    "folder": folder,
    "disk_full": disk_full,
    "clock": clock,
    "sink_429": _sinks(sinks.TOO_MANY),
    "sink_500": _sinks(sinks.BROKEN),
    "sink_hang": _sinks(sinks.HANGS),
    "sink_drop": _sinks(sinks.HANGS_UP),
}
NETWORK = frozenset({"cut", "slow", "away", "silent", "lonely"})
"""They need the proxy, and so the embedded broker."""
UNREACHABLE = NETWORK | {"stop", "restart"}
"""After them a worker may have called a sink, and not have been able to say so."""


def possible() -> list[str]:
    """Names of the faults that can be made here."""
    named = os.environ.get(NAMED)
    left_out = NETWORK if named else frozenset()
    if not (named and os.environ.get(RESTART)):
        left_out |= {"restart"}
    if not FAKETIME.exists():
        left_out |= {"clock"}
    if not small_disk.possible() or not schedule.rocksdb():
        left_out |= {"disk_full"}
    return [name for name in ALL if name not in left_out]


def _signal(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.Error:
        return False
    return True
