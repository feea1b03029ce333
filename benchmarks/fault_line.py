"""The line between one client and the server, to be cut, stalled, slowed and made deaf in one direction."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum


class Way(IntEnum):
    """Where bytes go."""

    UP = 0  # to the server
    DOWN = 1


@dataclass(eq=False)
class _Connection:
    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    dead: set[Way] = field(default_factory=set)  # nothing goes this way any more, and nobody is told


class Line:
    """A proxy on a port of its own. What it took and did not pass on is lost with the connection."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._delay_s = 0.0
        self._proxy: asyncio.Server | None = None
        self.made = 0

    async def start(self) -> int:
        """Listen; the port."""
        self._proxy = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        return int(self._proxy.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End everything that goes over the line."""
        if self._proxy is not None:
            self._proxy.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        """Whether there is a connection that carries anything."""
        return any(not connection.dead for connection in self._connections)

    def cut(self) -> None:
        """End every connection at once, in mid-message."""
        for connection in self._connections:
            for writer in connection.writers:
                writer.transport.abort()

    def kill_silently(self, *ways: Way) -> None:
        """The connections of now stay up and carry nothing these ways, ever."""
        for connection in self._connections:
            connection.dead.update(ways)

    def stall(self, seconds: float) -> None:
        """Nothing goes through for a while; then everything does."""
        self._open.clear()
        self._later(seconds, self._open.set)

    def slow(self, delay_s: float, seconds: float) -> None:
        """Every piece takes longer for a while."""
        self._delay_s = delay_s

        def quick() -> None:
            self._delay_s = 0.0

        self._later(seconds, quick)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            act()

        task = asyncio.create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        current = asyncio.current_task()
        assert current is not None
        self._tasks.add(current)
        current.add_done_callback(self._tasks.discard)
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self.made += 1
        connection = _Connection((writer, server_writer))
        self._connections.add(connection)
        pumps = [
            asyncio.create_task(self._pump(connection, Way.UP, reader, server_writer)),
            asyncio.create_task(self._pump(connection, Way.DOWN, server_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._connections.discard(connection)
            for side in connection.writers:
                # What one side said last may still be on its way to the other.
                with suppress(OSError, RuntimeError):
                    side.close()

    async def _pump(
        self, connection: _Connection, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(16_384):
                await self._open.wait()
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                if way in connection.dead:
                    continue
                writer.write(data)
                await writer.drain()
