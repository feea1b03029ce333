"""`wardscribe keys status|rotate|rewrap|forget`: the keys that seal what is stored. Never shows a secret.

What is done to keys is told to the audit log first; what cannot be told is not done.
"""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_server.access.principal import LOCAL, TenantId
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.config import ServerSettings
from wardscribe_server.journal.key_use import JournalKeys
from wardscribe_server.records.building import open_database
from wardscribe_server.records.ledger import Ledger
from wardscribe_server.vault.cipher import KeyId
from wardscribe_server.vault.keys import load_master_key, parse_key_source
from wardscribe_server.vault.tenant_keys import KEYS_FILE
from wardscribe_server.vault.vault import Vault, open_vault


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe keys`."""
    parser.add_argument("action", choices=("status", "rotate", "rewrap", "forget"))
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    parser.add_argument("--key-source", metavar="SOURCE", help="where the master key is: file:PATH, env, keyring:NAME")
    parser.add_argument("--tenant", metavar="ID", help="rotate: this tenant only; forget: whose key")
    parser.add_argument("--to", metavar="SOURCE", help="rewrap: where the new master key is, or is to be made")
    parser.add_argument("--key", type=int, metavar="NUMBER", help="forget: which data key, as `keys status` shows it")
    parser.add_argument("--even-in-use", action="store_true", help="forget: also what is stored is lost with it")


def run(arguments: Namespace) -> int:
    """Show, rotate, rewrap or destroy."""
    settings = options.server_settings(arguments)
    if not (settings.data / KEYS_FILE).exists():
        raise InputError(f"{settings.data}: no keys here yet; the server makes them at its first start")
    vault = open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)
    if arguments.action == "status":
        return _status(vault)
    with closing(AuditLog(settings.data, vault)) as log:
        match arguments.action:
            case "rotate":
                return _rotate(vault, log, arguments.tenant)
            case "forget":
                return _forget(vault, log, settings, arguments)
            case _:
                return _rewrap(vault, log, settings, arguments.to)


def _status(vault: Vault) -> int:
    sys.stdout.write(f"master key\t{vault.master_fingerprint}\n")
    for state in vault.states:
        what = "seals" if state.current else "opens" if state.forgotten is None else "forgotten"
        when = state.forgotten or state.made
        since = when.isoformat(timespec="seconds") if when else ""
        sys.stdout.write(f"{state.tenant}\t{state.key_id}\t{what}\t{since}\n")
    return 0


def _rotate(vault: Vault, log: AuditLog, tenant: str | None) -> int:
    for each in (_known(vault, tenant),) if tenant else vault.tenants:
        _tell(log, each, AuditAction.CREATE, "keys.rotate")
        key_id = vault.rotate(each)
        sys.stdout.write(f"{each}\t{key_id}\tseals\n")
    return 0


def _forget(vault: Vault, log: AuditLog, settings: ServerSettings, arguments: Namespace) -> int:
    if not arguments.tenant or arguments.key is None:
        raise InputError("forget needs --tenant ID and --key NUMBER, as `wardscribe keys status` shows them")
    tenant, key_id = _known(vault, arguments.tenant), KeyId(arguments.key)
    with closing(open_database(settings)) as database:
        stores = (Ledger(database), JournalKeys(settings.data))
        vault.check_forgettable(tenant, key_id, stores=stores, even_in_use=arguments.even_in_use)
        _tell(log, tenant, AuditAction.DELETE, "keys.forget", key=str(key_id))
        vault.forget(tenant, key_id, stores=stores, even_in_use=arguments.even_in_use)
    say(f"key {key_id} of tenant {tenant} is destroyed here; destroy old backups of {KEYS_FILE} too")
    return 0


def _rewrap(vault: Vault, log: AuditLog, settings: ServerSettings, to: str | None) -> int:
    if not to:
        raise InputError("rewrap needs --to SOURCE: file:PATH, env or keyring:NAME of the new master key")
    source = parse_key_source(to)
    if source == parse_key_source(settings.key_source):
        raise InputError(f"--to {to}: that is where the old master key is; name another place, and keep both till then")
    master = load_master_key(source, from_environment=settings.master_key, make=True)
    for tenant in vault.tenants:
        _tell(log, tenant, AuditAction.UPDATE, "keys.rewrap", master=master.fingerprint)
    vault.rewrap(master)
    say(f"keys are wrapped under master key {vault.master_fingerprint}; set key_source to {to}, start the server anew")
    return 0


def _known(vault: Vault, tenant: str) -> TenantId:
    if tenant not in vault.tenants:
        raise InputError(f"tenant {tenant!r} has no keys here; `wardscribe keys status` shows who has")
    return TenantId(tenant)


def _tell(log: AuditLog, tenant: TenantId, action: AuditAction, kind: str, **detail: str) -> None:
    log.write(
        AuditEvent(
            action=action, kind=kind, outcome=AuditOutcome.SUCCESS, tenant=tenant, user=LOCAL.user, detail=detail
        )
    )
