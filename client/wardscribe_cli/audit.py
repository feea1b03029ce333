"""`wardscribe audit verify|list`: whether the log of access and change is whole, and what it says."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_server.access.principal import LOCAL, TenantId
from wardscribe_server.audit.anchor import Anchor
from wardscribe_server.audit.entry import MAC_PURPOSE, Entry, Mac
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.audit.verification import entries, verify
from wardscribe_server.config import ServerSettings
from wardscribe_server.vault.tenant_keys import KEYS_FILE
from wardscribe_server.vault.vault import Vault, open_vault


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe audit`."""
    parser.add_argument("action", choices=("verify", "list"))
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    parser.add_argument("--key-source", metavar="SOURCE", help="where the master key is: file:PATH, env, keyring:NAME")
    parser.add_argument("--tenant", metavar="ID", help="this tenant only; otherwise all")
    parser.add_argument("--noted", metavar="NUMBER:MAC", help="verify: an entry noted elsewhere; needs --tenant")
    parser.add_argument("--since", metavar="WHEN", help="list: from this day or time on, ISO 8601 (UTC)")
    parser.add_argument("--user", metavar="ID", help="list: what this user did")
    parser.add_argument("--kind", metavar="KIND", help="list: this kind, or all that begin with it, such as `record`")
    parser.add_argument("--json", action="store_true", help="list: a JSON object a line")


def run(arguments: Namespace) -> int:
    """Verify (1 when something is wrong), or list."""
    given = Namespace(**{name: value for name, value in vars(arguments).items() if name != "user"})
    settings = options.server_settings(given)  # --user is whom to look for, not whose habits apply
    if not (settings.data / KEYS_FILE).exists():
        raise InputError(f"{settings.data}: no log here yet; the server begins it at its first start")
    vault = open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)
    tenants = (TenantId(arguments.tenant),) if arguments.tenant else vault.tenants
    for tenant in tenants:
        if tenant not in vault.tenants:
            raise InputError(f"tenant {tenant!r} has no log here")
    if arguments.action == "verify":
        return _verify(settings, vault, tenants, noted=_noted(arguments))
    return _list(settings, vault, tenants, wanted=_filter(arguments), as_json=arguments.json)


def _verify(settings: ServerSettings, vault: Vault, tenants: Sequence[TenantId], *, noted: Anchor | None) -> int:
    wrong = 0
    for tenant in tenants:
        verdict = verify(settings.data, tenant, key=vault.mac_key(tenant, MAC_PURPOSE), noted=noted)
        sys.stdout.write(f"{tenant}\t{verdict.entries}\t{verdict.last}\t{'wrong' if verdict.fault else 'right'}\n")
        for kind, times in verdict.repairs.items():
            if times:
                say(f"{tenant}: {times} entries of kind {kind}: `wardscribe audit list --kind {kind}` shows them")
        if verdict.fault:
            say(str(verdict.fault))
            wrong += 1
    return 1 if wrong else 0


def _list(
    settings: ServerSettings,
    vault: Vault,
    tenants: Sequence[TenantId],
    *,
    wanted: Callable[[Entry], bool],
    as_json: bool,
) -> int:
    log = AuditLog(settings.data, vault)
    try:
        for tenant in tenants:
            # To have read the log is itself an entry (HIPAA 164.308(a)(1)(ii)(D), FHIR: "Audit Log Used").
            log.write(
                AuditEvent(
                    action=AuditAction.READ,
                    kind="audit.list",
                    outcome=AuditOutcome.SUCCESS,
                    tenant=tenant,
                    user=LOCAL.user,
                )
            )
            for entry in entries(settings.data, tenant, key=vault.mac_key(tenant, MAC_PURPOSE), wanted=wanted):
                sys.stdout.write((_object(entry) if as_json else _row(entry)) + "\n")
    finally:
        log.close()
    return 0


def _row(entry: Entry) -> str:
    detail = " ".join(f"{name}={value}" for name, value in entry.detail.items())
    when = entry.recorded.isoformat(timespec="milliseconds")
    return "\t".join(
        (str(entry.number), when, entry.tenant, entry.user, entry.kind, entry.outcome, entry.entity, detail)
    )


def _object(entry: Entry) -> str:
    return json.dumps(
        {
            "number": entry.number,
            "recorded": entry.recorded.isoformat(),
            "tenant": entry.tenant,
            "user": entry.user,
            "action": entry.action,
            "kind": entry.kind,
            "outcome": entry.outcome,
            "entity": entry.entity,
            "detail": dict(entry.detail),
        }
    )


def _filter(arguments: Namespace) -> Callable[[Entry], bool]:
    since: datetime | None = None
    if arguments.since:
        try:
            since = datetime.fromisoformat(arguments.since)
        except ValueError:
            raise InputError(
                f"--since {arguments.since}: not a day or time such as 2026-03-01 or 2026-03-01T08:00"
            ) from None
        since = since if since.tzinfo else since.replace(tzinfo=UTC)

    def wanted(entry: Entry) -> bool:
        if since is not None and entry.recorded < since:
            return False
        if arguments.user and entry.user != arguments.user:
            return False
        return not arguments.kind or entry.kind == arguments.kind or entry.kind.startswith(arguments.kind + ".")

    return wanted


def _noted(arguments: Namespace) -> Anchor | None:
    if not arguments.noted:
        return None
    number, _, mac = arguments.noted.partition(":")
    if not number.isascii() or not number.isdigit() or not mac or not arguments.tenant:
        raise InputError("--noted is NUMBER:MAC as `audit verify` printed them, together with --tenant")
    return Anchor(number=int(number), mac=Mac(mac))
