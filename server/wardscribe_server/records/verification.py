"""Whether the reports are those that the audit log tells of: every closed version whole, none put in, none taken away.

The hash of a version proves its contents, and the log proves the hash: it is chained and kept apart from the database.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.access.principal import Principal
from wardscribe_server.audit.entry import Entry
from wardscribe_server.audit.event import AuditAction, AuditSink
from wardscribe_server.records.asking import asking
from wardscribe_server.records.database import Database
from wardscribe_server.records.report import ReportId, Wanted
from wardscribe_server.records.repository import MAX_PAGE, Repository
from wardscribe_server.vault.cipher import Cipher

_SUCCESS = "0"


@dataclass(frozen=True, slots=True)
class ClosedVersion:
    """Which version."""

    report: ReportId
    number: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """A version that is not as it should be."""

    version: ClosedVersion
    what: str


@dataclass(frozen=True, slots=True)
class Findings:
    """How many closed versions there are, and what is wrong."""

    closed: int
    flaws: tuple[Flaw, ...]


def told_versions(entries: Iterable[Entry]) -> dict[ClosedVersion, str]:
    """The hash of each version that the log says was closed: the last one told, for a signing that was cut off by a
    crash is told, and told again when it is repeated."""
    return {
        ClosedVersion(ReportId(entry.entity), int(entry.detail["version"])): entry.detail["sha256"]
        for entry in entries
        if entry.outcome == _SUCCESS and entry.kind.startswith("record.") and "sha256" in entry.detail
    }


def verify_records(
    database: Database,
    cipher: Cipher,
    audit: AuditSink,
    *,
    principal: Principal,
    told: Mapping[ClosedVersion, str],
) -> Findings:
    """Open every version of the principal's tenant, and compare what is closed with what was told.

    Raises: RefusedError (`records_unavailable`).
    """
    with asking(audit, principal, "record.verify", AuditAction.READ) as asked, database.reading() as connection:
        repository = Repository(connection, principal, cipher)
        closed: set[ClosedVersion] = set()
        flaws: list[Flaw] = []
        for version, digest, is_whole in _versions(repository):
            if digest is not None:
                closed.add(version)
            if not is_whole:
                flaws.append(Flaw(version, "was changed, or its key is gone"))
            elif digest is not None and version not in told:
                flaws.append(Flaw(version, "is closed, but the audit log tells of no such signature"))
            elif digest is not None and told[version] != digest:
                flaws.append(Flaw(version, "is not the version that the audit log tells of"))
        flaws += [
            Flaw(version, "is missing: the audit log tells of it (or the server was cut off while it was signed)")
            for version in told
            if version not in closed
        ]
        asked.done(found=str(len(flaws)))
    return Findings(len(closed), tuple(flaws))


def _versions(repository: Repository) -> Iterator[tuple[ClosedVersion, str | None, bool]]:
    """Every version, its hash once it is closed, and whether it is whole."""
    after: ReportId | None = None
    while True:
        page = repository.page(Wanted(limit=MAX_PAGE, after=after))
        for report in page.reports:
            for head in repository.versions(report.id):
                yield ClosedVersion(report.id, head.number), head.sha256, _is_whole(repository, report.id, head.number)
        after = page.next_after
        if after is None:
            return


def _is_whole(repository: Repository, report: ReportId, number: int) -> bool:
    try:
        repository.open(report, number)
    except RefusedError as error:
        if error.code is not ErrorCode.RECORD_BROKEN:
            raise
        return False
    return True
