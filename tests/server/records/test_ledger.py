"""What retention and the keys are told of the reports."""

from tests.server.records.conftest import ATTENDING, DICTATING, STRANGER, chest
from wardscribe_server.records.database import Database
from wardscribe_server.records.ledger import Ledger
from wardscribe_server.records.service import ReportService
from wardscribe_server.retention.rules import Standing
from wardscribe_server.vault.cipher import KeyId


def test_a_session_is_signed_once_its_report_is(service: ReportService, database: Database) -> None:
    ledger = Ledger(database)
    assert ledger.state_of(DICTATING.tenant, "s1") is Standing.ABSENT
    report = service.keep_draft(DICTATING, chest(), session="s1")
    assert ledger.state_of(DICTATING.tenant, "s1") is Standing.UNSIGNED
    assert ledger.state_of(STRANGER.tenant, "s1") is Standing.ABSENT
    service.sign(ATTENDING, report.id, revision=1, acknowledge_unconfirmed=True)
    assert ledger.state_of(DICTATING.tenant, "s1") is Standing.SIGNED


def test_a_round_is_signed_once_every_patient_s_report_is(service: ReportService, database: Database) -> None:
    ledger = Ledger(database)
    first, second = (service.keep_draft(DICTATING, chest(), session=name) for name in ("s1", "s1/2"))
    service.keep_draft(DICTATING, chest(), session="s10")
    service.sign(ATTENDING, first.id, revision=1, acknowledge_unconfirmed=True)
    assert ledger.state_of(DICTATING.tenant, "s1") is Standing.UNSIGNED
    service.sign(ATTENDING, second.id, revision=1, acknowledge_unconfirmed=True)
    assert ledger.state_of(DICTATING.tenant, "s1") is Standing.SIGNED


def test_everything_sealed_is_counted_under_its_key(service: ReportService, database: Database) -> None:
    ledger = Ledger(database)
    service.keep_draft(DICTATING, chest())
    assert ledger.sealed_under(DICTATING.tenant, KeyId(1)) == 6
    assert ledger.sealed_under(DICTATING.tenant, KeyId(2)) == 0
    assert ledger.sealed_under(STRANGER.tenant, KeyId(1)) == 0
