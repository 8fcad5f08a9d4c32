"""A network that can be cut, slowed and silenced: a TCP proxy between workers and their broker.

A connection whose first request bears a client id that begins with `DIRECT` is left alone: the
harness itself goes on while the workers are cut off. Kafka's request header has it after size,
API key, version and correlation id (https://kafka.apache.org/protocol#protocol_messages).
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Self

import psutil

DIRECT = "harness"
_HEADER = 4 + 2 + 2 + 4 + 2
_CHUNK = 65_536


class Proxy:
    """`with Proxy(port) as proxy:` listens at `proxy.address`; `port()` is the broker's."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._pass = asyncio.Event()
        self._pass.set()
        self._delay_s = 0.0
        self._refuses = False
        self._lonely = 0
        self._together = asyncio.Event()
        self._together.set()
        self._cuttable: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *error: object) -> None:
        async def close() -> None:
            assert self._server is not None
            self._server.close()
            current = asyncio.current_task()
            tasks = [task for task in asyncio.all_tasks() if task is not current]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.1)  # what was aborted is closed in the next rounds

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Closes every connection; new ones are welcome."""
        self._loop.call_soon_threadsafe(self._close_all)

    def refuse(self) -> None:
        """The broker is away: connections are closed, new ones at once."""
        self._refuses = True
        self.cut()

    def silence(self) -> None:
        """The broker is out of reach: connections stay, and nothing comes through."""
        self._loop.call_soon_threadsafe(self._pass.clear)

    def isolate(self, pid: int) -> None:
        """The broker is out of reach for one process alone; what it sends comes in the end."""
        self._lonely = pid
        self._loop.call_soon_threadsafe(self._together.clear)

    def slow(self, delay_s: float) -> None:
        """Each piece of data waits for so long."""
        self._delay_s = delay_s

    def heal(self) -> None:
        """All is well again."""
        self._refuses = False
        self._delay_s = 0.0
        self._loop.call_soon_threadsafe(self._pass.set)
        self._loop.call_soon_threadsafe(self._together.set)

    def _close_all(self) -> None:
        for writer in list(self._cuttable):
            writer.transport.abort()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError), closing(back.transport):
            first = await near.readexactly(_HEADER)
            first += await near.readexactly(max(0, int.from_bytes(first[-2:], signed=True)))
            direct = first[_HEADER:].startswith(DIRECT.encode())
            if self._refuses and not direct:
                return
            far, forth = await asyncio.open_connection("127.0.0.1", self._port())
            if not direct:
                self._cuttable |= {back, forth}
            try:
                port = 0 if direct else back.get_extra_info("peername")[1]
                await self._free(port)
                forth.write(first)
                pumps = [self._pump(near, forth, port), self._pump(far, back, port)]
                await asyncio.gather(*pumps)
            finally:
                self._cuttable -= {back, forth}
                forth.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._free(port)
            writer.write(chunk)
            await writer.drain()
        raise ConnectionResetError("one side closed")

    async def _free(self, port: int) -> None:
        """Returns when data of the client at `port` may pass; 0 is the harness itself."""
        if not port:
            return
        await self._pass.wait()
        if not self._together.is_set() and port in _ports(self._lonely):
            await self._together.wait()
        if self._delay_s:
            await asyncio.sleep(self._delay_s)


def _ports(pid: int) -> set[int]:
    """The ports from which a process speaks."""
    try:
        return {found.laddr.port for found in psutil.Process(pid).net_connections("tcp")}
    except psutil.Error:
        return set()
