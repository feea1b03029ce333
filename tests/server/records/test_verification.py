"""The database against what the audit log tells of: on both databases, in either direction."""

from tests.server.records.conftest import ATTENDING, Told, cipher
from tests.server.records.test_service import kept, signed
from wardscribe_server.access.principal import Principal, TenantId
from wardscribe_server.records.database import Database
from wardscribe_server.records.report import ReportId
from wardscribe_server.records.service import ReportService
from wardscribe_server.records.verification import ClosedVersion, Findings, verify_records


def found(
    database: Database, told: Told, versions: dict[ClosedVersion, str], *, who: Principal = ATTENDING
) -> Findings:
    return verify_records(database, cipher(who.tenant), told, principal=who, told=versions)


def test_every_signature_must_be_told_and_every_one_told_must_be_here(
    service: ReportService, database: Database, told: Told
) -> None:
    kept(service)
    reports = [signed(service) for _ in range(3)]
    right = {
        ClosedVersion(report.id, head.number): head.sha256
        for report in reports
        for head in service.versions(ATTENDING, report.id)
        if head.sha256 is not None
    }
    first, second, third = sorted(right, key=lambda version: [report.id for report in reports].index(version.report))
    assert found(database, told, right) == Findings(3, ())
    assert told.last.kind == "record.verify"

    gone = ClosedVersion(ReportId("f" * 32), 1)
    wrong = {first: right[first], second: "0" * 64, gone: "1" * 64}
    flaws = {flaw.version: flaw.what for flaw in found(database, told, wrong).flaws}
    assert flaws.keys() == {second, third, gone}
    assert "not the version" in flaws[second]
    assert "no such signature" in flaws[third]
    assert "missing" in flaws[gone]


def test_another_tenants_reports_are_not_looked_at(service: ReportService, database: Database, told: Told) -> None:
    signed(service)
    other = Principal(TenantId("south"), ATTENDING.user, ATTENDING.roles)
    assert found(database, told, {}, who=other) == Findings(0, ())
