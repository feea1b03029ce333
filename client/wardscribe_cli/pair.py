"""`wardscribe pair ADDRESS [CODE]`: this device gets a token of its own for a server, and uses it from then on."""

import sys
from argparse import ArgumentParser, Namespace
from getpass import getpass
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_client.address import server_address
from wardscribe_client.credentials import Credentials
from wardscribe_client.pairing import pair
from wardscribe_client.workstation import Workstation


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe pair`."""
    parser.add_argument(
        "address", metavar="ADDRESS", help="the server, such as https://dictation.hospital.example:8760"
    )
    parser.add_argument("code", nargs="?", metavar="CODE", help="the pairing code; asked for when left out")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="authorities that vouch for the server, in PEM")
    parser.add_argument("--allow-plain", action="store_true", help="take a token from another machine unencrypted")


def run(arguments: Namespace) -> int:
    """Pair, and keep server and token."""
    workstation = Workstation.of(options.client_settings())
    server = server_address(arguments.address)
    ca = arguments.ca.absolute() if arguments.ca is not None else None
    paired = pair(server, _code(arguments.code), credentials=Credentials(ca=ca, allow_plain=arguments.allow_plain))
    workstation.tokens.keep(server, paired.token)
    workstation.store(workstation.preferences.changed(server=server.http, ca=ca, allow_plain=arguments.allow_plain))
    roles = ", ".join(paired.roles) or "no role"
    say(f"paired with {server.http} as {paired.user} ({roles}) until {paired.until}; `wardscribe dictate` uses it")
    if workstation.server_is_set_outside:
        say("WARDSCRIBE_URL names a server as well; while it is set, it is used instead")
    return 0


def _code(given: str | None) -> str:
    if given is not None:
        return given
    return getpass("pairing code: ") if sys.stdin.isatty() else sys.stdin.readline()
