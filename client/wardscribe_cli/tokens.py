"""`wardscribe tokens create|list|revoke`: who may use a server. A running server knows of a change at once."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_server.access.policy import scopes_of
from wardscribe_server.access.principal import LOCAL_TENANT, Role, Scope
from wardscribe_server.access.token_audit import told_code, told_created, told_revoked
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import ApiToken, Grant, TokenId
from wardscribe_server.audit.event import AuditSink
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.config import ServerSettings
from wardscribe_server.vault.vault import open_vault

_LONGEST_DAYS = 3650
K = TypeVar("K", Role, Scope)


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe tokens`."""
    parser.add_argument("action", choices=("create", "list", "revoke"))
    parser.add_argument("id", nargs="?", metavar="ID", help="revoke: the token's id")
    parser.add_argument("--user", metavar="NAME", help="create: the user it stands for")
    parser.add_argument("--tenant", default=LOCAL_TENANT, metavar="NAME", help=f"the user's tenant ({LOCAL_TENANT})")
    parser.add_argument("--role", action="append", default=[], metavar="|".join(Role), help="repeat for more")
    parser.add_argument(
        "--scope",
        action="append",
        default=[],
        metavar="|".join(Scope),
        help="repeat for more; else all for the roles",
    )
    parser.add_argument("--days", type=int, default=180, metavar="N", help="how long it is good (180)")
    parser.add_argument("--label", default="", metavar="TEXT", help="which device or program it is for")
    parser.add_argument("--pair", action="store_true", help="a code to type on the device instead, for ten minutes")
    parser.add_argument("--json", action="store_true", help="list: one JSON line a token")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder for records and their audio")


def run(arguments: Namespace) -> int:
    """Create, list or revoke."""
    settings = options.server_settings(arguments)
    file = TokenFile(settings.data)
    if arguments.action == "list":
        return _list(file.tokens, as_json=arguments.json)
    if arguments.action == "revoke":
        if not arguments.id:
            raise InputError("which token? `wardscribe tokens list` shows them")
        revoked = file.revoke(TokenId(arguments.id))  # first: it must not depend on the keys being there
        with _audit(settings) as audit:
            told_revoked(audit, revoked)
        say(f"token {arguments.id} is over; what it began ends within seconds")
        return 0
    grant = _grant(arguments)
    if arguments.pair:
        with _audit(settings) as audit:
            told_code(audit, grant)
        sys.stdout.write(file.create_code(grant, days=arguments.days) + "\n")
        say("good for ten minutes and one device")
        return 0
    secret, token = file.create(grant, days=arguments.days)
    with _audit(settings) as audit:
        told_created(audit, token)
    sys.stdout.write(secret + "\n")
    say(f"token {token.id} for {token.user} until {_date(token)}; it is not shown again")
    return 0


@contextmanager
def _audit(settings: ServerSettings) -> Iterator[AuditSink]:
    keys = open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)
    log = AuditLog(settings.data, keys)
    try:
        yield log
    finally:
        log.close()


def _grant(arguments: Namespace) -> Grant:
    if not arguments.user:
        raise InputError("for whom? `wardscribe tokens create --user NAME --role ROLE`")
    if not 1 <= arguments.days <= _LONGEST_DAYS:
        raise InputError(f"--days must be from 1 to {_LONGEST_DAYS}")
    roles = frozenset(_named(Role, name, "role") for name in arguments.role)
    scopes = frozenset(_named(Scope, name, "scope") for name in arguments.scope) or scopes_of(roles)
    if not scopes:
        raise InputError("what for? give at least one --role or --scope")
    try:
        return Grant(tenant=arguments.tenant, user=arguments.user, roles=roles, scopes=scopes, label=arguments.label)
    except ValidationError as error:
        field = str(error.errors(include_input=False)[0]["loc"][0])
        raise InputError(f"--{field}: only letters, digits, '.', '_' and '-', and not too long") from None


def _named(kind: type[K], name: str, what: str) -> K:
    try:
        return kind(name)
    except ValueError:
        raise InputError(f"unknown {what} {name!r}; one of: {', '.join(kind)}") from None


def _list(tokens: tuple[ApiToken, ...], *, as_json: bool) -> int:
    for token in tokens:
        row = {
            "id": token.id,
            "state": _state(token),
            "tenant": token.tenant,
            "user": token.user,
            "roles": ",".join(sorted(token.roles)),
            "scopes": ",".join(sorted(token.scopes)),
            "expires": _date(token),
            "last_used": str(token.last_used or "never"),
            "label": token.label,
        }
        sys.stdout.write((json.dumps(row, ensure_ascii=False) if as_json else "\t".join(row.values())) + "\n")
    return 0


def _state(token: ApiToken) -> str:
    if token.revoked is not None:
        return "revoked"
    return "expired" if token.expires_at <= datetime.now(UTC).timestamp() else "good"


def _date(token: ApiToken) -> str:
    return datetime.fromtimestamp(token.expires_at, UTC).date().isoformat()
