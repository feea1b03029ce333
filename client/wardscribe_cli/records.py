"""`wardscribe records list|show|history|verify`: the reports kept here. What is read is told to the audit log."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue, TypeAdapter

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import ReportState
from wardscribe_server.access.principal import LOCAL, Principal, TenantId
from wardscribe_server.assembly import Readers, report_layout
from wardscribe_server.audit.entry import MAC_PURPOSE
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.audit.verification import entries
from wardscribe_server.config import ServerSettings
from wardscribe_server.records.building import build_reports, open_database
from wardscribe_server.records.database import Database
from wardscribe_server.records.report import Change, Report, ReportId, Wanted
from wardscribe_server.records.service import ReportService
from wardscribe_server.records.verification import told_versions, verify_records
from wardscribe_server.vault.tenant_keys import KEYS_FILE
from wardscribe_server.vault.vault import Vault, open_vault

_REPORT = TypeAdapter(Report)
_CHANGE = TypeAdapter(Change)
_VALUE: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe records`."""
    parser.add_argument("action", choices=("list", "show", "history", "verify"))
    parser.add_argument("report", nargs="?", metavar="ID", help="show, history: which report")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    parser.add_argument("--key-source", metavar="SOURCE", help="where the master key is: file:PATH, env, keyring:NAME")
    parser.add_argument("--tenant", default=LOCAL.tenant, metavar="ID", help="whose reports (%(default)s)")
    parser.add_argument("--state", metavar="STATE", help=f"list: one of {', '.join(ReportState)}")
    parser.add_argument("--template", metavar="ID", help="list: of this template")
    parser.add_argument("--since", metavar="WHEN", help="list: changed from this day or time on, ISO 8601 (UTC)")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="list: at most so many (%(default)s)")
    parser.add_argument("--version", type=int, metavar="N", help="show: this version instead of the newest")
    parser.add_argument("--format", default="json", metavar="json|text", help="show: how the record is written")
    parser.add_argument("--json", action="store_true", help="list, history: a JSON object a line")


def run(arguments: Namespace) -> int:
    """Print reports, one report, or what was done to one; 1 when verifying finds one that is not as the log tells."""
    settings = options.server_settings(arguments)
    if (arguments.report is None) != (arguments.action in ("list", "verify")):
        raise InputError(
            "`records list` and `records verify` take no id, `records show` and `records history` take one"
        )
    if not (settings.data / KEYS_FILE).exists():
        raise InputError(f"{settings.data}: no records here yet; the server begins them at its first start")
    who = replace(LOCAL, tenant=TenantId(arguments.tenant))
    if arguments.action == "verify":
        return _verify(settings, who)
    with _reports(settings, who.tenant) as service:
        if arguments.action == "list":
            _list(service, who, _wanted(arguments), as_json=arguments.json)
        elif arguments.action == "show":
            _show(service, who, settings, arguments)
        else:
            _history(service, who, ReportId(arguments.report), as_json=arguments.json)
    return 0


@contextmanager
def _reports(settings: ServerSettings, tenant: TenantId) -> Iterator[ReportService]:
    with _kept(settings, tenant) as (vault, log, database):
        yield build_reports(database, vault=vault, audit=log)


@contextmanager
def _kept(settings: ServerSettings, tenant: TenantId) -> Iterator[tuple[Vault, AuditLog, Database]]:
    vault = open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)
    if tenant not in vault.tenants:
        raise InputError(f"tenant {tenant!r} has no records here")
    log = AuditLog(settings.data, vault)
    database = open_database(settings)
    try:
        yield vault, log, database
    finally:
        database.close()
        log.close()


def _verify(settings: ServerSettings, who: Principal) -> int:
    with _kept(settings, who.tenant) as (vault, log, database):
        key = vault.mac_key(who.tenant, MAC_PURPOSE)
        told = told_versions(entries(settings.data, who.tenant, key=key, wanted=lambda _: True))
        found = verify_records(database, vault.cipher(who.tenant), log, principal=who, told=told)
    for flaw in found.flaws:
        say(f"{flaw.version.report} v{flaw.version.number} {flaw.what}")
    sys.stdout.write(f"{who.tenant}\t{found.closed}\t{'wrong' if found.flaws else 'right'}\n")
    return 1 if found.flaws else 0


def _wanted(arguments: Namespace) -> Wanted:
    try:
        state = None if arguments.state is None else ReportState(arguments.state)
    except ValueError:
        raise InputError(f"unknown state {arguments.state!r}; one of: {', '.join(ReportState)}") from None
    try:
        since = None if arguments.since is None else datetime.fromisoformat(arguments.since)
    except ValueError:
        raise InputError(
            f"--since {arguments.since!r}: not a day or time, such as 2026-03-04 or 2026-03-04T08:00"
        ) from None
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    if arguments.limit < 1:
        raise InputError("--limit: at least 1")
    return Wanted(state=state, template=arguments.template, since=since, limit=arguments.limit)


def _list(service: ReportService, who: Principal, wanted: Wanted, *, as_json: bool) -> None:
    """Pages until there are as many as were asked for."""
    left = wanted.limit
    while left > 0:
        page = service.page(who, replace(wanted, limit=left))
        for report in page.reports:
            sys.stdout.write(_line(report, as_json=as_json) + "\n")
        left -= len(page.reports)
        if page.next_after is None:
            return
        wanted = replace(wanted, after=page.next_after)


def _line(report: Report, *, as_json: bool) -> str:
    if as_json:
        return _REPORT.dump_json(report, exclude_none=True).decode()
    changed = report.changed_at.isoformat(timespec="seconds")
    cells = (report.id, report.state.value, f"v{report.version}", report.template, report.language.value)
    return "\t".join((*cells, report.author, changed))


def _show(service: ReportService, who: Principal, settings: ServerSettings, arguments: Namespace) -> None:
    form = options.output_format(arguments.format)
    record = service.read(who, ReportId(arguments.report), arguments.version).version.record
    sys.stdout.write(report_layout(Readers(settings))(record) if form == "text" else record.to_json() + "\n")


def _history(service: ReportService, who: Principal, report: ReportId, *, as_json: bool) -> None:
    for change in service.changes(who, report):
        if as_json:
            sys.stdout.write(_CHANGE.dump_json(change, exclude_none=True).decode() + "\n")
            continue
        told = [change.reason or ""]
        if change.pointer is not None:
            before, after = (
                "-" if value is None else _VALUE.dump_json(value).decode() for value in (change.before, change.after)
            )
            told = [change.pointer, *([f"{before} -> {after}"] if change.kind != "confirm" else [])]
        cells = (change.at.isoformat(timespec="seconds"), change.by, change.kind, f"v{change.version}", *told)
        sys.stdout.write("\t".join(cells).rstrip() + "\n")
