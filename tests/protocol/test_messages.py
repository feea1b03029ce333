import pytest
from pydantic import ValidationError

from wardscribe_protocol.errors import ERRORS, ErrorCode
from wardscribe_protocol.messages import (
    Closed,
    Command,
    ErrorReport,
    FieldEdit,
    FieldState,
    FieldUpdate,
    Ready,
    Resume,
    Start,
    record_sha256,
)
from wardscribe_protocol.record import Language, Record


def test_messages_are_immutable(start: Start) -> None:
    with pytest.raises(ValidationError):
        start.template = "other"


def test_secrets_do_not_show_when_a_message_is_printed() -> None:
    secret = "canary-7f3a"
    resume = Resume(session="s", token=secret, last_seq=0)
    start = Start(template="chest_xray", language=Language.EN, token=secret, resume=resume)
    ready = Ready(session="s", token=secret, credit_samples=0)
    assert secret not in repr(start) + repr(ready) + str(start) + str(ready)


@pytest.mark.parametrize("path", ["", "/fields/heart_size", "/fields/findings/0/size_mm", "/a~0b~1c"])
def test_a_field_is_named_by_a_json_pointer(path: str) -> None:
    assert FieldEdit(path=path, value=1).path == path


@pytest.mark.parametrize("path", ["fields", "/a~2", "/" + "a" * 600])
def test_what_is_no_json_pointer_names_no_field(path: str) -> None:
    with pytest.raises(ValidationError):
        FieldEdit(path=path, value=1)


def test_only_a_withdrawn_field_has_no_value() -> None:
    assert FieldUpdate(path="/fields/count", state=FieldState.WITHDRAWN).value is None
    with pytest.raises(ValidationError):
        FieldUpdate(path="/fields/count", state=FieldState.PROPOSED)
    with pytest.raises(ValidationError):
        FieldUpdate(path="/fields/count", value=2, state=FieldState.WITHDRAWN)


def test_a_command_carries_few_arguments() -> None:
    with pytest.raises(ValidationError):
        Command(name="insert_macro", args={f"a{n}": n for n in range(17)})


def test_a_closing_message_is_bound_to_its_record(record: Record) -> None:
    closed = Closed.of(record, total_samples=7)
    assert closed.record_sha256 == record_sha256(record)
    with pytest.raises(ValidationError):
        Closed(total_samples=7, record=record, record_sha256="0" * 64)


def test_an_error_report_speaks_in_its_codes_words() -> None:
    report = ErrorReport.of(ErrorCode.BAD_SAMPLE_OFFSET, next_sample=9)
    assert report.message == ERRORS[ErrorCode.BAD_SAMPLE_OFFSET].meaning
    assert ErrorReport.of(ErrorCode.INTERNAL, "the engine stopped").message == "the engine stopped"


def test_an_edit_whose_values_have_no_pointer_that_fits_is_no_message() -> None:
    deep = {"x" * 300: {"y" * 300: "z"}}
    with pytest.raises(ValidationError):
        FieldEdit(path="/fields/history", value=deep)


def test_an_edit_leads_no_deeper_than_a_record_can_be_read() -> None:
    with pytest.raises(ValidationError):
        FieldEdit(path="/fields" + "/0" * 40, value="x")
