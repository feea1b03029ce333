import pytest

from wardscribe_protocol.errors import (
    ERRORS,
    ErrorCode,
    ErrorScope,
    FullError,
    InputError,
    LocalProtocolError,
    RefusedError,
    RemoteProtocolError,
    ServerUnreachableError,
    WardscribeError,
)


def test_every_code_says_what_it_means_and_what_it_ends() -> None:
    assert set(ERRORS) == set(ErrorCode)
    assert all(spec.meaning.endswith(".") for spec in ERRORS.values())


@pytest.mark.parametrize("kind", [LocalProtocolError, RemoteProtocolError, RefusedError])
def test_an_error_speaks_in_its_codes_words_unless_given_others(kind: type[WardscribeError]) -> None:
    assert str(kind(ErrorCode.BAD_TOKEN)) == ERRORS[ErrorCode.BAD_TOKEN].meaning
    assert str(kind(ErrorCode.BAD_TOKEN, "other words")) == "other words"


def test_an_error_knows_what_is_over_for_the_client() -> None:
    assert RefusedError(ErrorCode.BAD_TOKEN).scope is ErrorScope.SESSION
    assert RemoteProtocolError(ErrorCode.BAD_SEQ).scope is ErrorScope.CONNECTION
    assert RemoteProtocolError(ErrorCode.BAD_FRAME).scope is ErrorScope.NONE


def test_an_input_error_is_the_line_to_show() -> None:
    error = InputError("notes.txt: not audio")
    assert (error.code, str(error)) == (ErrorCode.BAD_INPUT, "notes.txt: not audio")
    assert InputError("no such template", code=ErrorCode.UNKNOWN_TEMPLATE).code is ErrorCode.UNKNOWN_TEMPLATE


def test_errors_of_this_machine_have_codes_too() -> None:
    assert FullError().code is ErrorCode.BUFFER_FULL
    assert ServerUnreachableError("ws://127.0.0.1:1 refused").code is ErrorCode.SERVER_UNREACHABLE
