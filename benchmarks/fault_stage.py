"""Servers, clients and lines as processes and sockets: started, killed, and put away at the end."""

import asyncio
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fault_line import Line
from fault_recordings import Recording
from fault_server import Board

_HERE = Path(__file__).resolve().parent
_LOADED_WITHIN_S = 120.0
_GONE_WITHIN_S = 30.0


class StageError(Exception):
    """A process did not do what the harness needs; nothing can be said about the server."""


class Stage:
    """One data folder, the server that works on it now, and what it takes to make another."""

    def __init__(
        self, folder: Path, recordings: Mapping[str, Recording], *, engine: str, journal: str = "disk"
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data = folder / "data"
        self.port = _steady_port()
        self.board = Board(folder / "board")
        self.pcm = {name: folder / f"{name}.pcm" for name in recordings}
        for name, path in self.pcm.items():
            path.write_bytes(recordings[name].pcm())
        self._recordings = recordings
        self.engine = engine  # of the next server
        self._journal = journal
        self._nursery: asyncio.subprocess.Process | None = None
        self._lines: asyncio.Task[None] | None = None
        self._said: asyncio.Queue[str] = asyncio.Queue()
        self.server_pid = 0
        self.servers = 0

    async def start(self) -> None:
        """Load everything and start the first server."""
        known = [
            {"language": one.language.value, "pcm": str(self.pcm[name]), "text": one.text}
            for name, one in self._recordings.items()
        ]
        (self.folder / "recordings.json").write_text(json.dumps(known), encoding="utf-8")
        flags = {
            "--journal": self._journal,
            "--recordings": self.folder / "recordings.json",
            "--data": self.data,
            "--board": self.folder / "board",
            "--log": self.folder / "server.log",
            "--port": self.port,
        }
        command = [
            sys.executable,
            str(_HERE / "fault_server.py"),
            *(str(part) for pair in flags.items() for part in pair),
        ]
        with (self.folder / "nursery.log").open("ab") as log:
            self._nursery = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        self._lines = asyncio.create_task(self._listen())
        await self.start_server()

    async def start_server(self) -> None:
        """Another server on the same data and port."""
        self._tell(f"start {self.engine}")
        said = await self._wait("ready", within_s=_LOADED_WITHIN_S)
        self.server_pid = int(said.split()[1])
        self.servers += 1

    async def end_server(self, by: signal.Signals) -> None:
        """Send the server a signal and wait until it is gone."""
        os.kill(self.server_pid, by)
        await self._wait(f"gone {self.server_pid}", within_s=_GONE_WITHIN_S)
        self.server_pid = 0

    async def freeze_server(self, seconds: float) -> None:
        """Stop the whole process for a while."""
        os.kill(self.server_pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(self.server_pid, signal.SIGCONT)

    def limit_files(self, max_bytes: int | None) -> None:
        """Writes of the server beyond this size fail; None lifts the limit."""
        soft = resource.RLIM_INFINITY if max_bytes is None else max_bytes
        resource.prlimit(self.server_pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    def largest_journal_bytes(self) -> int:
        """Size of the largest journal now."""
        return max((path.stat().st_size for path in self.data.glob("sessions/*/journal")), default=0)

    async def close(self) -> None:
        """End what was started."""
        if self.server_pid:
            with suppress(ProcessLookupError):
                os.kill(self.server_pid, signal.SIGKILL)
        if self._nursery is not None:
            assert self._nursery.stdin is not None
            self._nursery.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nursery.wait(), _GONE_WITHIN_S)
            if self._nursery.returncode is None:
                self._nursery.kill()
                await self._nursery.wait()
        if self._lines is not None:
            await self._lines

    def _tell(self, line: str) -> None:
        assert self._nursery is not None
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(f"{line}\n".encode())

    async def _listen(self) -> None:
        assert self._nursery is not None
        assert self._nursery.stdout is not None
        async for line in self._nursery.stdout:
            self._said.put_nowait(line.decode().strip())
        self._said.put_nowait("end")

    async def _wait(self, wanted: str, *, within_s: float) -> str:
        try:
            async with asyncio.timeout(within_s):
                while not (said := await self._said.get()).startswith(wanted):
                    if said == "end" or (wanted == "ready" and said.startswith("gone")):
                        raise StageError(f"no server: see {self.folder}/server.log and nursery.log")
                return said
        except TimeoutError:
            raise StageError(f"waited {within_s:g} s for {wanted!r}: see {self.folder}/server.log") from None


def _steady_port() -> int:
    """A free port that no outgoing connection is given while the server is down: below the range for those."""
    chance = random.SystemRandom()
    while True:
        port = chance.randrange(20_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Speaker:
    """One physician: dictates one recording after the other over a line of her own, by processes that may be killed."""

    def __init__(
        self, stage: Stage, line: Line, port: int, *, spools: Path, speed: float, client: str = "fault_client.py"
    ) -> None:
        self._stage = stage
        self._client = client
        self.line = line
        self._url = f"ws://127.0.0.1:{port}/v1/dictation"
        self._spools = spools
        self._speed = speed
        self._process: asyncio.subprocess.Process | None = None
        self._coming_back = asyncio.Event()
        self._killed = False
        self.now: Recording | None = None
        self.spool: Path | None = None  # of what is dictated now
        self.killed = 0

    @property
    def dictating(self) -> bool:
        """Whether there is a client process now."""
        return self._process is not None and not self._killed

    def kill(self) -> None:
        """End the client's process; `come_back` starts the next."""
        assert self._process is not None
        self._killed = True
        self._coming_back.clear()
        self.killed += 1
        with suppress(ProcessLookupError):
            self._process.kill()

    def come_back(self) -> None:
        """The next process may start."""
        self._coming_back.set()

    async def dictate(self, recording: Recording, spool: Path) -> None:
        """Play one recording to its end, over as many processes as it takes."""
        self.now, self.spool = recording, spool
        flags = {
            "--pcm": self._stage.pcm[recording.name],
            "--template": recording.template,
            "--language": recording.language.value,
            "--edits": json.dumps(recording.edits),
            "--speed": self._speed,
            "--url": self._url,
            "--spool": spool,
        }
        command = [
            sys.executable,
            str(_HERE / self._client),
            *(str(part) for pair in flags.items() for part in pair),
        ]
        with (self._stage.folder / "clients.log").open("ab") as log:
            while not (spool / "done").exists() and not (spool / "failed").exists():
                self._process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL, stderr=log)
                try:
                    code = await self._process.wait()
                except asyncio.CancelledError:
                    self._process.kill()
                    await self._process.wait()
                    raise
                finally:
                    self._process = None
                if self._killed:
                    await self._coming_back.wait()
                    self._killed = False
                elif code not in (0, 1):
                    raise StageError(f"a client ended with code {code}: see {self._stage.folder}/clients.log")
        self.now = None
