"""`wardscribe stream`: play a file to a server at wall-clock speed and print every event with its time."""

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from time import monotonic

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_client.link import Link, dictation_url
from wardscribe_client.playback import play
from wardscribe_client.recording import read_recording
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.messages import ServerMessage


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
    spoken = options.language(arguments.lang)
    blocks = read_recording(arguments.file, max_minutes=settings.max_audio_minutes, warn=say)
    first_frame_at: list[float] = []

    def show(message: ServerMessage) -> None:
        at_ms = round((monotonic() - first_frame_at[0]) * 1000) if first_frame_at else 0
        event = json.loads(encode_message(message))
        sys.stdout.write(json.dumps(event | {"at_ms": at_ms}, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    link = Link(
        options.start(arguments.template, spoken, settings),
        url=dictation_url(arguments.url or settings.url),
        reconnect_s=settings.reconnect_seconds,
        credentials=options.credentials(settings),
        on_message=show,
    )
    record = asyncio.run(
        play(link, blocks, speed=arguments.speed, on_first_frame=lambda: first_frame_at.append(monotonic()))
    )
    sys.stdout.write(record.to_json() + "\n")
    sys.stdout.flush()
    return 0
