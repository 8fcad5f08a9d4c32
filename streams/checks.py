"""What has to be right before the stream can run; each check says how to mend what it finds."""

import asyncio
import os
import platform
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec
from aiohttp import web

from models.errors import ModelError
from scoring.errors import PolicyError
from streams import scorer
from streams.config import Settings, load
from streams.environment import variable
from streams.errors import BrokerError, ConfigError
from streams.kafka import clients, topics
from streams.kafka.topics import Status
from streams.web.origin import is_loopback
from streams.web.protection import protect

PYTHONS = ((3, 11), (3, 14))
"""First version that is supported, and first that is not."""


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Report(msgspec.Struct, frozen=True):
    """One check: what was found, and how to mend it (empty when there is nothing to mend)."""

    name: str
    outcome: Outcome
    text: str
    mend: str = ""


def run_all(environ: Mapping[str, str]) -> Iterator[Report]:
    """Every check, in the order in which to mend them; what rests on a failed one is left out."""
    yield python()
    try:
        settings = load(environ)
        clients.kafka_python(settings)
    except ConfigError as error:
        yield Report("settings", Outcome.FAIL, str(error), "correct or unset the variable")
        return
    count = len(settings.given)
    yield Report("settings", Outcome.OK, f"{count} from the environment, defaults for the rest")
    yield policy(settings)
    reached = broker(settings)
    yield reached
    if reached.outcome is Outcome.OK:
        yield from stream_topics(settings)
    yield model(settings)
    yield from ticket_sinks(settings)
    yield sources(settings)
    yield web_port(settings)
    yield web_tokens(settings)
    yield state_dir(settings)


def python() -> Report:
    """Is this a Python that is tested."""
    first, beyond = PYTHONS
    if first <= sys.version_info[:2] < beyond:
        return Report("python", Outcome.OK, f"{platform.python_version()} at {sys.executable}")
    return Report(
        "python",
        Outcome.WARN,
        f"{platform.python_version()} is not tested",
        f"use Python {first[0]}.{first[1]} to {beyond[0]}.{beyond[1] - 1}",
    )


def policy(settings: Settings) -> Report:
    """Can the policy be read."""
    from scoring.policy import load as load_policy

    try:
        found = load_policy(settings.policy)
    except PolicyError as error:
        return Report(
            "policy", Outcome.FAIL, str(error), "correct the file, or unset TOCSIN_POLICY"
        )
    return Report("policy", Outcome.OK, f"{found.label}, {settings.policy or 'built in'}")


def broker(settings: Settings) -> Report:
    """Does a broker answer."""
    try:
        clients.check_broker(settings)
    except BrokerError as error:
        text, _, mend = str(error).partition(": ")
        return Report("broker", Outcome.FAIL, text, mend or "see the broker's log")
    return Report("broker", Outcome.OK, f"{settings.broker} over {settings.security_protocol}")


def stream_topics(settings: Settings) -> Iterator[Report]:
    """Are the topics there as they should be."""
    try:
        states = topics.describe(settings)
    except BrokerError as error:
        yield Report("topics", Outcome.FAIL, str(error), "try again")
        return
    wrong = [state for state in states if state.status is not Status.OK]
    for state in wrong:
        text = f"{state.specification.name} is missing"
        if state.status is Status.DIFFERS:
            text = f"{state.specification.name} is not as it should be"
        yield Report("topics", Outcome.FAIL, text, state.note)
    if not wrong:
        yield Report("topics", Outcome.OK, f"all {len(states)} are as they should be")


def model(settings: Settings) -> Report:
    """Does the model artefact load."""
    try:
        # The transformer's libraries take seconds to import, and may be what is broken.
        from models.artefact import describe

        found = describe(settings.model)
    except ImportError as error:
        text = f"cannot be imported: {error}"
        if error.name in scorer.NEEDS:  # right in the image of the other roles
            return Report("model", Outcome.WARN, text, f"if it is to score, {scorer.ADVICE}")
        return Report("model", Outcome.FAIL, text, "reinstall tocsin")
    except ModelError as error:
        mend = "unset TOCSIN_MODEL" if settings.model else "reinstall tocsin, or set TOCSIN_MODEL"
        return Report("model", Outcome.FAIL, str(error), mend)
    return Report("model", Outcome.OK, f"{found.name} {found.digest}")


def ticket_sinks(settings: Settings) -> Iterator[Report]:
    """Are the sinks configured, their secrets there, and their addresses answered at."""
    from streams.sinks import reach

    try:
        tickets = reach.load(settings)
    except ConfigError as error:
        yield Report("sinks", Outcome.FAIL, str(error), "correct the policy file")
        return
    if not tickets.sinks:
        yield Report("sinks", Outcome.OK, "none: escalations stay in their topic")
    for name, sink in tickets.sinks.items():
        try:
            silent = reach.silent(sink)
        except ConfigError as error:
            yield Report("sinks", Outcome.FAIL, str(error), "name the secret, or set it")
            continue
        if silent:
            mend = f"check address and network, then run `tocsin sinks test {name}`"
            yield Report("sinks", Outcome.WARN, f"{name}: {', '.join(silent)}", mend)
        else:
            text = f"{name} ({sink.type}); `tocsin sinks test {name}` sends a marked test"
            yield Report("sinks", Outcome.OK, text)


def sources(settings: Settings) -> Report:
    """Is the file of sources right, and are their secrets there; asks none of them."""
    from streams.sources import settings as files
    from streams.sources import trial

    try:
        found = files.load(settings.sources)
        asyncio.run(trial.check(found, settings))
    except ConfigError as error:
        mend = "correct the file, or set the secret in the environment of the role sources"
        return Report("sources", Outcome.FAIL, str(error), mend)
    if not found.sources:
        return Report("sources", Outcome.OK, "none: mentions come from producers of your own")
    names = ", ".join(found.sources)
    return Report("sources", Outcome.OK, f"{names}; `tocsin sources test NAME` asks one")


def web_port(settings: Settings) -> Report:
    """Can the console listen where it is told to."""
    where = f"{settings.web_host}:{settings.web_port}"
    try:
        found = socket.getaddrinfo(settings.web_host, settings.web_port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        return Report("web", Outcome.FAIL, f"{where}: {error.strerror}", "set TOCSIN_WEB_HOST")
    except OSError as error:
        return Report(
            "web",
            Outcome.WARN,
            f"{where} cannot be listened on: {error.strerror}",
            "right if a worker runs there; else set TOCSIN_WEB_PORT or TOCSIN_WEB_HOST",
        )
    if settings.web_reads == "open" and not is_loopback(settings.web_host):
        text = f"{where} is free; whoever reaches it reads the cases"
        mend = "set TOCSIN_WEB_READS=token, or let only a proxy that asks for a login reach it"
        return Report("web", Outcome.WARN, text, mend)
    return Report("web", Outcome.OK, f"{where} is free")


def web_tokens(settings: Settings) -> Report:
    """Can the tokens of the web server be read."""
    try:
        protect(web.Application(), settings)
    except ConfigError as error:
        return Report("tokens", Outcome.FAIL, str(error), "correct the variable or the file")
    given = [
        variable(name)
        for name in ("web_token", "source_token")
        if getattr(settings, name) or getattr(settings, f"{name}_file")
    ]
    text = f"set: {', '.join(given)}" if given else "none: nothing can be changed over the web"
    return Report("tokens", Outcome.OK, text)


def state_dir(settings: Settings) -> Report:
    """Can the worker keep its state, with RocksDB's room; its lock is left to workers."""
    folder = settings.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        text = f"{folder} cannot be written: {error.strerror}"
        return Report("state", Outcome.FAIL, text, "set TOCSIN_STATE_DIR to a folder of your own")
    if settings.state_store != "rocksdb":
        return Report("state", Outcome.OK, f"{os.fspath(folder)} is writable")
    from streams.worker import disk
    from streams.worker import folder as folders

    try:
        disk.check()
        folders.probe(folder)
    except ConfigError as error:
        text, _, mend = str(error).partition(": ")
        return Report("state", Outcome.FAIL, text, mend)
    except OSError as error:
        text = f"{folder} has no room for RocksDB, a worker would wait: {error.strerror}"
        return Report("state", Outcome.FAIL, text, "make room, or set TOCSIN_STATE_DIR")
    text = f"{os.fspath(folder)} is writable and has the room that RocksDB wants"
    return Report("state", Outcome.OK, text)
