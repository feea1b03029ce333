"""Finds the command, runs it, and turns what went wrong into one line and an exit code.

A command's module is imported only when it is asked for, so a desktop installation never touches an engine.
"""

import errno
import importlib
import logging
import os
import sys
import traceback
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from enum import IntEnum
from importlib.metadata import version
from io import TextIOWrapper
from typing import NoReturn

from wardscribe_cli.discretion import begin_logging, guard_process
from wardscribe_cli.notices import say
from wardscribe_client.config import LogSettings
from wardscribe_protocol.errors import ErrorCode, InputError, ServerUnreachableError, WardscribeError

COMMANDS = {
    "transcribe": "audio files to records",
    "fill": "dictated text to records",
    "serve": "run the dictation server",
    "stream": "play a file to a server as a microphone would",
    "dictate": "dictate with the microphone",
    "pair": "get a token for this device with a pairing code",
    "unsent": "dictations that no server has yet: list, send, discard",
    "demo": "watch a recorded dictation become a record",
    "format": "spoken form to written form, line by line",
    "correct": "recognised text to corrected text, line by line",
    "entities": "medical entities of each line, as JSON",
    "lexicon": "check tables of terms, add a term, explain a correction",
    "templates": "list, show, check, begin and import report templates",
    "check": "the pre-sign checks of a record file",
    "sessions": "what the server's journals hold: list them, take out the audio",
    "audit": "the log of access and change: verify it, list it",
    "doctor": "examine this machine: disk, keys, clock, models, port, certificate",
    "keys": "the keys that seal what is stored: show, rotate, wrap anew",
    "records": "the reports that are kept here: list, show, what was done to one",
    "retention": "delete audio and journals whose time is over",
    "tokens": "access tokens: create, list, revoke",
    "models": "list, fetch and verify model weights",
    "config": "the settings in force, and where each comes from",
}
_PACKAGES = ("wardscribe_cli", "wardscribe_client", "wardscribe_server")
_MODULES = {"format": "text", "correct": "text", "entities": "text"}
_EXTRAS = {"stream": "client", "dictate": "desktop", "pair": "desktop", "unsent": "client"}
_BAD_REQUEST = {
    ErrorCode.UNKNOWN_TEMPLATE,
    ErrorCode.UNKNOWN_LANGUAGE,
    ErrorCode.BAD_INPUT,
    ErrorCode.UNAUTHORIZED,
    ErrorCode.UNKNOWN_RECORD,
    ErrorCode.FORBIDDEN,
    ErrorCode.TOKEN_IN_URL,
}


class Exit(IntEnum):
    """Exit codes of the command."""

    DONE = 0
    CHECK_FAILED = 1
    BAD_USAGE = 2
    UNREACHABLE = 3
    INTERNAL = 4


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `wardscribe`; the exit code."""
    if arguments is None:
        guard_process()
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    try:
        return _run(given)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _silence_output()  # its reader has gone (`| head`): nothing is wrong
        return Exit.DONE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            return _internal(error)
        _silence_output()
        say("the disk is full; nothing half-written was left under a final name")
        return Exit.BAD_USAGE
    except WardscribeError as error:
        say(error.message)
        return _exit_code(error)
    except Exception as error:  # noqa: BLE001 - the process boundary
        return _internal(error)


def _speak_utf8() -> None:
    """Records and Chinese lines are UTF-8 whatever the terminal's locale says."""
    for stream, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def _silence_output() -> None:
    """What is still buffered can go nowhere; without this the interpreter fails on it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _internal(error: Exception) -> Exit:
    # Where, not what: an exception's text could hold spoken content.
    logging.getLogger("wardscribe_cli").debug("internal error\n%s", "".join(traceback.format_tb(error.__traceback__)))
    say(f"internal error ({type(error).__name__}); WARDSCRIBE_LOG_LEVEL=debug shows where")
    return Exit.INTERNAL


def _run(given: list[str]) -> int:
    begin_logging(logging.WARNING)
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(LogSettings().level)
    if not given or given[0] in ("-h", "--help"):
        sys.stdout.write(_overview() + "\n")
        return Exit.DONE if given else Exit.BAD_USAGE
    if given[0] == "--version":
        sys.stdout.write(version("wardscribe") + "\n")
        return Exit.DONE
    name = given[0]
    if name not in COMMANDS:
        raise InputError(f"unknown command {name!r}; one of: {', '.join(COMMANDS)}")
    try:
        command = importlib.import_module(f"wardscribe_cli.{_MODULES.get(name, name)}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("wardscribe_"):
            raise
        extra = _EXTRAS.get(name, "server")
        raise InputError(
            f"`wardscribe {name}` needs parts that are not installed: pip install 'wardscribe[{extra}]'"
        ) from error
    parser = _Parser(prog=f"wardscribe {name}", description=COMMANDS[name], formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(command=name)
    command.add_arguments(parser)
    return int(command.run(parser.parse_args(given[1:])))


def _exit_code(error: WardscribeError) -> Exit:
    if isinstance(error, ServerUnreachableError):
        return Exit.UNREACHABLE
    if isinstance(error, InputError) or error.code in _BAD_REQUEST:
        return Exit.BAD_USAGE
    return Exit.INTERNAL


def _overview() -> str:
    rows = "\n".join(f"  {name:<12}{about}" for name, about in COMMANDS.items())
    return f"usage: wardscribe COMMAND …\n\n{rows}\n\n`wardscribe COMMAND --help` tells more."


if __name__ == "__main__":
    sys.exit(main())
