"""What was dictated while no server was there, sent one after the other, each as a dictation of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import Connection, DictationEvent, LinkState
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool, SpoolItem, Standing
from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.record import Record


@dataclass(frozen=True, slots=True)
class Uploading:
    """A dictation's turn has come; `left` wait behind it."""

    item: SpoolItem
    left: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The server has all of it, and this is what it made; `session` names the report."""

    item: SpoolItem
    session: str | None
    record: Record


@dataclass(frozen=True, slots=True)
class NotUploaded:
    """It was turned down; it is kept, and not tried again until `again` is called."""

    item: SpoolItem
    error: WardscribeError


UploadEvent = Uploading | Uploaded | NotUploaded | LinkState


class UploadQueue:
    """Runs beside whatever else happens; dictations that are open in a window are left alone."""

    def __init__(
        self,
        spool: Spool,
        *,
        server: ServerAccess,
        on_event: Callable[[UploadEvent], None] = lambda _: None,
        settings: SendingSettings | None = None,
        open_too: bool = False,
    ) -> None:
        """`open_too`: also those that were never ended, because their process was killed; they end where they are."""
        self._spool = spool
        self._server = server
        self._on_event = on_event
        self._settings = settings or SendingSettings()
        self._open_too = open_too
        self._turned_down: set[str] = set()
        self._more = asyncio.Event()

    def again(self) -> None:
        """Something new was kept, or what was turned down is worth another try."""
        self._turned_down.clear()
        self._more.set()

    async def run(self) -> None:
        """Send everything, and whatever is kept later on, until this is cancelled."""
        while True:
            self._more.clear()
            await self.send_all()
            await self._more.wait()

    async def send_all(self) -> int:
        """Send everything that waits now, oldest first; how many were sent."""
        sent = 0
        while waiting := [item for item in await asyncio.to_thread(self._spool.unsent) if self._wanted(item)]:
            self._on_event(Uploading(waiting[0], len(waiting) - 1))
            sent += await self._send(waiting[0])
        return sent

    def _wanted(self, item: SpoolItem) -> bool:
        ended = item.standing is Standing.UNSENT or (self._open_too and item.standing is Standing.OPEN)
        return ended and item.id not in self._turned_down

    async def _send(self, item: SpoolItem) -> bool:
        try:
            dictation = Dictation.resume(
                item.id, spool=self._spool, server=self._server, on_event=self._told, settings=self._settings
            )
        except InputError as error:  # a window has taken it up a moment ago
            return self._refused(item, error)
        async with dictation:
            try:
                record = await dictation.finish()
            except WardscribeError as error:
                return self._refused(item, error)
            self._on_event(Uploaded(item, dictation.session, record))
        return True

    def _refused(self, item: SpoolItem, error: WardscribeError) -> bool:
        self._turned_down.add(item.id)
        self._on_event(NotUploaded(item, error))
        return False

    def _told(self, event: DictationEvent) -> None:
        if isinstance(event, LinkState) and event.state is not Connection.RECONNECTING:
            self._on_event(event)
