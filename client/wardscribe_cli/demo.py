"""`wardscribe demo`: a real server, a recorded dictation at the speed of speech, and the record that comes out."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from wardscribe_cli import options
from wardscribe_client.link import Link
from wardscribe_client.playback import play
from wardscribe_client.recording import read_recording
from wardscribe_client.terminal_view import TerminalView
from wardscribe_protocol.errors import InputError, ServerUnreachableError

_STOP_WITHIN_S = 20
_PAIR = re.compile(r"\[\s+(\d+),\s+(\d+)\s+\]")  # spans on one line


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe demo`."""
    parser.add_argument("--lang", default="en", metavar="en|zh", help="which of the two dictations")
    parser.add_argument(
        "--dictations", type=Path, default=Path("tests/dictations"), metavar="DIR", help="folder with the recordings"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="1.0 is the speed at which it was spoken")


def run(arguments: Namespace) -> int:
    """Start a server, play, show, print the record and where it was saved."""
    language = options.language(arguments.lang)
    settings, client = options.server_settings(Namespace()), options.client_settings()
    file, template = _dictation(arguments.dictations, language.value)
    console = Console(stderr=True)
    with _server(console) as url:
        view = TerminalView(title=f"{file.name} as {template}", language=language)
        link = Link(
            options.start(template, language, client),
            url=url,
            reconnect_s=client.reconnect_seconds,
            credentials=options.credentials(client),
            on_message=view.take,
        )
        blocks = read_recording(file, max_minutes=settings.max_audio_minutes, warn=console.print)
        with view.live(console):
            record = asyncio.run(play(link, blocks, speed=arguments.speed))
    pretty = json.dumps(json.loads(record.to_json()), ensure_ascii=False, indent=2)
    sys.stdout.write(_PAIR.sub(r"[\1, \2]", pretty) + "\n")
    sys.stdout.flush()
    console.print(f"Saved with its audio in {settings.data / 'sessions' / (view.session or '')}", soft_wrap=True)
    return 0


def _dictation(folder: Path, language: str) -> tuple[Path, str]:
    try:
        table = tomllib.loads((folder / "dictations.toml").read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{folder}: no dictations here; run from the checkout or give --dictations") from error
    for name, about in table.items():
        if about["language"] == language:
            return folder / f"{name}.flac", str(about["template"])
    raise InputError(f"{folder}: no dictation in {language}")


@contextmanager
def _server(console: Console) -> Iterator[str]:
    """A server on a free port, ended with the block; its address."""
    with console.status("Loading models"):
        process = subprocess.Popen(
            [sys.executable, "-m", "wardscribe_cli", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env={"WARDSCRIBE_LOG_LEVEL": "warning", **os.environ},  # its log would run through the live view
        )
        assert process.stdout is not None
        url = process.stdout.readline().strip()
    try:
        if not url:
            raise ServerUnreachableError("the server did not start; what it said is above")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
