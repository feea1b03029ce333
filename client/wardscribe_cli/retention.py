"""`wardscribe retention run`: delete audio and journals whose time is over. Records stay."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_server.access.principal import LOCAL
from wardscribe_server.assembly import report_states
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.config import ServerSettings
from wardscribe_server.retention.archive import SessionFolders
from wardscribe_server.retention.deletion import Deletion
from wardscribe_server.retention.rules import Due, RetentionRules, due
from wardscribe_server.vault.tenant_keys import KEYS_FILE
from wardscribe_server.vault.vault import open_vault


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe retention`."""
    parser.add_argument("action", choices=("run",))
    parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    parser.add_argument("--key-source", metavar="SOURCE", help="where the master key is: file:PATH, env, keyring:NAME")
    parser.add_argument("--keep-audio-days", type=int, metavar="N", help="after signing; 0 keeps for ever")
    parser.add_argument("--keep-unsigned-days", type=int, metavar="N", help="when nobody signed; 0 keeps for ever")


def run(arguments: Namespace) -> int:
    """One line for each session that goes: id, tenant, end, rule. 1 when one that is due could not go."""
    settings = options.server_settings(arguments)
    if not settings.keep_audio_days and not settings.keep_unsigned_days:
        say("no rule is set: everything is kept; set keep_audio_days or keep_unsigned_days")
        return 0
    if not (settings.data / KEYS_FILE).exists():
        raise InputError(f"{settings.data}: no keys here yet; the server makes them at its first start")
    going = _said(_due(settings))
    if arguments.dry_run:
        for _ in going:
            pass
        return 0
    log = AuditLog(
        settings.data, open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)
    )
    try:
        deleted = Deletion(settings.data, log, user=LOCAL.user).run(going)
    finally:
        log.close()
    say(f"{deleted.sessions} sessions deleted, {deleted.size_bytes} bytes; proofs are in the audit log")
    if deleted.failed:
        say(f"{deleted.failed} sessions could not be deleted: look at their folders' permissions, then run it again")
    return 1 if deleted.failed else 0


def _due(settings: ServerSettings) -> Iterator[Due]:
    rules = RetentionRules(audio_days=settings.keep_audio_days, unsigned_days=settings.keep_unsigned_days)
    return due(SessionFolders(settings.data).finished(), report_states(settings), rules, now=datetime.now(UTC))


def _said(going: Iterator[Due]) -> Iterator[Due]:
    for each in going:
        ended = each.session.ended.isoformat(timespec="seconds")
        sys.stdout.write(f"{each.session.session}\t{each.session.tenant}\t{ended}\t{each.rule}={each.days}\n")
        yield each
