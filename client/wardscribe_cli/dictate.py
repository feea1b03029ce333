"""`wardscribe dictate`: dictate with the microphone, in the terminal."""

from argparse import ArgumentParser, Namespace

from wardscribe_cli import options
from wardscribe_cli.terminal_dictation import run_terminal


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe dictate`."""
    options.add_dictation(parser)
    options.add_credentials(parser)
    parser.add_argument("--url", metavar="ws://HOST:PORT/v1/dictation", help="the server (WARDSCRIBE_URL)")
    parser.add_argument("--input", metavar="NAME", help="input device; the system's default otherwise")


def run(arguments: Namespace) -> int:
    """Show the dictation until Ctrl-C, then print the record."""
    return run_terminal(arguments)
