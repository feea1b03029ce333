"""`wardscribe keys status|rotate|rewrap`: the keys that seal what is stored. Never shows a secret."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_server.access.principal import TenantId
from wardscribe_server.config import ServerSettings
from wardscribe_server.vault.keys import load_master_key, parse_key_source
from wardscribe_server.vault.tenant_keys import KEYS_FILE
from wardscribe_server.vault.vault import Vault, open_vault


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe keys`."""
    parser.add_argument("action", choices=("status", "rotate", "rewrap"))
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    parser.add_argument("--key-source", metavar="SOURCE", help="where the master key is: file:PATH, env, keyring:NAME")
    parser.add_argument("--tenant", metavar="ID", help="rotate: this tenant only; otherwise all")
    parser.add_argument("--to", metavar="SOURCE", help="rewrap: where the new master key is, or is to be made")


def run(arguments: Namespace) -> int:
    """Show, rotate or rewrap."""
    settings = options.server_settings(arguments)
    if not (settings.data / KEYS_FILE).exists():
        raise InputError(f"{settings.data}: no keys here yet; the server makes them at its first start")
    vault = open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)
    if arguments.action == "status":
        return _status(vault)
    if arguments.action == "rotate":
        return _rotate(vault, arguments.tenant)
    return _rewrap(vault, settings, arguments.to)


def _status(vault: Vault) -> int:
    sys.stdout.write(f"master key\t{vault.master_fingerprint}\n")
    for state in vault.states:
        what = "seals" if state.current else "opens" if state.forgotten is None else "forgotten"
        when = state.forgotten or state.made
        since = when.isoformat(timespec="seconds") if when else ""
        sys.stdout.write(f"{state.tenant}\t{state.key_id}\t{what}\t{since}\n")
    return 0


def _rotate(vault: Vault, tenant: str | None) -> int:
    for each in (TenantId(tenant),) if tenant else vault.tenants:
        key_id = vault.rotate(each)
        sys.stdout.write(f"{each}\t{key_id}\tseals\n")
    return 0


def _rewrap(vault: Vault, settings: ServerSettings, to: str | None) -> int:
    if not to:
        raise InputError("rewrap needs --to SOURCE: file:PATH, env or keyring:NAME of the new master key")
    source, old = parse_key_source(to), parse_key_source(settings.key_source)
    if source == old:
        raise InputError(f"--to {to}: that is where the old master key is; name another place, and keep both till then")
    vault.rewrap(load_master_key(source, from_environment=settings.master_key, make=True))
    say(f"keys are wrapped under master key {vault.master_fingerprint}; set key_source to {to}, start the server anew")
    return 0
