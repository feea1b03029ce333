import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from wardscribe_protocol import codec
from wardscribe_protocol.codec import decode_client_message, decode_server_message, encode_message
from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.messages import (
    Busy,
    CheckUpdate,
    ClientAck,
    ClientMessage,
    Closed,
    Command,
    Commit,
    CommittedWord,
    Configure,
    Context,
    Correction,
    ErrorReport,
    FieldEdit,
    FieldState,
    FieldUpdate,
    Final,
    Finalize,
    Finalized,
    GoAway,
    Lag,
    OrderContext,
    PatientContext,
    Ready,
    Resume,
    ServerAck,
    ServerMessage,
    Start,
    Stop,
    Tail,
)
from wardscribe_protocol.record import Evidence, Language, Record, Severity
from wardscribe_protocol.wire import MAX_CLIENT_MESSAGE_BYTES

CONTEXT = Context(
    patient=PatientContext(name="王芳", age_years=54, sex="female", mrn="000123"),
    order=OrderContext(accession="A1", procedure="胸部正位", laterality="left", reason="咳嗽"),
    glossary=("肺门", "Zhang"),
)
CLIENT_MESSAGES: list[ClientMessage] = [
    Start(template="chest_xray", language=Language.ZH, token="access", context=CONTEXT),
    Start(template="us_thyroid", language=Language.EN, resume=Resume(session="s", token="t", last_seq=3, attempt=2)),
    Configure(seq=1, language=Language.EN, context=CONTEXT),
    Command(seq=2, name="insert_macro", args={"macro": "normal_chest", "confirm": True}, at_sample=3200),
    FieldEdit(seq=3, path="/fields/findings/0", value={"finding": "effusion", "size_mm": [3, 4.5]}, at_sample=0),
    FieldEdit(path="/fields/heart_size"),
    Finalize(),
    Stop(total_samples=16_000),
    ClientAck(seq=9),
]
SERVER_MESSAGES: list[ServerMessage] = [
    Ready(session="s", token="t", credit_samples=480_000, next_sample=3, safe_samples=2, client_seq=1, resumed=True),
    ServerAck(safe_samples=1, next_sample=2, credit_samples=3, client_seq=4),
    Tail(text="双肺😀"),
    Commit(seq=1, words=(CommittedWord(id=0, text="heart", start_ms=0, end_ms=320, confidence=0.97),)),
    Final(seq=2, segment=0, text="Heart.", corrections=(Correction(heard="hart", written="heart", why="s", score=1),)),
    FieldUpdate(
        seq=3,
        path="/fields/count",
        value=2,
        evidence=Evidence(text="two", chars=(0, 3), audio_ms=(1, 2), confidence=1),
        state=FieldState.PROPOSED,
    ),
    FieldUpdate(seq=4, path="/fields/count", state=FieldState.WITHDRAWN),
    CheckUpdate(seq=5, code="laterality_mismatch", severity=Severity.ERROR, path="/fields/impression/0", message="m"),
    Finalized(seq=6, up_to_sample=7),
    Lag(seconds=1.5),
    Busy(retry_after_s=2),
    GoAway(reason="restart", retry_after_s=3),
    ErrorReport.of(ErrorCode.BAD_SAMPLE_OFFSET, next_sample=5),
]


@pytest.mark.parametrize("message", CLIENT_MESSAGES, ids=lambda message: message.type)
def test_a_client_message_comes_back_as_it_was_sent(message: ClientMessage) -> None:
    assert decode_client_message(encode_message(message)) == message


@pytest.mark.parametrize("message", SERVER_MESSAGES, ids=lambda message: message.type)
def test_a_server_message_comes_back_as_it_was_sent(message: ServerMessage) -> None:
    assert decode_server_message(encode_message(message)) == message


def test_every_kind_of_message_is_tried() -> None:
    kinds = {
        "start configure command field_edit finalize stop ack".replace(" ", "|"): CLIENT_MESSAGES,
        "ready ack tail commit final field check finalized lag busy goaway error".replace(" ", "|"): SERVER_MESSAGES,
    }
    for names, messages in kinds.items():
        assert {message.type for message in messages} == set(names.split("|"))


def test_a_record_keeps_its_hash_over_the_wire(record: Record) -> None:
    rich = record.model_copy(
        update={
            "fields": {"b": 1e-7, "a": [{"count": 2, "x": "胸"}], "size_mm": [3.0, 4]},
            "evidence": {"/fields/b": Evidence(text="t", chars=(0, 1), confidence=1, computed_from=("/fields/a",))},
        }
    )
    closed = Closed.of(rich, total_samples=1)
    text = encode_message(closed)
    assert decode_server_message(text) == closed
    assert decode_server_message(json.dumps(json.loads(text))) == closed


def test_absent_values_are_left_out() -> None:
    assert json.loads(encode_message(FieldEdit(seq=1, path="/fields/count"))) == {
        "type": "field_edit",
        "seq": 1,
        "path": "/fields/count",
    }


def test_a_server_may_add_keys_and_a_client_may_not() -> None:
    assert decode_server_message('{"type":"tail","text":"a","new":1}') == Tail(text="a")
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_message('{"type":"stop","total_samples":1,"new":1}')
    assert caught.value.code is ErrorCode.BAD_MESSAGE


def test_an_error_says_where_but_never_what() -> None:
    canary = "canary_7f3a"
    texts = [
        f'{{"type":"{canary}"}}',
        f'{{"type":"start","template":"{canary.upper()}","language":"en"}}',
        f'{{"type":"start","template":"t","language":"{canary}"}}',
        f'{{"type":"stop","total_samples":1,"{canary}":1}}',
        f'{{"type":"command","name":"n","args":{{"{canary}":null}}}}',
        f'{{"type":"command","name":"n","args":{{"{canary}-":1}}}}',
        f'{{"type":"start","template":"t","language":"en","context":{{"patient":{{"{canary}":1}}}}}}',
        f'{{"type":"field_edit","path":"{canary}","value":1}}',
        f"{canary}",
    ]
    for text in texts:
        with pytest.raises(RemoteProtocolError) as caught:
            decode_client_message(text)
        error = caught.value
        assert canary not in f"{error!r} {error} {error.__cause__}"
        assert error.__suppress_context__
    with pytest.raises(RemoteProtocolError, match=r"start\.template: string_pattern_mismatch"):
        decode_client_message(texts[1])


def test_a_language_that_is_not_known_has_its_own_code() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_message('{"type":"start","template":"chest_xray","language":"de"}')
    assert caught.value.code is ErrorCode.UNKNOWN_LANGUAGE


def test_a_message_that_the_peer_would_refuse_for_its_size_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode_message(FieldEdit(path="/fields/history", value="肺" * (MAX_CLIENT_MESSAGE_BYTES // 3)))
    assert caught.value.code is ErrorCode.MESSAGE_TOO_LARGE
    monkeypatch.setattr(codec, "MAX_SERVER_MESSAGE_BYTES", 100)
    with pytest.raises(LocalProtocolError):
        encode_message(Tail(text="a" * 100))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = {key for message in CLIENT_MESSAGES + SERVER_MESSAGES for key in type(message).model_fields}
keys = st.sampled_from(sorted(KEYS))
kinds = st.sampled_from([message.type for message in CLIENT_MESSAGES + SERVER_MESSAGES] + ["closed", "nothing"])


@given(st.dictionaries(keys, json_values, max_size=5), kinds, st.booleans())
def test_any_json_object_is_a_message_or_a_coded_error(body: dict[str, object], kind: str, typed: bool) -> None:
    text = json.dumps(body | {"type": kind} if typed else body)
    for decode in (decode_client_message, decode_server_message):
        try:
            message = decode(text)
        except RemoteProtocolError:
            continue
        assert decode(encode_message(message)) == message


@given(
    st.text(alphabet=st.characters(), max_size=60), st.sampled_from([*map(encode_message, CLIENT_MESSAGES)]), st.data()
)
def test_any_text_is_a_message_or_a_coded_error(noise: str, valid: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(valid)))
    for text in (noise, valid[:cut], valid[:cut] + noise, valid[:cut] + noise + valid[cut:]):
        for decode in (decode_client_message, decode_server_message):
            try:
                decode(text)
            except RemoteProtocolError:
                continue


def test_the_unions_are_closed_sets() -> None:
    client = TypeAdapter(ClientMessage).json_schema()["discriminator"]["mapping"]
    server = TypeAdapter(ServerMessage).json_schema()["discriminator"]["mapping"]
    assert len(client) == 7
    assert len(server) == 13
