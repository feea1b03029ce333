"""What can be asked of the records, on both databases: what is done, what is refused, and what is told of it."""

from datetime import datetime

import pytest

from tests.server.records.conftest import (
    ADMINISTRATOR,
    ATTENDING,
    DICTATING,
    NOBODY,
    OTHER_DICTATING,
    RESIDENT,
    STRANGER,
    WORDS,
    Clock,
    Told,
    chest,
    record_of,
    service_over,
)
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.messages import Context, OrderContext, PatientContext
from wardscribe_protocol.record import Record, ReportState
from wardscribe_server.access.principal import Principal
from wardscribe_server.audit.event import AuditOutcome
from wardscribe_server.records.database import Database
from wardscribe_server.records.lifecycle import LIFE, Act, roles_on
from wardscribe_server.records.proof import Closing, version_sha256, words_sha256
from wardscribe_server.records.report import Dictation, Report, ReportId, ValueEdit, Wanted
from wardscribe_server.records.service import ReportService

NORMAL = [ValueEdit(path="/fields/heart_size", value="normal")]
IMPOSSIBLE = {"vitals": {"temperature_c": 93}, "chief_complaint": "Cough."}


def kept(service: ReportService, record: Record | None = None, *, by: Principal = DICTATING) -> Report:
    return service.keep_draft(by, record or chest(), words=WORDS, audio_sha256="a" * 64)


def signed(service: ReportService, record: Record | None = None) -> Report:
    report = kept(service, record)
    return service.sign(ATTENDING, report.id, revision=report.revision, acknowledge_unconfirmed=True).report


def do(service: ReportService, who: Principal, act: Act, report: Report) -> object:
    """Any act, with whatever it needs."""
    revision = report.revision
    match act:
        case Act.READ:
            return service.read(who, report.id)
        case Act.HISTORY:
            return service.versions(who, report.id)
        case Act.EDIT:
            return service.edit(who, report.id, NORMAL, revision=revision)
        case Act.CONFIRM:
            return service.confirm(who, report.id, ["/fields"], revision=revision)
        case Act.SIGN:
            return service.sign(who, report.id, revision=revision, acknowledge_unconfirmed=True)
        case Act.ADDEND:
            return service.addend(who, report.id, "Discussed with the ward.", revision=revision)
        case Act.CORRECT:
            return service.correct(who, report.id, NORMAL, revision=revision, reason="misheard")
        case _:
            return service.move(who, report.id, act, revision=revision, reason="see the comment")


def refused(code: ErrorCode) -> pytest.RaisesExc[RefusedError]:
    return pytest.RaisesExc(RefusedError, check=lambda error: error.code is code)


def test_a_dictation_becomes_a_draft_with_its_words_its_audio_and_its_log(service: ReportService, told: Told) -> None:
    report = service.keep_draft(
        DICTATING,
        chest(),
        session="s1",
        words=WORDS,
        audio_sha256="a" * 64,
        edits=[{"sequence": 0, "action": "dictate", "added": [{"text": "heart"}]}],
    )
    assert (report.state, report.version, report.revision) == (ReportState.DRAFT, 1, 1)
    assert (report.author, report.session) == (DICTATING.user, "s1")
    opened = service.read(DICTATING, report.id)
    assert opened.version.record == chest()
    assert not opened.version.head.is_closed
    dictation = service.dictation(DICTATING, report.id)
    assert dictation == Dictation(
        words=WORDS,
        audio_sha256="a" * 64,
        edits=({"sequence": 0, "action": "dictate", "added": [{"text": "heart"}]},),
    )
    assert [event.kind for event in told.events] == ["record.keep", "record.read", "record.dictation"]
    assert {event.entity for event in told.events} == {report.id}


def test_the_same_session_again_is_the_report_that_it_became(service: ReportService) -> None:
    first = service.keep_draft(DICTATING, chest(), session="s1")
    service.edit(DICTATING, first.id, NORMAL, revision=1)
    again = service.keep_draft(DICTATING, chest(), session="s1")
    assert (again.id, again.revision) == (first.id, 2)
    with refused(ErrorCode.FORBIDDEN):
        service.keep_draft(OTHER_DICTATING, chest(), session="s1")
    elsewhere = service.keep_draft(STRANGER, chest(), session="s1")
    assert elsewhere.id != first.id


@pytest.mark.parametrize("state", [ReportState.DRAFT, ReportState.PENDING_SIGNATURE, ReportState.FINAL])
def test_the_service_does_what_the_table_says_and_tells_of_each_refusal(
    service: ReportService, told: Told, state: ReportState
) -> None:
    def made() -> Report:
        report = kept(service)
        if state is not ReportState.DRAFT:
            report = service.move(DICTATING, report.id, Act.SUBMIT, revision=report.revision).report
        if state is ReportState.FINAL:
            sign = service.sign(ATTENDING, report.id, revision=report.revision, acknowledge_unconfirmed=True)
            report = sign.report
        return report

    report = made()
    for who in (DICTATING, OTHER_DICTATING, RESIDENT, ATTENDING, ADMINISTRATOR, NOBODY):
        for act in Act:
            allowed = LIFE.get((state, act))
            if allowed is not None and roles_on(who, DICTATING.user) & allowed.roles:
                do(service, who, act, report)
                outcome, expected = AuditOutcome.SUCCESS, {allowed.to}
            else:
                with pytest.raises(RefusedError) as caught:
                    do(service, who, act, report)
                assert caught.value.code in (ErrorCode.FORBIDDEN, ErrorCode.WRONG_STATE)
                outcome, expected = AuditOutcome.DENIED, {state}
            assert (told.last.user, told.last.entity, told.last.outcome) == (who.user, report.id, outcome)
            now = service.page(ATTENDING, Wanted(limit=1)).reports[0]
            assert {now.state} == expected
            if outcome is AuditOutcome.DENIED or act in (Act.READ, Act.HISTORY):
                assert now == report
            else:
                assert now.revision == report.revision + 1
                report = made()


def test_nothing_of_another_tenant_can_be_reached(service: ReportService, told: Told) -> None:
    context = Context(patient=PatientContext(mrn="MRN 77"))
    report = service.keep_draft(DICTATING, chest(), context=context)
    for act in Act:
        with refused(ErrorCode.UNKNOWN_RECORD):
            do(service, STRANGER, act, report)
        assert (told.last.outcome, told.last.tenant) == (AuditOutcome.DENIED, STRANGER.tenant)
    for ask in (service.changes, service.dictation):
        with refused(ErrorCode.UNKNOWN_RECORD):
            ask(STRANGER, report.id)
    with refused(ErrorCode.UNKNOWN_RECORD):
        service.compare(STRANGER, report.id, old=1, new=1)
    with refused(ErrorCode.UNKNOWN_RECORD):
        service.page(STRANGER, Wanted(after=report.id))
    assert service.page(STRANGER, Wanted()).reports == ()
    assert service.of_patient(STRANGER, mrn="MRN 77") == ()
    assert service.timeline(STRANGER, mrn="MRN 77").lesions == ()
    assert service.read(DICTATING, report.id).report == report


def test_a_report_with_an_error_cannot_be_signed_until_it_is_put_right(service: ReportService, told: Told) -> None:
    report = kept(service, record_of(IMPOSSIBLE, template="outpatient"))
    with refused(ErrorCode.CHECKS_FAILED):
        service.sign(ATTENDING, report.id, revision=report.revision, acknowledge_unconfirmed=True)
    assert (told.last.outcome, told.last.detail) == (AuditOutcome.DENIED, {"code": "checks_failed"})
    put_right = service.edit(
        ATTENDING, report.id, [ValueEdit(path="/fields/vitals/temperature_c", value=39.3)], revision=report.revision
    )
    assert not [check for check in put_right.version.record.checks if check.severity == "error"]
    final = service.sign(ATTENDING, report.id, revision=put_right.report.revision, acknowledge_unconfirmed=True)
    assert final.report.state is ReportState.FINAL


def test_machine_values_that_nobody_confirmed_are_asked_about(service: ReportService, told: Told) -> None:
    report = kept(service)
    with refused(ErrorCode.UNCONFIRMED_VALUES):
        service.sign(ATTENDING, report.id, revision=1)
    acknowledged = service.sign(ATTENDING, report.id, revision=1, acknowledge_unconfirmed=True)
    assert acknowledged.report.state is ReportState.FINAL
    assert told.last.detail["unconfirmed"] == "9"
    other = kept(service)
    service.confirm(DICTATING, other.id, ["/fields"], revision=1)
    assert service.sign(ATTENDING, other.id, revision=2).report.state is ReportState.FINAL
    assert told.last.detail["unconfirmed"] == "0"


def test_what_was_released_stays_as_it_was_when_it_is_edited_on(service: ReportService) -> None:
    report = kept(service)
    service.move(RESIDENT, report.id, Act.RELEASE, revision=1)
    first = service.edit(RESIDENT, report.id, NORMAL, revision=2)
    second = service.edit(RESIDENT, report.id, [ValueEdit(path="/fields/comparison", value="None.")], revision=3)
    assert (first.version.head.number, second.version.head.number) == (2, 2)
    service.sign(ATTENDING, report.id, revision=4, acknowledge_unconfirmed=True)
    heads = service.versions(ADMINISTRATOR, report.id)
    assert [(head.number, head.state, head.is_closed, head.by) for head in heads] == [
        (1, ReportState.PRELIMINARY, True, "resident"),
        (2, ReportState.FINAL, True, "attending"),
    ]
    assert service.read(ATTENDING, report.id, 1).version.record.fields == chest().fields
    compared = service.compare(ATTENDING, report.id, old=1, new=2)
    assert [(change.pointer, change.before, change.after) for change in compared] == [
        ("/fields/heart_size", "enlarged", "normal"),
        ("/fields/comparison", None, "None."),
    ]


def test_an_addendum_and_a_correction_stand_on_top_of_what_was_signed(service: ReportService) -> None:
    report = signed(service)
    added = service.addend(ATTENDING, report.id, "  Seen by the surgeon. ", revision=report.revision)
    addenda = added.version.record.addenda
    assert addenda is not None
    assert [(entry.text, entry.by) for entry in addenda] == [("Seen by the surgeon.", "attending")]
    corrected = service.correct(ATTENDING, report.id, NORMAL, revision=added.report.revision, reason="misheard")
    assert corrected.version.record.addenda == addenda
    states = [ReportState.FINAL, ReportState.ADDENDED, ReportState.CORRECTED]
    assert [head.state for head in service.versions(ATTENDING, report.id)] == states
    for number, state in enumerate(states, start=1):
        version = service.read(DICTATING, report.id, number).version
        assert (version.record.state, version.record.fields["heart_size"]) == (
            state,
            "normal" if number == 3 else "enlarged",
        )


def test_a_correction_that_brings_an_error_is_refused(service: ReportService) -> None:
    report = signed(service, record_of({"chief_complaint": "Cough."}, template="outpatient"))
    with refused(ErrorCode.CHECKS_FAILED):
        service.correct(
            ATTENDING,
            report.id,
            [ValueEdit(path="/fields/vitals/temperature_c", value=93)],
            revision=report.revision,
            reason="forgotten",
        )
    for nothing in ("", "  "):
        with refused(ErrorCode.BAD_FIELD):
            service.correct(ATTENDING, report.id, NORMAL, revision=report.revision, reason=nothing)
        with refused(ErrorCode.BAD_FIELD):
            service.addend(ATTENDING, report.id, nothing, revision=report.revision)
    with refused(ErrorCode.BAD_FIELD):
        service.correct(ATTENDING, report.id, [], revision=report.revision, reason="nothing at all")


def test_a_rejected_report_goes_back_to_its_writer_with_a_reason(service: ReportService) -> None:
    report = kept(service)
    service.move(DICTATING, report.id, Act.SUBMIT, revision=1)
    with refused(ErrorCode.BAD_FIELD):
        service.move(ATTENDING, report.id, Act.REJECT, revision=2)
    service.move(ATTENDING, report.id, Act.REJECT, revision=2, reason="Compare with the CT of March.")
    reopened = service.move(DICTATING, report.id, Act.REOPEN, revision=3)
    assert reopened.report.state is ReportState.DRAFT
    changes = service.changes(DICTATING, report.id)
    assert [change.kind for change in changes] == ["keep", "submit", "reject", "reopen"]
    assert changes[2].reason == "Compare with the CT of March."


def test_every_edit_says_who_when_where_before_and_after(service: ReportService, clock: Clock) -> None:
    report = kept(service)
    service.edit(DICTATING, report.id, NORMAL, revision=1)
    service.edit(RESIDENT, report.id, [ValueEdit(path="/fields/impression/0")], revision=2)
    _, first, second = service.changes(RESIDENT, report.id)
    assert (first.by, first.pointer, first.before, first.after) == (
        "dictating",
        "/fields/heart_size",
        "enlarged",
        "normal",
    )
    assert (second.by, second.pointer, second.before, second.after) == (
        "resident",
        "/fields/impression/0",
        "Cardiomegaly.",
        None,
    )
    assert (second.number, second.version) == (3, 1)
    assert first.at < second.at <= clock.at
    with refused(ErrorCode.FORBIDDEN):
        service.changes(ADMINISTRATOR, report.id)


def test_an_edit_of_something_that_was_changed_meanwhile_is_refused(service: ReportService, told: Told) -> None:
    report = kept(service)
    service.edit(DICTATING, report.id, NORMAL, revision=1)
    with refused(ErrorCode.STALE_REVISION):
        service.edit(RESIDENT, report.id, NORMAL, revision=1)
    assert told.last.outcome is AuditOutcome.FAILED


def test_the_revision_grows_also_when_the_clock_stands_still(database: Database, told: Told) -> None:
    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    service = service_over(database, told, lambda: at)
    report = kept(service)
    for revision in (1, 2, 3):
        assert service.edit(DICTATING, report.id, NORMAL, revision=revision).report.revision == revision + 1


def test_nothing_is_changed_and_nothing_shown_that_cannot_be_told(service: ReportService, told: Told) -> None:
    report = kept(service)
    told.full = True
    for act in (Act.EDIT, Act.SIGN, Act.READ):
        with pytest.raises(OSError, match="no space"):
            do(service, ATTENDING, act, report)
    with pytest.raises(OSError, match="no space"):
        kept(service)
    told.full = False
    assert service.page(ATTENDING, Wanted()).reports == (report,)


def test_pages_go_on_where_the_last_one_ended(service: ReportService) -> None:
    made = [kept(service).id for _ in range(5)]
    seen: list[ReportId] = []
    after: ReportId | None = None
    for expected in (2, 2, 1):
        page = service.page(RESIDENT, Wanted(limit=2, after=after))
        assert len(page.reports) == expected
        seen += [report.id for report in page.reports]
        after = page.next_after
    assert after is None
    assert seen == made[::-1]


def test_a_list_is_restricted_as_was_asked(service: ReportService) -> None:
    first, second = kept(service), kept(service, record_of({"chief_complaint": "Cough."}, template="outpatient"))
    third = kept(service, by=OTHER_DICTATING)
    service.move(RESIDENT, second.id, Act.SUBMIT, revision=1)

    def found(who: Principal = ADMINISTRATOR, **wanted: object) -> set[str]:
        return {report.id for report in service.page(who, Wanted(**wanted)).reports}

    assert found() == {first.id, second.id, third.id}
    assert found(state=ReportState.PENDING_SIGNATURE) == {second.id}
    assert found(template="outpatient") == {second.id}
    assert found(since=third.changed_at) == {second.id, third.id}
    assert found(DICTATING) == {first.id, second.id}
    with refused(ErrorCode.FORBIDDEN):
        found(NOBODY)


def test_a_patient_is_found_however_the_number_is_written(service: ReportService, told: Told) -> None:
    context = Context(patient=PatientContext(mrn="ab-12 345"), order=OrderContext(accession="ACC/9"))
    report = service.keep_draft(DICTATING, chest(), context=context)
    for written in ("AB12345", "ａｂ １２３４５", "ab 12-345"):
        assert service.of_patient(RESIDENT, mrn=written) == (report,)
        assert told.last.entity == ""
        assert told.last.detail == {"found": "1"}
    assert service.of_patient(RESIDENT, accession="acc/9") == (report,)
    assert service.of_patient(RESIDENT, mrn="AB12346") == ()
    assert service.of_patient(RESIDENT, mrn="ACC/9") == ()
    assert service.of_patient(RESIDENT, mrn="- -") == service.of_patient(RESIDENT) == ()
    assert service.of_patient(OTHER_DICTATING, mrn="AB12345") == ()
    with refused(ErrorCode.FORBIDDEN):
        service.of_patient(ADMINISTRATOR, mrn="AB12345")


def test_a_number_that_was_only_heard_finds_nothing_until_a_person_stands_for_it(service: ReportService) -> None:
    record = record_of({"patient": {"mrn": "4471"}, "heart_size": "normal"})
    report = kept(service, record)
    assert service.of_patient(RESIDENT, mrn="4471") == ()
    service.confirm(DICTATING, report.id, ["/fields/patient/mrn"], revision=1)
    assert [found.id for found in service.of_patient(RESIDENT, mrn="4471")] == [report.id]
    service.edit(DICTATING, report.id, [ValueEdit(path="/fields/patient/mrn", value="4472")], revision=2)
    assert service.of_patient(RESIDENT, mrn="4471") == ()
    assert [found.id for found in service.of_patient(RESIDENT, mrn="4472")] == [report.id]


def test_the_timeline_takes_signed_reports_in_their_newest_version(service: ReportService, told: Told) -> None:
    context = Context(patient=PatientContext(mrn="77"))
    first = service.keep_draft(DICTATING, chest(), context=context)
    service.keep_draft(DICTATING, chest(), context=context)  # never signed
    service.sign(ATTENDING, first.id, revision=1, acknowledge_unconfirmed=True)
    larger = [ValueEdit(path="/fields/findings/1/size_mm/0", value=9)]
    service.correct(ATTENDING, first.id, larger, revision=2, reason="measured again")
    (lesion,) = service.timeline(RESIDENT, mrn="77").lesions
    (point,) = lesion.points
    assert (point.size_mm, point.source.report, point.source.version) == ((9,), first.id, 2)
    assert [event.detail for event in told.events[-2:]] == [{"report": first.id, "version": "2"}, {"found": "1"}]


def test_a_signed_version_can_be_proved_from_what_is_handed_out(service: ReportService) -> None:
    report = signed(service)
    service.addend(ATTENDING, report.id, "Seen.", revision=report.revision)
    first, second = (service.read(ATTENDING, report.id, number).version for number in (1, 2))
    dictation = service.dictation(ATTENDING, report.id)
    for version, previous in ((first, None), (second, first.head.sha256)):
        head = version.head
        assert head.closed_at is not None
        closing = Closing(
            report=report.id,
            number=head.number,
            by=head.by,
            closed_at=head.closed_at,
            words_sha256=words_sha256(dictation.words),
            audio_sha256=dictation.audio_sha256,
            previous=previous,
        )
        assert head.sha256 == version_sha256(Record.model_validate_json(version.record.to_json()), closing)


def test_there_is_no_version_that_was_not_made(service: ReportService) -> None:
    report = kept(service)
    for number in (2, 99):
        with refused(ErrorCode.UNKNOWN_RECORD):
            service.read(DICTATING, report.id, number)
    with refused(ErrorCode.WRONG_STATE):
        service.move(ATTENDING, report.id, Act.SIGN, revision=1)
