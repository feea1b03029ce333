"""`wardscribe stream`: play a file to a server at wall-clock speed and print every event with its time."""

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_client.capture import Capture
from wardscribe_client.config import ClientSettings
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import DictationEvent, Spooled
from wardscribe_client.file_device import FileDevice
from wardscribe_client.link import LinkSettings, dictation_url
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_client.spool_key import SpoolKey
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Record
from wardscribe_protocol.wire import FromServer


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe stream`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="wav, flac, mp3, m4a, ogg, opus or webm")
    parser.add_argument("--url", metavar="ws://HOST:PORT/v1/dictation", help="the server (WARDSCRIBE_URL)")
    options.add_dictation(parser)
    options.add_credentials(parser)
    parser.add_argument("--speed", type=float, default=1.0, help="1.0 is the speed at which it was spoken")


def run(arguments: Namespace) -> int:
    """Print events as JSON lines, then the record."""
    if not arguments.speed > 0:
        raise InputError("--speed must be more than 0")
    settings = options.client_settings(arguments)
    device = FileDevice(arguments.file, speed=arguments.speed, max_minutes=settings.max_audio_minutes, warn=say)
    device.open()
    start = options.start(arguments.template, options.language(arguments.lang), settings)
    with TemporaryDirectory(prefix="wardscribe-") as folder:
        # The recording itself is on disk, so what is spooled of it need not outlive this command.
        spool = Spool(Path(folder), key=SpoolKey.random())
        record = asyncio.run(_play(device, start, spool, settings, url=arguments.url or settings.url))
    sys.stdout.write(record.to_json() + "\n")
    sys.stdout.flush()
    return 0


async def _play(device: FileDevice, start: Start, spool: Spool, settings: ClientSettings, *, url: str) -> Record:
    first_frame_at: list[float] = []

    def show(event: DictationEvent) -> None:
        if isinstance(event, Spooled) and not first_frame_at:
            first_frame_at.append(monotonic())
        if not isinstance(event, FromServer):
            return
        at_ms = round((monotonic() - first_frame_at[0]) * 1000) if first_frame_at else 0
        told = json.loads(encode_message(event))
        sys.stdout.write(json.dumps(told | {"at_ms": at_ms}, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    async with (
        Capture(device) as capture,
        Dictation.begin(
            start,
            spool=spool,
            server=ServerAccess(url=dictation_url(url), credentials=options.credentials(settings)),
            capture=capture,
            on_event=show,
            settings=SendingSettings(reconnect_s=settings.reconnect_seconds, link=LinkSettings()),
        ) as dictation,
    ):
        return await dictation.played()
