"""One error tree and the stable codes that travel on the wire; knows nothing of sockets or exit codes.

    WardscribeError(code, message)
    ├── ProtocolError
    │   ├── LocalProtocolError      this side asked for what the protocol does not allow: a bug here
    │   └── RemoteProtocolError     the peer sent what the protocol does not allow
    ├── RefusedError                a request in good form that is turned down
    ├── FullError                   a bounded buffer has no room; nothing was taken, nothing was dropped
    ├── ServerUnreachableError      the server could not be reached
    └── InputError                  a file or an argument that cannot be used

Messages never hold spoken content, names or field values. The exception is `InputError`: it may name a file and a
line, and is shown to the person who gave them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ErrorScope(StrEnum):
    """What is over for a client that receives the error."""

    NONE = "none"
    CONNECTION = "connection"
    SESSION = "session"


class ErrorCode(StrEnum):
    """Stable codes; what each means and ends is in `ERRORS`."""

    BAD_FRAME = "bad_frame"
    FRAME_TOO_LARGE = "frame_too_large"
    UNSUPPORTED_VERSION = "unsupported_version"
    BAD_SAMPLE_OFFSET = "bad_sample_offset"
    CREDIT_EXCEEDED = "credit_exceeded"
    BAD_MESSAGE = "bad_message"
    UNKNOWN_MESSAGE_TYPE = "unknown_message_type"
    MESSAGE_TOO_LARGE = "message_too_large"
    UNEXPECTED_MESSAGE = "unexpected_message"
    BAD_SEQ = "bad_seq"
    TOO_MANY_ERRORS = "too_many_errors"
    OVERLOADED = "overloaded"
    TOTAL_MISMATCH = "total_mismatch"
    UNKNOWN_COMMAND = "unknown_command"
    BAD_FIELD = "bad_field"
    UNKNOWN_TEMPLATE = "unknown_template"
    UNKNOWN_LANGUAGE = "unknown_language"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    LOCKED_OUT = "locked_out"
    RATE_LIMITED = "rate_limited"
    LOGIN_UNAVAILABLE = "login_unavailable"
    TOKEN_IN_URL = "token_in_url"  # noqa: S105 - the name of an error, not a secret
    UNKNOWN_SESSION = "unknown_session"
    BAD_TOKEN = "bad_token"  # noqa: S105 - the name of an error, not a secret
    SESSION_TAKEN_OVER = "session_taken_over"
    AUDIO_LOST = "audio_lost"
    LEASE_EXPIRED = "lease_expired"
    IDLE_TIMEOUT = "idle_timeout"
    STORAGE_FULL = "storage_full"
    TOO_MANY_SESSIONS = "too_many_sessions"
    SERVER_STOPPING = "server_stopping"
    INTERNAL = "internal"
    BUFFER_FULL = "buffer_full"
    SERVER_UNREACHABLE = "server_unreachable"
    BAD_INPUT = "bad_input"
    UNKNOWN_RECORD = "unknown_record"
    WRONG_STATE = "wrong_state"
    STALE_REVISION = "stale_revision"
    CHECKS_FAILED = "checks_failed"
    UNCONFIRMED_VALUES = "unconfirmed_values"
    RECORD_BROKEN = "record_broken"
    RECORDS_UNAVAILABLE = "records_unavailable"
    UNKNOWN_ADDRESS = "unknown_address"
    WRONG_METHOD = "wrong_method"


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """What a code ends and what it says; the sentence is also the wire's `message`."""

    scope: ErrorScope
    meaning: str


_NONE, _CONNECTION, _SESSION = ErrorScope.NONE, ErrorScope.CONNECTION, ErrorScope.SESSION

ERRORS: Mapping[ErrorCode, ErrorSpec] = MappingProxyType(
    {
        ErrorCode.BAD_FRAME: ErrorSpec(_NONE, "The binary frame is not a well-formed audio frame; it was ignored."),
        ErrorCode.FRAME_TOO_LARGE: ErrorSpec(_NONE, "The audio frame holds more than one second; it was ignored."),
        ErrorCode.UNSUPPORTED_VERSION: ErrorSpec(_SESSION, "The peer speaks another version of the protocol."),
        ErrorCode.BAD_SAMPLE_OFFSET: ErrorSpec(
            _NONE, "Audio is missing before this frame; send again from `next_sample`."
        ),
        ErrorCode.CREDIT_EXCEEDED: ErrorSpec(_CONNECTION, "Audio was sent beyond the credit given; resume."),
        ErrorCode.BAD_MESSAGE: ErrorSpec(_NONE, "The text frame is not a well-formed message; it was ignored."),
        ErrorCode.UNKNOWN_MESSAGE_TYPE: ErrorSpec(_NONE, "The message's `type` is not known; it was ignored."),
        ErrorCode.MESSAGE_TOO_LARGE: ErrorSpec(_NONE, "The text frame is larger than allowed; it was ignored."),
        ErrorCode.UNEXPECTED_MESSAGE: ErrorSpec(_NONE, "The message does not fit the session's state; it was ignored."),
        ErrorCode.BAD_SEQ: ErrorSpec(_CONNECTION, "A sequence number is missing or was never sent; resume."),
        ErrorCode.TOO_MANY_ERRORS: ErrorSpec(_CONNECTION, "Too many faulty frames on one connection."),
        ErrorCode.OVERLOADED: ErrorSpec(
            _CONNECTION, "More was sent than the server has handled; the last was not taken, resume."
        ),
        ErrorCode.TOTAL_MISMATCH: ErrorSpec(_NONE, "`total_samples` contradicts what was sent; it was ignored."),
        ErrorCode.UNKNOWN_COMMAND: ErrorSpec(_NONE, "The command's name is not known; it was ignored."),
        ErrorCode.BAD_FIELD: ErrorSpec(_NONE, "The path or the value does not fit the template; it was ignored."),
        ErrorCode.UNKNOWN_TEMPLATE: ErrorSpec(_SESSION, "The template is not known."),
        ErrorCode.UNKNOWN_LANGUAGE: ErrorSpec(_SESSION, "The language is not known."),
        ErrorCode.UNAUTHORIZED: ErrorSpec(
            _SESSION, "The access token is missing, wrong, expired or revoked; get another."
        ),
        ErrorCode.FORBIDDEN: ErrorSpec(_NONE, "Your token or your role does not allow this; nothing was done."),
        ErrorCode.LOCKED_OUT: ErrorSpec(_CONNECTION, "Too many failed logins; try again after the time given."),
        ErrorCode.RATE_LIMITED: ErrorSpec(_CONNECTION, "Too many requests; try again after the time given."),
        ErrorCode.LOGIN_UNAVAILABLE: ErrorSpec(_CONNECTION, "Access tokens cannot be checked now; try again later."),
        ErrorCode.TOKEN_IN_URL: ErrorSpec(
            _SESSION,
            "An access token came in the address, where logs keep it: revoke it, send another in a header.",
        ),
        ErrorCode.UNKNOWN_SESSION: ErrorSpec(_SESSION, "The session to resume is not here or is over."),
        ErrorCode.BAD_TOKEN: ErrorSpec(_SESSION, "The session's token is wrong."),
        ErrorCode.SESSION_TAKEN_OVER: ErrorSpec(_SESSION, "A newer connection has taken the session over."),
        ErrorCode.AUDIO_LOST: ErrorSpec(_SESSION, "The server no longer has audio that it had called safe."),
        ErrorCode.LEASE_EXPIRED: ErrorSpec(_SESSION, "No client came back in time; what was received is kept."),
        ErrorCode.IDLE_TIMEOUT: ErrorSpec(
            _CONNECTION, "Nothing was received for too long; the session can be resumed."
        ),
        ErrorCode.STORAGE_FULL: ErrorSpec(_CONNECTION, "The server cannot store more; keep the audio and try later."),
        ErrorCode.TOO_MANY_SESSIONS: ErrorSpec(_CONNECTION, "The server has no place for another session; try later."),
        ErrorCode.SERVER_STOPPING: ErrorSpec(_CONNECTION, "The server is stopping; resume when it is back."),
        ErrorCode.INTERNAL: ErrorSpec(_SESSION, "The server failed; audio that it called safe is kept."),
        ErrorCode.BUFFER_FULL: ErrorSpec(_NONE, "A bounded buffer has no room; nothing was taken. Never on the wire."),
        ErrorCode.SERVER_UNREACHABLE: ErrorSpec(_CONNECTION, "The server could not be reached. Never on the wire."),
        ErrorCode.BAD_INPUT: ErrorSpec(_NONE, "A file or an argument cannot be used. Never on the wire."),
        ErrorCode.UNKNOWN_RECORD: ErrorSpec(_NONE, "There is no such record, or no such version of it."),
        ErrorCode.WRONG_STATE: ErrorSpec(_NONE, "The state of the report does not allow this."),
        ErrorCode.STALE_REVISION: ErrorSpec(_NONE, "The report was changed since you read it; read it again."),
        ErrorCode.CHECKS_FAILED: ErrorSpec(_NONE, "A check of severity error stands against signing."),
        ErrorCode.UNCONFIRMED_VALUES: ErrorSpec(
            _NONE, "Values that the machine filled are not confirmed; confirm them, or sign with acknowledgement."
        ),
        ErrorCode.RECORD_BROKEN: ErrorSpec(
            _NONE, "What is stored does not fit its seal or its hash; it was changed from outside."
        ),
        ErrorCode.RECORDS_UNAVAILABLE: ErrorSpec(_NONE, "The database of records does not answer; try again."),
        ErrorCode.UNKNOWN_ADDRESS: ErrorSpec(_NONE, "There is nothing at this address."),
        ErrorCode.WRONG_METHOD: ErrorSpec(
            _NONE, "This address cannot be asked with this method; `allow` says with which."
        ),
    }
)


class WardscribeError(Exception):
    """Base of every error that Wardscribe raises on purpose."""

    def __init__(self, code: ErrorCode, message: str | None = None) -> None:
        self.code = code
        self.message = ERRORS[code].meaning if message is None else message
        super().__init__(self.message)

    @property
    def scope(self) -> ErrorScope:
        """What is over for a client that receives this error."""
        return ERRORS[self.code].scope


class ProtocolError(WardscribeError):
    """The protocol was broken; the two subclasses say by whom."""


class LocalProtocolError(ProtocolError):
    """This side asked for something that the protocol does not allow: a bug here."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the protocol does not allow."""


class RefusedError(WardscribeError):
    """A request in good form that is turned down: unknown template, wrong token, no place left."""


class FullError(WardscribeError):
    """A bounded buffer has no room. Nothing was taken: keep it and try again later."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(ErrorCode.BUFFER_FULL, message)


class ServerUnreachableError(WardscribeError):
    """The server could not be reached."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(ErrorCode.SERVER_UNREACHABLE, message)


class InputError(WardscribeError):
    """A file or an argument that cannot be used; `message` is the one line to show."""

    def __init__(self, message: str, *, code: ErrorCode = ErrorCode.BAD_INPUT) -> None:
        super().__init__(code, message)
