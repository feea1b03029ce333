"""What is closed never changes: random lives, two editors at once, hands in the database."""

import random
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.server.records.conftest import ATTENDING, DICTATING, RESIDENT, WORDS, Told, chest
from tests.server.records.test_service import NORMAL, do, kept, signed
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.messages import Context, PatientContext
from wardscribe_protocol.record import ReportState
from wardscribe_server.records.lifecycle import Act
from wardscribe_server.records.report import Report, ValueEdit, Wanted
from wardscribe_server.records.service import ReportService

VALUES = st.sampled_from(
    [
        ("/fields/heart_size", "normal"),
        ("/fields/heart_size", None),
        ("/fields/findings/0", None),
        ("/fields/findings/0/severity", "small"),
        ("/fields/comparison", "None."),
        ("/fields/patient/mrn", "12"),
    ]
)
STEPS = st.tuples(st.sampled_from([DICTATING, RESIDENT, ATTENDING]), st.sampled_from(Act), VALUES)


@pytest.fixture
def behind(url: str) -> Iterator[Engine]:
    """The database without the service."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


def closed(behind: Engine, report: Report) -> dict[int, tuple[object, ...]]:
    closed_ones = text("SELECT * FROM versions WHERE sha256 IS NOT NULL AND report = :report")
    with behind.connect() as connection:
        rows = connection.execute(closed_ones, {"report": report.id}).mappings()
        return {row["number"]: tuple(row.values()) for row in rows}


@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(steps=st.lists(STEPS, min_size=4, max_size=12))
def test_no_walk_through_a_reports_life_changes_a_byte_of_what_was_closed(
    service: ReportService, behind: Engine, steps: list[tuple[object, Act, tuple[str, str | None]]]
) -> None:
    report = kept(service)
    before = closed(behind, report)
    for who, act, (path, value) in steps:
        report = service.page(ATTENDING, Wanted(limit=1)).reports[0]
        with suppress(RefusedError):
            if act is Act.EDIT:
                edit = ValueEdit(path=path, value=value)
                service.edit(who, report.id, [edit], revision=report.revision)
            else:
                do(service, who, act, report)
        after = closed(behind, report)
        assert {key: after[key] for key in before} == before
        before = after
    for head in service.versions(ATTENDING, report.id):
        assert service.read(ATTENDING, report.id, head.number).version.head == head


def test_the_database_itself_refuses_to_change_what_is_closed(service: ReportService, behind: Engine) -> None:
    signed(service)
    for statement in (
        "UPDATE versions SET state = 'draft'",
        "UPDATE versions SET sha256 = NULL, closed_at = NULL",
        "UPDATE versions SET record = record",
        "DELETE FROM versions",
        "UPDATE dictations SET words = words",
        "DELETE FROM dictations",
        "UPDATE changes SET kind = 'edit'",
        "DELETE FROM changes",
    ):
        with pytest.raises(DBAPIError, match="kept"), behind.begin() as connection:
            connection.execute(text(statement))


def without_triggers(behind: Engine) -> None:
    """As somebody would who owns the machine."""
    with behind.begin() as connection:
        for table in ("versions", "dictations", "changes"):
            if behind.dialect.name == "postgresql":
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                for act in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER keep_{table}_{act}"))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("versions", "record"),
        ("dictations", "words"),
        ("dictations", "audio_sha256"),
        ("reports", "patient"),
        ("changes", "content"),
    ],
)
def test_a_changed_byte_and_a_text_from_another_row_are_found(
    service: ReportService, behind: Engine, table: str, column: str
) -> None:
    report, other = signed(service), signed(service)
    without_triggers(behind)
    key = "id" if table == "reports" else "report"
    with behind.begin() as connection:
        first = connection.execute(text(f"SELECT {column} FROM {table} WHERE {key} = :id"), {"id": report.id})
        content = bytes(first.scalars().first() or b"")
        foreign = connection.execute(text(f"SELECT {column} FROM {table} WHERE {key} = :id"), {"id": other.id})
        foreign_content = bytes(foreign.scalars().first() or b"")
    place = random.Random(7).randrange(len(content))
    flipped = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    for broken in (flipped, content[:-1], b"", foreign_content):
        with behind.begin() as connection:
            connection.execute(
                text(f"UPDATE {table} SET {column} = :to WHERE {key} = :id"), {"to": broken, "id": report.id}
            )
        with pytest.raises(RefusedError) as caught:
            service.changes(ATTENDING, report.id) if table == "changes" else service.read(ATTENDING, report.id)
        assert caught.value.code is ErrorCode.RECORD_BROKEN


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE versions SET sha256 = :other WHERE report = :id AND number = 2",
        "UPDATE versions SET state = 'draft' WHERE report = :id AND number = 2",
        "UPDATE versions SET by = 'somebody' WHERE report = :id AND number = 2",
        "UPDATE versions SET closed_at = '2026-03-02 08:00:00.000000+00' WHERE report = :id AND number = 2",
        "UPDATE versions SET sha256 = :other WHERE report = :id AND number = 1",
        "UPDATE versions SET sha256 = NULL, closed_at = NULL WHERE report = :id AND number = 1",
        "DELETE FROM versions WHERE report = :id AND number = 1",
        "DELETE FROM versions WHERE report = :id AND number = 2",
        "UPDATE reports SET version = 1 WHERE id = :id",
        "UPDATE reports SET state = 'draft' WHERE id = :id",
        "UPDATE reports SET template = 'ct_chest' WHERE id = :id",
        "UPDATE reports SET patient_index = NULL WHERE id = :id",
    ],
)
def test_a_change_of_what_stands_in_clear_is_found(service: ReportService, behind: Engine, statement: str) -> None:
    context = Context(patient=PatientContext(mrn="77"))
    report = service.keep_draft(DICTATING, chest(), words=WORDS, context=context)
    service.sign(ATTENDING, report.id, revision=1, acknowledge_unconfirmed=True)
    service.addend(ATTENDING, report.id, "Seen.", revision=2)
    without_triggers(behind)
    with behind.begin() as connection:
        connection.execute(text(statement.replace("SET by", 'SET "by"')), {"id": report.id, "other": "b" * 64})
    with pytest.raises(RefusedError) as caught:
        service.read(ATTENDING, report.id)
    assert caught.value.code in (ErrorCode.RECORD_BROKEN, ErrorCode.UNKNOWN_RECORD)


def test_of_editors_who_read_the_same_exactly_one_writes(service: ReportService) -> None:
    report = kept(service)
    outcomes = _together(8, lambda _: service.edit(RESIDENT, report.id, NORMAL, revision=1))
    assert sorted(map(str, outcomes)) == ["None"] + ["stale_revision"] * 7
    assert service.read(RESIDENT, report.id).report.revision == 2


def test_editors_who_read_again_all_come_through_and_none_is_lost(service: ReportService) -> None:
    report = kept(service)

    def persist(at: int) -> None:
        edit = [ValueEdit(path="/fields/impression/0", value=f"Reading {at}.")]
        while True:
            try:
                revision = service.read(RESIDENT, report.id).report.revision
                service.edit(RESIDENT, report.id, edit, revision=revision)
                return
            except RefusedError as refusal:
                if refusal.code is not ErrorCode.STALE_REVISION:
                    raise

    assert _together(6, persist) == [None] * 6
    edits = [change for change in service.changes(RESIDENT, report.id) if change.kind == "edit"]
    assert {change.after for change in edits} == {f"Reading {at}." for at in range(6)}
    assert [change.before for change in edits[1:]] == [change.after for change in edits[:-1]]


def test_of_two_signatures_at_once_one_counts(service: ReportService, told: Told) -> None:
    report = kept(service)
    outcomes = _together(4, lambda _: service.sign(ATTENDING, report.id, revision=1, acknowledge_unconfirmed=True))
    assert outcomes.count(None) == 1
    assert len(service.versions(ATTENDING, report.id)) == 1
    assert service.read(ATTENDING, report.id).report.state is ReportState.FINAL


def test_a_session_that_is_kept_twice_at_once_is_one_report(service: ReportService) -> None:
    ids: set[str] = set()

    def keep(_: int) -> None:
        ids.add(service.keep_draft(DICTATING, chest(), session="s1").id)

    outcomes = _together(4, keep)
    assert set(outcomes) <= {None, ErrorCode.STALE_REVISION}
    assert len(ids) == 1


def _together(number: int, act: object) -> list[ErrorCode | None]:
    """What became of `number` threads that start at once: the code of a refusal, or None."""
    outcomes: list[ErrorCode | None] = []
    gate = threading.Barrier(number)

    def run(at: int) -> None:
        gate.wait()
        try:
            act(at)
            outcomes.append(None)
        except RefusedError as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=run, args=(at,)) for at in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == number, "a thread ended with another error"
    return outcomes
