"""A connection that can be cut: a TCP forwarder between a browser and a worker."""

import contextlib
import socket
import socketserver
import threading
from types import TracebackType
from typing import Any, Self


class Cable:
    """`with Cable(port) as cable:` forwards from `cable.port` to `port` on loopback."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._whole = threading.Event()
        self._whole.set()
        self._ends: list[socket.socket] = []
        self._lock = threading.Lock()
        cable = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                cable._forward(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.cut()

    def cut(self) -> None:
        """Ends every connection and takes no new one."""
        with self._lock:
            self._whole.clear()
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Takes connections again."""
        with self._lock:
            self._ends.clear()
            self._whole.set()

    def _forward(self, near: Any) -> None:
        if not self._whole.is_set():
            return
        with socket.create_connection(("127.0.0.1", self._to)) as far:
            with self._lock:
                if not self._whole.is_set():
                    return  # cut while it was being made
                self._ends += [near, far]
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            _pump(near, far)
            back.join()


def _pump(source: Any, target: Any) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
