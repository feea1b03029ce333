"""A server as a process of its own: started, watched and stopped; processor time and memory of it and its children.

Owns processes and what Linux says of them in /proc; knows no protocol.
"""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_WATCH_EVERY_S = 0.5
_STOP_WITHIN_S = 10.0
_LOG_TAIL_BYTES = 2000
_ANSWER_WITHIN_S = 1.0


class ServerFailed(Exception):
    """A server did not start; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a server had used at one moment."""

    cpu_s: float
    memory_mb: float


class ServerProcess:
    """One running server."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, log: Path) -> None:
        self._process = process
        self._log = log
        self._ended = threading.Event()
        self.peak_memory_mb = 0.0
        self.memory: list[tuple[float, float]] = []  # seconds since the start, MiB; one in a few seconds
        self._started = time.monotonic()
        self._watching = threading.Thread(target=self._watch, name="server-memory", daemon=True)
        self._watching.start()

    def used(self) -> Usage:
        """Processor seconds so far and memory now, of the process and everything below it; zeros without /proc."""
        cpu_s = memory_mb = 0.0
        for pid in _family(self._process.pid):
            with suppress(OSError, IndexError, ValueError):
                fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                cpu_s += sum(int(ticks) for ticks in fields[11:15]) / _TICKS_A_SECOND
                pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
                memory_mb += pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        return Usage(cpu_s, memory_mb)

    def wait_for(self, is_ready: "ReadyCheck", *, within_s: float) -> None:
        """Wait until it answers.

        Raises: ServerFailed.
        """
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise ServerFailed(f"the server ended with code {self._process.returncode}: {self._last_words()}")
            if is_ready():
                return
            time.sleep(0.1)
        raise ServerFailed(f"the server did not answer within {within_s:g} s: {self._last_words()}")

    def stop(self) -> None:
        """End it, by force when it does not want to."""
        self._ended.set()
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._watching.join()

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH_EVERY_S):
            used = self.used()
            self.peak_memory_mb = max(self.peak_memory_mb, used.memory_mb)
            at_s = time.monotonic() - self._started
            if not self.memory or at_s - self.memory[-1][0] >= 10 * _WATCH_EVERY_S:
                self.memory.append((at_s, used.memory_mb))

    def _last_words(self) -> str:
        with suppress(OSError):
            return self._log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
        return ""


class ReadyCheck:
    """Whether a server on a port of this machine is ready: it answers 200 to a path, or else listens at all."""

    def __init__(self, port: int, *, path: str | None) -> None:
        self._port = port
        self._path = path

    def __call__(self) -> bool:
        """Try once."""
        with suppress(OSError, HTTPException):
            if self._path is None:
                socket.create_connection(("127.0.0.1", self._port), timeout=_ANSWER_WITHIN_S).close()
                return True
            asking = HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_WITHIN_S)
            try:
                asking.request("GET", self._path)
                return asking.getresponse().status == HTTPStatus.OK
            finally:
                asking.close()
        return False


@contextmanager
def running(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, ready: ReadyCheck, within_s: float
) -> Iterator[ServerProcess]:
    """A server for as long as the block lasts; `folder` takes its log and is its working directory.

    Raises: ServerFailed.
    """
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=sink, stderr=subprocess.STDOUT
        )
    server = ServerProcess(process, log=log)
    try:
        server.wait_for(ready, within_s=within_s)
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(child) for child in task.read_text(encoding="utf-8").split()]
    return found
