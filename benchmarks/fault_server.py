#!/usr/bin/env python3
"""Servers to be killed: loads what is slow once, then forks a real server process each time it is told to.

Commands come line by line on standard input (`start ENGINE`); what happens is said on standard output (`ready PID`,
`gone PID CODE`). A server is a process with its own memory, files and sockets; only the read-only
tables are shared with the process that forked it. It notes which bytes of which file were synced, so that whoever
kills it can take away what a power cut would have taken.
"""

import argparse
import asyncio
import datetime as dt
import json
import logging
import mmap
import os
import signal
import stat
import struct
import sys
import time
from pathlib import Path

from fault_engine import FailingRecogniser, KnowingRecogniser, known_recording

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE
from wardscribe_server.app import Server
from wardscribe_server.assembly import Readers, build_recogniser
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Recogniser
from wardscribe_server.journal.entries import Entry
from wardscribe_server.journal.sessions import SessionsFolder
from wardscribe_server.pipeline.events import Audio

KNOWING, WHISPER = "knowing", "whisper"
_HEAD = struct.Struct("<dq")  # how far the wall clock is off, decodes that are to fail
_SLOT = struct.Struct("<QQ")  # inode, bytes that are on stable storage
_SLOTS = 16_384


class Board:
    """Memory that the servers and those who torment them share through a file; it outlives them."""

    def __init__(self, path: Path) -> None:
        size = _HEAD.size + _SLOTS * _SLOT.size
        with path.open("a+b") as file:
            file.truncate(size)
            self._memory = mmap.mmap(file.fileno(), size)
        self._slots: dict[int, int] = {}

    @property
    def clock_off_s(self) -> float:
        """How far the servers' wall clock is off."""
        return float(_HEAD.unpack_from(self._memory)[0])

    def set_clock(self, off_s: float) -> None:
        """Put the servers' wall clock wrong."""
        _HEAD.pack_into(self._memory, 0, off_s, _HEAD.unpack_from(self._memory)[1])

    def fail(self, times: int) -> None:
        """Let so many decodes fail from now on."""
        _HEAD.pack_into(self._memory, 0, self.clock_off_s, times)

    def take(self) -> bool:
        """Whether the decode that is about to run is to fail."""
        off_s, due = _HEAD.unpack_from(self._memory)
        if due > 0:
            _HEAD.pack_into(self._memory, 0, off_s, due - 1)
        return bool(due > 0)

    def note_synced(self, inode: int, size: int) -> None:
        """A file is on stable storage up to here."""
        if inode not in self._slots:
            self._slots = self._read()
        at = self._slots.setdefault(inode, len(self._slots))
        _SLOT.pack_into(self._memory, _HEAD.size + at * _SLOT.size, inode, size)

    def synced(self) -> dict[int, int]:
        """Bytes on stable storage, by inode."""
        entries = (_SLOT.unpack_from(self._memory, _HEAD.size + at * _SLOT.size) for at in range(_SLOTS))
        return {inode: size for inode, size in entries if inode}

    def _read(self) -> dict[int, int]:
        return {inode: at for at, inode in enumerate(self.synced())}


def main() -> None:
    """Load, then do as told until standard input ends."""
    arguments = _parser().parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    settings = ServerSettings(
        host="127.0.0.1",
        port=arguments.port,
        data=arguments.data,
        min_free_mb=0,
        lease_seconds=600,
        busy_seconds=60,
        threads=1,
        workers=1,
    )
    import onnxruntime  # noqa: F401 - imported once for all servers; it starts no thread by itself

    readers = Readers(settings)
    readers.warm()
    board = Board(arguments.board)
    signal.signal(signal.SIGCHLD, _reap)
    for line in sys.stdin:
        engine = line.strip().removeprefix("start ")
        if not os.fork():
            _serve(settings, readers, board, arguments, engine)


def _serve(
    settings: ServerSettings, readers: Readers, board: Board, arguments: argparse.Namespace, engine: str
) -> None:
    """What a forked process does; it does not come back."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(0)
        logging.basicConfig(filename=arguments.log, level=logging.INFO, format=f"{os.getpid()} %(message)s")
        _note_syncs(board)
        _shift_clock(board)
        if arguments.journal == "memory":
            _keep_nothing()
        recogniser = FailingRecogniser(_recogniser(settings, arguments, engine), board)
        server = Server(settings, recogniser=recogniser, readers=readers)
        asyncio.run(server.run(on_ready=lambda: _say(f"ready {os.getpid()}")))
        code = 0
    except BaseException as error:  # noqa: BLE001 - the process boundary of a fork: nothing may run on in it
        logging.getLogger(__name__).error("server failed: %s: %s", type(error).__name__, error)
    finally:
        os._exit(code)


def _recogniser(settings: ServerSettings, arguments: argparse.Namespace, engine: str) -> Recogniser:
    if engine == WHISPER:
        return build_recogniser(settings)
    entries = json.loads(arguments.recordings.read_text(encoding="utf-8"))
    return KnowingRecogniser(
        [
            known_recording(Language(entry["language"]), Path(entry["pcm"]).read_bytes(), entry["text"])
            for entry in entries
        ]
    )


class MemoryJournal:
    """Takes what a journal takes and keeps none of it: what a server costs without one."""

    def __init__(self) -> None:
        self.samples = 0

    def add(self, entry: Entry) -> None:
        """Count it."""
        if isinstance(entry, Audio):
            self.samples += len(entry.pcm) // BYTES_PER_SAMPLE

    def sync(self) -> int:
        """Nothing is safe, and nobody waits for it."""
        return self.samples

    def close(self) -> None:
        """Nothing is open."""


def _keep_nothing() -> None:
    SessionsFolder.create = lambda *_: MemoryJournal()
    SessionsFolder.over = lambda *_, **__: None


def _note_syncs(board: Board) -> None:
    sync = os.fsync

    def noting(file: int) -> None:
        before = os.fstat(file)
        sync(file)
        if stat.S_ISREG(before.st_mode):
            board.note_synced(before.st_ino, before.st_size)

    os.fsync = noting


def _shift_clock(board: Board) -> None:
    """The wall clock of this process, wherever it is asked for; the monotonic one is as it was."""
    seconds, nanoseconds, real = time.time, time.time_ns, dt.datetime
    time.time = lambda: seconds() + board.clock_off_s
    time.time_ns = lambda: nanoseconds() + int(board.clock_off_s * 1e9)

    class ShiftedDatetime(real):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return real.now(tz) + dt.timedelta(seconds=board.clock_off_s)

    for name, module in list(sys.modules.items()):
        if name.startswith("wardscribe_") and getattr(module, "datetime", None) is real:
            module.datetime = ShiftedDatetime


def _reap(_signal: int, _frame: object) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say(f"gone {pid} {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--journal", choices=["disk", "memory"], default="disk")
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--board", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    return parser


if __name__ == "__main__":
    main()
