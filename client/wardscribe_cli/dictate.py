"""`wardscribe dictate`: the window to dictate in; with `--terminal`, the microphone in the terminal."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_cli.terminal_dictation import run_terminal
from wardscribe_client.config import ClientSettings, DesktopSession
from wardscribe_client.file_device import FileDevice
from wardscribe_protocol.errors import InputError

_LIBRARIES = "libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libxcb-cursor0"


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe dictate`."""
    options.add_dictation(parser, required=False)
    options.add_credentials(parser)
    parser.add_argument("--url", metavar="ws://HOST:PORT/v1/dictation", help="the server (WARDSCRIBE_URL)")
    parser.add_argument("--input", metavar="NAME", help="input device; the system's default otherwise")
    parser.add_argument("--terminal", action="store_true", help="in the terminal until Ctrl-C, without a window")
    parser.add_argument("--recording", type=Path, metavar="FILE", help="play a recording as if it were the microphone")


def run(arguments: Namespace) -> int:
    """The window until it is closed; in the terminal, the dictation until Ctrl-C and then the record."""
    if arguments.terminal:
        if arguments.template is None or arguments.lang is None:
            raise InputError("in the terminal, say --template ID and --lang en|zh; see wardscribe dictate --help")
        if arguments.recording is not None:
            raise InputError("--recording is for the window; `wardscribe stream FILE` plays one in the terminal")
        return run_terminal(arguments)
    return _run_window(arguments)


def _run_window(arguments: Namespace) -> int:
    if not DesktopSession().shows_windows(sys.platform):
        raise InputError("there is no display to show a window on; --terminal dictates without one")
    try:
        from wardscribe_client.desktop.app import Opening
        from wardscribe_client.desktop.app import run as run_desktop
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("wardscribe_"):
            raise
        raise InputError(
            "the window needs parts that are not installed: pip install 'wardscribe[desktop]'; "
            "--terminal dictates without it"
        ) from error
    except ImportError as error:
        raise InputError(f"the window needs libraries of the system: apt install {_LIBRARIES}") from error
    settings = options.client_settings(arguments)
    if arguments.url is not None:
        settings = settings.model_copy(update={"url": arguments.url})
    opening = Opening(
        template=arguments.template,
        language=options.language(arguments.lang) if arguments.lang is not None else None,
        microphone=arguments.input,
        device=_recording(arguments.recording, settings) if arguments.recording is not None else None,
    )
    return run_desktop(settings, opening)


def _recording(path: Path, settings: ClientSettings) -> FileDevice:
    device = FileDevice(path, max_minutes=settings.max_audio_minutes, warn=say)
    device.open()  # what is no recording is said now, and not in the window
    return device
