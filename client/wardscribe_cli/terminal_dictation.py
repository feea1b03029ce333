"""A dictation in the terminal: the microphone until Ctrl-C, then the record."""

import asyncio
import signal
from argparse import Namespace

from rich.console import Console

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_client.capture import Capture
from wardscribe_client.config import ClientSettings
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import Connection, DictationEvent, LinkState
from wardscribe_client.link import dictation_url
from wardscribe_client.microphone import Microphone
from wardscribe_client.sending import ServerAccess
from wardscribe_client.spool import Spool, SpoolSettings
from wardscribe_client.spool_key import desktop_keyring
from wardscribe_client.terminal_view import TerminalView
from wardscribe_protocol.errors import ServerUnreachableError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Record


def client_spool(settings: ClientSettings) -> Spool:
    """The spool of this user.

    Raises: InputError when nothing can be kept there.
    """
    bounds = SpoolSettings(max_mib=settings.spool_max_mb, keep_days_after_signing=settings.spool_keep_days)
    return Spool.at(settings.spool, keyring=desktop_keyring(), settings=bounds)


def run_terminal(arguments: Namespace) -> int:
    """Show the dictation until Ctrl-C, then print the record."""
    settings = options.client_settings(arguments)
    language = options.language(arguments.lang)
    view = TerminalView(title=f"{arguments.template}, Ctrl-C ends", language=language)
    spool = client_spool(settings)
    waiting = spool.unsent()
    if waiting:
        say(f"{len(waiting)} earlier dictations are kept here and not sent: wardscribe unsent --send")
    server = ServerAccess(url=dictation_url(arguments.url or settings.url), credentials=options.credentials(settings))
    start = options.start(arguments.template, language, settings)
    with view.live(Console(stderr=True)):
        record = asyncio.run(_dictate(start, spool, server, view, arguments.input, wait_s=settings.reconnect_seconds))
    options.emit(record.to_json() + "\n", None)
    return 0


async def _dictate(
    start: Start, spool: Spool, server: ServerAccess, view: TerminalView, name: str | None, *, wait_s: float
) -> Record:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    connected = asyncio.Event()

    def take(event: DictationEvent) -> None:
        view.take(event)
        if isinstance(event, LinkState):
            (connected.set if event.state is Connection.CONNECTED else connected.clear)()

    async with (
        Capture(Microphone(name)) as capture,
        Dictation.begin(start, spool=spool, server=server, capture=capture, on_event=take) as dictation,
    ):
        dictation.record()
        ending, result = asyncio.create_task(stop.wait()), asyncio.create_task(dictation.result())
        try:
            await asyncio.wait({ending, result}, return_when=asyncio.FIRST_COMPLETED)
            dictation.stop()
            return await _record_or_leave(result, connected, dictation.id, wait_s=wait_s)
        finally:
            ending.cancel()
            result.cancel()
            await asyncio.gather(ending, result, return_exceptions=True)


async def _record_or_leave(
    result: "asyncio.Task[Record]", connected: asyncio.Event, dictation_id: str, *, wait_s: float
) -> Record:
    """The record, for as long as there is a server to make it.

    Raises: ServerUnreachableError saying that the dictation is kept.
    """
    while not result.done():
        await asyncio.wait([result], timeout=wait_s)
        if not result.done() and not connected.is_set():
            raise ServerUnreachableError(f"no server answers; the dictation is kept here, unsent, as {dictation_id}")
    return await result
