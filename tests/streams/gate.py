"""A door before a broker, as a secured listener is to its clients: TLS, SASL or both.

It ends TLS with the certificate that it is given and speaks Kafka's SASL exchange
(https://kafka.apache.org/protocol#sasl_handshake): PLAIN by comparison, SCRAM with scramp's server.
Whoever is let in is connected through to the broker behind; nobody else is heard, but for
ApiVersions, which comes before the login.
"""

import asyncio
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from scramp import ScramException, ScramMechanism

from streams.kafka import embedded
from tests.streams.helpers import eventually

API_VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
BAD_MECHANISM, NOT_AUTHENTICATED = 33, 58
FLEXIBLE_FROM = 2
"""Version of SaslAuthenticate from which lengths are varints and tagged fields follow (KIP-482)."""


class Gate:
    """Listens on a free loopback port, in a thread of its own; `port` is it."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        mechanism: str = "",
        user: tuple[str, str] = ("", ""),
    ) -> None:
        self._tls, self._mechanism, self._user = tls, mechanism, user
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.behind = 0
        """Port of the broker, which may be known later than ours."""
        self.let_in = 0
        self._thread.start()
        starting = asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=tls)
        server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port: int = server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Ends every connection, then the thread."""
        asyncio.run_coroutine_threadsafe(_end_others(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        closing = (ConnectionError, asyncio.IncompleteReadError, OSError)
        with suppress(*closing):
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.behind)
            try:
                if not self._mechanism or await self._login(
                    reader, writer, inner_reader, inner_writer
                ):
                    self.let_in += 1
                    await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
            finally:
                inner_writer.close()
                writer.close()

    async def _login(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        inner_reader: asyncio.StreamReader,
        inner_writer: asyncio.StreamWriter,
    ) -> bool:
        """Whether the client is who it says; until then it hears nothing of the broker."""
        exchange = _Exchange(self._mechanism, self._user)
        while not exchange.done:
            frame = await _frame(reader)
            key, version = struct.unpack(">hh", frame[:4])
            if key == API_VERSIONS:
                inner_writer.write(_framed(frame))
                answer = await _frame(inner_reader)
            elif key == HANDSHAKE:
                answer = frame[4:8] + _handshake(_body(frame), self._mechanism)
            elif key == AUTHENTICATE:
                answer = frame[4:8] + exchange.answer(_body(frame), version)
            else:
                return False
            writer.write(_framed(answer))
            await writer.drain()
            if exchange.failed:
                return False
        return True


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Exchange:
    """One client's login."""

    def __init__(self, mechanism: str, user: tuple[str, str]) -> None:
        self._user = user
        self._scram = None
        if mechanism.startswith("SCRAM"):
            kind = ScramMechanism(mechanism)
            info: Any = kind.make_auth_info(user[1])
            self._scram = kind.make_server(lambda name: info if name == user[0] else _nobody(kind))
        self._rounds = 0
        self.done = self.failed = False

    def answer(self, body: bytes, version: int) -> bytes:
        """The next message of the server, in the version that the client speaks."""
        flexible = version >= FLEXIBLE_FROM
        given = body[1 + _varint(body[1:])[1] : -1] if flexible else body[4:]
        try:
            said = self._next(given)
        except (ScramException, PermissionError, UnicodeDecodeError):
            self.failed = True
            return _result(NOT_AUTHENTICATED, "Authentication failed", b"", version)
        return _result(0, None, said, version)

    def _next(self, given: bytes) -> bytes:
        self._rounds += 1
        if self._scram is None:
            if given.split(b"\0")[1:] != [part.encode() for part in self._user]:
                raise PermissionError
            self.done = True
            return b""
        if self._rounds == 1:
            self._scram.set_client_first(given.decode())
            return self._scram.get_server_first().encode()
        self._scram.set_client_final(given.decode())
        self.done = True
        return self._scram.get_server_final().encode()


def _nobody(kind: ScramMechanism) -> Any:
    return kind.make_auth_info("whatever, as long as it is not known")


def _handshake(body: bytes, mechanism: str) -> bytes:
    wanted = body[2:].decode()
    name = mechanism.encode()
    error = 0 if wanted == mechanism else BAD_MECHANISM
    return struct.pack(">hih", error, 1, len(name)) + name


def _result(error: int, message: str | None, said: bytes, version: int) -> bytes:
    text = message.encode() if message else b""
    if version >= FLEXIBLE_FROM:
        told = bytes([len(text) + 1]) + text if message else b"\0"
        size = len(said) + 1
        length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
        # the header's tagged fields, the body, its session lifetime and tagged fields
        return b"\0" + struct.pack(">h", error) + told + length + said + b"\0" * 9
    told = struct.pack(">h", len(text)) + text if message else b"\xff\xff"
    lifetime = b"\0" * 8 if version == 1 else b""
    return struct.pack(">h", error) + told + struct.pack(">i", len(said)) + said + lifetime


def _body(frame: bytes) -> bytes:
    """What follows the header: key, version, correlation id, client id."""
    (size,) = struct.unpack(">h", frame[8:10])
    return frame[10 + max(0, size) :]


def _varint(raw: bytes) -> tuple[int, int]:
    """A varint, and how many bytes it takes."""
    value = 0
    for at, byte in enumerate(raw):
        value |= (byte & 127) << 7 * at
        if byte < 128:
            return value, at + 1
    return value, len(raw)


def _framed(frame: bytes) -> bytes:
    return struct.pack(">i", len(frame)) + frame


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, OSError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    writer.close()


@contextmanager
def broker_behind(gate: Gate) -> Iterator[str]:
    """`localhost:port` of the gate, with an embedded broker behind that tells clients of it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        gate.behind = probe.getsockname()[1]
    inner, outer = f"tcp://127.0.0.1:{gate.behind}", f"tcp://localhost:{gate.port}"
    command = [embedded._binary(), "broker", "--listener-url", inner]
    command += ["--advertised-listener-url", outer, "--storage-engine", "memory://tansu/"]
    launched = [sys.executable, "-I", "-S", "-c", embedded.LAUNCHER, str(os.getpid()), *command]
    process = subprocess.Popen(launched, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _listens(gate.behind), 20)
        yield f"localhost:{gate.port}"
    finally:
        process.kill()
        process.wait()
        gate.close()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
