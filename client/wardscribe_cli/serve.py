"""`wardscribe serve`: run the dictation server until it is told to stop."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from wardscribe_cli import options
from wardscribe_server.app import Server

_SWITCH_S = 0.0005  # composing must not keep the interpreter from the event loop, which asks for it all the time


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe serve`."""
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (8760); 0 picks a free one")
    parser.add_argument("--model", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="where the recogniser runs")
    parser.add_argument("--compute-type", metavar="TYPE", help="CTranslate2 compute type")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of one decode")
    parser.add_argument("--workers", type=int, metavar="N", help="decodes at the same time")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder for records and their audio")
    options.add_habits(parser)
    parser.add_argument(
        "--no-lexicon", dest="lexicon", action="store_false", default=None, help="leave text as recognised"
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate chain in PEM; read anew on change")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key in PEM")
    for flag, what in (("--allow-plain", "encryption"), ("--allow-anonymous", "access tokens")):
        parser.add_argument(flag, action="store_true", default=None, help=f"let others reach the server without {what}")


def run(arguments: Namespace) -> int:
    """Load, listen, and say where on standard output: one line, `ws://HOST:PORT/v1/dictation` (`wss:` if encrypted)."""
    sys.setswitchinterval(_SWITCH_S)
    server = Server(options.server_settings(arguments), access=options.access_settings(arguments))
    server.warm()

    def say() -> None:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()

    asyncio.run(server.run(on_ready=say))
    return 0
