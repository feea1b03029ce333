"""What somebody may do to a report as it stands is told beforehand, as the service would answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.server.records.conftest import ATTENDING, DICTATING, RESIDENT, WORDS, Told, chest
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import Severity
from wardscribe_server.access.principal import Principal, Scope
from wardscribe_server.records.lifecycle import Act
from wardscribe_server.records.report import ReportId, ValueEdit
from wardscribe_server.records.service import ReportService

_MOVES = (Act.GIVE_WET_READ, Act.RELEASE, Act.SUBMIT, Act.RECALL, Act.REJECT, Act.REOPEN)
_EDITS = (ValueEdit(path="/fields/heart_size", value="normal"),)


def with_all_scopes(who: Principal) -> Principal:
    return replace(who, scopes=frozenset(Scope))


def refusals(service: ReportService, who: Principal, report: ReportId) -> dict[Act, ErrorCode | None]:
    return {each.act: each.refusal for each in service.standing(who, report).acts}


def tries(service: ReportService, who: Principal, report: ReportId) -> dict[Act, Callable[[], object]]:
    """Each act asked with a revision that is never right: what is refused before that is refused for who asks."""
    stale: dict[str, int] = {"revision": 2**31 - 1}
    return {
        Act.READ: lambda: service.read(who, report),
        Act.HISTORY: lambda: service.versions(who, report),
        Act.EDIT: lambda: service.edit(who, report, _EDITS, **stale),
        Act.CONFIRM: lambda: service.confirm(who, report, ["/fields"], **stale),
        Act.SIGN: lambda: service.sign(who, report, **stale),
        Act.ADDEND: lambda: service.addend(who, report, "Told to the ward.", **stale),
        Act.CORRECT: lambda: service.correct(who, report, _EDITS, reason="misheard", **stale),
    } | {act: lambda act=act: service.move(who, report, act, reason="no", **stale) for act in _MOVES}


def answered(call: Callable[[], object]) -> ErrorCode | None:
    try:
        call()
    except RefusedError as refusal:
        return None if refusal.code is ErrorCode.STALE_REVISION else refusal.code
    return None


@pytest.mark.parametrize("who", [DICTATING, RESIDENT, ATTENDING], ids=lambda who: who.user)
@pytest.mark.parametrize("state", ["draft", "pending_signature", "final"])
def test_what_is_told_beforehand_is_what_the_service_answers(
    service: ReportService, who: Principal, state: str
) -> None:
    report = service.keep_draft(DICTATING, chest(), words=WORDS)
    if state != "draft":
        service.move(DICTATING, report.id, Act.SUBMIT, revision=1)
    if state == "final":
        service.sign(ATTENDING, report.id, revision=2, acknowledge_unconfirmed=True)
    told = refusals(service, with_all_scopes(who), report.id)
    assert told == {act: answered(call) for act, call in tries(service, who, report.id).items()}
    assert len(set(told.values())) > 1


def test_a_token_that_is_not_for_signing_may_not_sign_whatever_its_person_is(service: ReportService) -> None:
    report = service.keep_draft(DICTATING, chest(), words=WORDS)
    reading = replace(ATTENDING, scopes=frozenset({Scope.READ, Scope.WRITE}))
    assert refusals(service, reading, report.id)[Act.SIGN] is ErrorCode.FORBIDDEN
    assert refusals(service, reading, report.id)[Act.EDIT] is None


def test_what_is_unconfirmed_and_what_blocks_signing_is_told(service: ReportService, told: Told) -> None:
    report = service.keep_draft(DICTATING, chest(), words=WORDS)
    before = service.standing(with_all_scopes(ATTENDING), report.id)
    assert "/fields/heart_size" in before.unconfirmed
    assert before.revision == 1
    assert before.blocking == ()
    assert told.last.kind == "record.standing"
    service.edit(
        DICTATING, report.id, [ValueEdit(path="/fields/impression/0", value="Left pleural effusion.")], revision=1
    )
    after = service.standing(with_all_scopes(ATTENDING), report.id)
    assert "/fields/impression/0" not in after.unconfirmed
    assert {check.severity for check in after.blocking} == {Severity.ERROR}
    with pytest.raises(RefusedError) as refused:
        service.sign(ATTENDING, report.id, revision=2, acknowledge_unconfirmed=True)
    assert refused.value.code is ErrorCode.CHECKS_FAILED
