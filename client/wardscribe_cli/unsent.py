"""`wardscribe unsent`: dictations that are kept on this machine because no server has them: list, send, discard."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_cli.terminal_dictation import client_spool
from wardscribe_client.link import LinkSettings, dictation_url
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool, SpoolItem, Standing
from wardscribe_client.upload import NotUploaded, Uploaded, UploadEvent, UploadQueue
from wardscribe_protocol.errors import InputError, WardscribeError

_ABOUT = {
    Standing.OPEN: "never ended, its program was killed",
    Standing.UNSENT: "ended, not sent",
    Standing.RECORDED: "sent, not signed",
    Standing.SIGNED: "sent and signed",
    Standing.DISCARDED: "discarded",
    Standing.IN_USE: "open in a window",
    Standing.UNREADABLE: "cannot be read",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe unsent`."""
    parser.add_argument("--all", action="store_true", help="list those that were sent too")
    parser.add_argument("--send", action="store_true", help="send all of them, each as a dictation of its own")
    parser.add_argument("--discard", metavar="ID", help="one that is not wanted: it goes a day later")
    parser.add_argument("--url", metavar="ws://HOST:PORT/v1/dictation", help="the server (WARDSCRIBE_URL)")
    options.add_credentials(parser)


def run(arguments: Namespace) -> int:
    """List, send or discard; 1 when one of them could not be sent."""
    settings = options.client_settings(arguments)
    spool = client_spool(settings)
    if arguments.discard is not None:
        spool.discard(arguments.discard)
    elif arguments.send:
        server = ServerAccess(
            url=dictation_url(arguments.url or settings.url), credentials=options.credentials(settings)
        )
        return _send(spool, server, wait_s=settings.reconnect_seconds)
    else:
        for item in spool.items():
            if arguments.all or item.unsent or item.standing is Standing.UNREADABLE:
                sys.stdout.write(_line(item) + "\n")
    return 0


def _send(spool: Spool, server: ServerAccess, *, wait_s: float) -> int:
    failed: list[WardscribeError] = []

    def show(event: UploadEvent) -> None:
        match event:
            case Uploaded():
                sys.stdout.write(f"{event.item.id}\tsent as {event.session}\n")
            case NotUploaded():
                failed.append(event.error)
                say(f"{event.item.id}: not sent: {event.error.message}")
            case _:
                pass

    settings = SendingSettings(reconnect_s=wait_s, link=LinkSettings())
    queue = UploadQueue(spool, server=server, on_event=show, settings=settings, open_too=True)
    asyncio.run(queue.send_all())
    if failed and not isinstance(failed[0], InputError):
        raise failed[0]
    return int(bool(failed))


def _line(item: SpoolItem) -> str:
    begun = f"{item.begun_at:%Y-%m-%d %H:%M}" if item.begun_at is not None else ""
    what = f"{item.start.template} {item.start.language}" if item.start is not None else ""
    about = item.problem or _ABOUT[item.standing]
    return "\t".join([item.id, begun, f"{item.seconds:.0f} s", what, about])
