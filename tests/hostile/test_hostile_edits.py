"""Edits, commands and floods by a client that means harm: turned down or carried out, and never a burden."""

import json
from contextlib import suppress

import pytest
from pydantic import JsonValue

from tests.hostile.test_found import _readers
from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.errors import ErrorCode, FullError, RemoteProtocolError
from wardscribe_protocol.messages import (
    Closed,
    ErrorReport,
    FieldEdit,
    FieldState,
    FieldUpdate,
    Finalize,
    Finalized,
    Start,
    Tail,
)
from wardscribe_protocol.outbox import Outbox
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.server_session import AttachmentId, ServerSession
from wardscribe_protocol.settings import ServerSessionSettings
from wardscribe_protocol.wire import MAX_EDITED_STEPS, MAX_VALUE_DEPTH, MAX_VALUE_ITEMS, SessionId, SessionToken
from wardscribe_server.pipeline.compose import UnknownCommand
from wardscribe_server.pipeline.events import Edit, Finished, Instruct, Stop
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.pointers import BadPointer, leaves


def edit(path: str, value: object) -> str:
    return json.dumps({"type": "field_edit", "path": path, "value": value})


@pytest.mark.parametrize(
    "text",
    [
        edit("/fields" + "/a" * 250, 1),
        edit("/fields/x", {"k" * 600: 1}),
        edit("/fields/" + "k" * 400, {"k" * 100: {"j" * 100: 1}}),
        edit("/fields/x", [0] * (MAX_VALUE_ITEMS + 1)),
        edit("/fields/x", [[{"a": 1}] * 100] * 100),
    ],
    ids=["deep path", "long key", "long path to a leaf", "many values", "many values in lists"],
)
def test_an_edit_that_no_record_could_name_is_a_bad_message(text: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_message(text)
    assert caught.value.code is ErrorCode.BAD_MESSAGE


def flow(template: str = "outpatient") -> Flow:
    return Flow(_readers().composer(template=template, language=Language.EN, recognised=True))


def finished(dictation: Flow) -> Record:
    *_, last = dictation.handle(Stop())
    assert isinstance(last, Finished)
    encode_message(Closed.of(last.record, total_samples=0))
    return last.record


def take(dictation: Flow, text: str) -> None:
    message = decode_client_message(text)
    assert isinstance(message, FieldEdit)
    list(dictation.handle(Edit(message.path, message.value)))


def test_the_deepest_edit_that_is_taken_can_be_sent_back() -> None:
    value: JsonValue = 1
    for _ in range(MAX_VALUE_DEPTH - 1):
        value = [value]
    message = decode_client_message(edit("/fields" + "/a" * (MAX_EDITED_STEPS - 1), value))
    assert isinstance(message, FieldEdit)
    (pointer,) = leaves(message.value, message.path)
    encode_message(FieldUpdate(path=pointer, value=1, state=FieldState.EDITED))
    dictation = flow()
    list(dictation.handle(Edit(message.path, message.value)))
    finished(dictation)


def test_an_edited_list_says_each_value_once_and_not_the_list_at_each() -> None:
    dictation = flow()
    take(dictation, edit("/fields/plan", ["x" * 200] * 1000))
    record = finished(dictation)
    assert len(record.evidence) == 1000
    assert len(record.to_json()) < 1_000_000
    assert record.evidence["/fields/plan/7"].text == "x" * 200


def test_edits_together_are_bounded_and_the_record_still_comes() -> None:
    dictation = flow()
    for number in range(4):
        take(dictation, edit(f"/fields/comparison{number}", "x" * 200_000))
    with pytest.raises(BadPointer):
        take(dictation, edit("/fields/comparison4", "x" * 200_000))
    take(dictation, edit("/fields/comparison0", "short"))
    assert finished(dictation).fields["comparison0"] == "short"


@pytest.mark.parametrize("odd", [["left"], {"a": 1}, 5, True])
@pytest.mark.parametrize("key", ["finding", "laterality", "location", "presence", "change"])
def test_checks_take_whatever_a_person_writes_into_a_field(key: str, odd: JsonValue) -> None:
    entry = {"finding": "effusion", "presence": "present", "laterality": "left", key: odd}
    dictation = flow()
    take(dictation, edit("/fields/impression", ["Right effusion."]))
    for field in ("findings", "exam", "diagnoses"):
        take(dictation, edit(f"/fields/{field}", [entry, {**entry, "problem": odd}]))
    assert finished(dictation).fields["findings"]


@pytest.mark.parametrize("argument", ["normal | chest", "|", " ", r"\1", r"\d", "a\\", "{text}", "\x00", "x" * 4000])
@pytest.mark.parametrize("name", ["insert", "type", "replace", "select", "section", "spell", "undo", "delete"])
def test_a_command_with_an_odd_argument_is_carried_out_or_unknown(name: str, argument: str) -> None:
    dictation = flow("chest_xray")
    with suppress(UnknownCommand):
        list(dictation.handle(Instruct(name, argument)))
    finished(dictation)


def test_an_outbox_is_full_by_weight_too() -> None:
    outbox = Outbox(capacity=100, capacity_bytes=5_000)
    while outbox.room:
        assert len(outbox) < 100
        outbox.put(Finalized(up_to_sample=0))
    assert outbox.congested
    with pytest.raises(FullError):
        outbox.put(Finalized(up_to_sample=0))
    outbox.show("tail", Tail(text="goes on"))
    outbox.take()
    outbox.acknowledge(outbox.last_seq)
    assert outbox.room == 100
    assert not outbox.congested


def test_messages_that_the_conductor_has_not_taken_are_bounded_by_weight() -> None:
    settings = ServerSessionSettings(max_pending_bytes=1_000_000)
    session = ServerSession(SessionId("s"), SessionToken("t"), now=0, settings=settings)
    attachment = session.attach(Start(template="chest_xray", language=Language.EN), now=0)
    for _ in range(100):
        session.receive_text(edit("/fields/x", "x" * 200_000), attachment=attachment, now=0)
    assert session.pending_events < 10
    assert not session.is_open(attachment)
    last = session.data_to_send(attachment)[-1]
    assert json.loads(last)["code"] == ErrorCode.OVERLOADED.value
    assert ErrorReport.model_validate_json(last)
    session.events_received()
    attachment = resumed(session)
    session.receive_text(encode_message(Finalize()), attachment=attachment, now=0)
    assert session.is_open(attachment)


def resumed(session: ServerSession) -> AttachmentId:
    resume = {"session": "s", "token": "t", "last_seq": 0}
    return session.attach(Start.model_validate({"template": "chest_xray", "language": "en", "resume": resume}), now=0)
