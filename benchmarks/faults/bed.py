"""What a run needs: broker, proxy, topics, ticket systems, workers; all gone with its block."""

import base64
import os
import platform
import random
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from benchmarks.faults import sinks
from benchmarks.faults.members import Member
from benchmarks.faults.proxy import DIRECT, Proxy
from benchmarks.faults.sinks import Hook, Pager
from benchmarks.faults.watch import Watch
from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients, topics
from streams.kafka.embedded import EmbeddedBroker
from tests.streams.small_disk import SmallDisk, mounted

SESSION_S = 6.0
PARTITIONS = 3
NAMED = "TOCSIN_TEST_BROKER"
RESTART = "TOCSIN_TEST_BROKER_RESTART"
"""A broker of one's own, and the command that starts it anew."""
FAKETIME = Path(f"/usr/lib/{platform.machine()}-linux-gnu/faketime/libfaketimeMT.so.1")
"""A clock that can be set (Debian: faketime); without it no clock jumps."""
_KEY = "whsec_" + base64.b64encode(b"k" * 24).decode()


class Bed:
    """The parts of one run; faults act upon it."""

    def __init__(
        self,
        settings: Settings,
        direct: Settings,
        proxy: Proxy | None,
        pager: Pager,
        hook: Hook,
        folder: Path,
        *,
        jumps: bool,
        store: str,
        disk: SmallDisk | None,
    ) -> None:
        self.settings, self.direct, self.proxy = settings, direct, proxy
        self.pager, self.hook = pager, hook
        self.folder = folder
        self.disk = disk
        """Where the state folders are, if it can be filled."""
        self._on_disk = store == "rocksdb"
        self.members: list[Member] = []
        self.watch = Watch(direct, settings)
        self.poison = 0
        """Bad messages that are to be sent now."""
        self.clock = folder / "clock"
        policy = folder / "policy.toml"
        policy.write_text(sinks.policy(pager, hook))
        self._variables = {
            "TOCSIN_POLICY": str(policy),
            "TOCSIN_BATCH_SIZE": "64",
            "TOCSIN_LOG_FORMAT": "json",
            "PAGER_KEY": pager.routing_key,
            "HOOK_KEY": _KEY,
            "OMP_NUM_THREADS": "1",
        }
        if jumps:
            self.clock.write_text("+0")
            self._variables |= {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }

    def join(self, roles: str = "", **variables: str) -> Member:
        """Another worker."""
        if self._on_disk:  # each its own, which it finds again when it is started again
            own = self.settings.state_dir / f"worker-{len(self.members)}"
            variables |= {"TOCSIN_STATE_STORE": "rocksdb", "TOCSIN_STATE_DIR": str(own)}
        made = Member(self.settings, self.folder, roles, self._variables | variables)
        self.members.append(made)
        return made

    def pick(self, chance: random.Random) -> Member:
        """One of the workers that are up, stay, and are not stopped."""
        up = [member for member in self.members if member.up and member.wanted]
        free = [member for member in up if not member.stopped]
        return chance.choice(free or up or self.members)

    def supervise(self) -> None:
        """Starts again what ended."""
        for member in self.members:
            member.supervise()

    @property
    def ready(self) -> bool:
        """Whether every worker that stays is."""
        return all(member.ready for member in self.members if member.wanted)

    def close(self) -> None:
        """Ends the workers."""
        for member in self.members:
            member.clean()
        self.watch.__exit__(None, None, None)


@contextmanager
def made(
    folder: Path,
    roles: Sequence[str],
    *,
    jumps: bool = False,
    store: str = "memory",
    small: bool = False,
) -> Iterator[Bed]:
    """A bed with a worker for each of `roles` (empty: all), whose clock `jumps` when told to.

    Their state is in `store`; the disk of their state folders can be filled where it is `small`.
    """
    own = f"f{uuid.uuid4().hex[:10]}."
    with ExitStack() as stack:
        disk = stack.enter_context(mounted(folder / "disk")) if small else None
        proxy: Proxy | None = None
        if named := os.environ.get(NAMED):
            seen = direct = named
        else:
            broker: EmbeddedBroker | None = None
            proxy = stack.enter_context(Proxy(lambda: broker.port if broker else 0))
            broker = EmbeddedBroker(advertised=proxy.address)
            # The first question that the broker is asked, whether it is there, passes through.
            stack.enter_context(broker)
            seen, direct = proxy.address, broker.address
        settings = Settings(
            broker=seen,
            topic_prefix=own,
            group_prefix=own + "group",
            state_dir=folder / "disk" / "state",
            partitions=PARTITIONS,
            session_timeout_s=SESSION_S,
        )
        harness = msgspec.structs.replace(settings, broker=direct, group_prefix=f"{DIRECT}-{own}")
        topics.create(msgspec.structs.replace(settings, broker=direct))
        if proxy is None:
            stack.callback(_delete, msgspec.structs.replace(settings, broker=direct))
        pager, hook = Pager(), Hook()
        for running in sinks.running(pager, hook):
            stack.enter_context(running)
        bed = Bed(
            settings, harness, proxy, pager, hook, folder, jumps=jumps, store=store, disk=disk
        )
        stack.callback(bed.close)
        for role in roles:
            bed.join(role)
        yield bed
        _tidy(bed)


def _delete(settings: Settings) -> None:
    """A broker of one's own is left as it was."""
    with suppress(BrokerError), clients.admin(settings) as client:
        client.delete_topics([topic.name for topic in topics.plan(settings)])


def _tidy(bed: Bed) -> None:
    """The folder that a fault took away is back before anything else looks for it."""
    if bed.settings.state_dir.is_file():
        bed.settings.state_dir.unlink()
    shutil.rmtree(bed.settings.state_dir, ignore_errors=True)
