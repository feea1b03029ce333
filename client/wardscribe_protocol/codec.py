"""Text frames to messages and back. The only place that meets a peer's JSON; its errors carry none of it."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from wardscribe_protocol.errors import ERRORS, ErrorCode, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.messages import ClientMessage, ServerMessage
from wardscribe_protocol.wire import MAX_CLIENT_MESSAGE_BYTES, MAX_SERVER_MESSAGE_BYTES, FromClient, WireModel

M = TypeVar("M")

_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)


def decode_client_message(text: str) -> ClientMessage:
    """A text frame from a client.

    Raises: RemoteProtocolError (`bad_message`, `unknown_message_type`, `message_too_large`, `unknown_language`), and
    nothing else.
    """
    return _decode(_CLIENT, text, MAX_CLIENT_MESSAGE_BYTES)


def decode_server_message(text: str) -> ServerMessage:
    """A text frame from a server.

    Raises: RemoteProtocolError (`bad_message`, `unknown_message_type`, `message_too_large`), and nothing else.
    """
    return _decode(_SERVER, text, MAX_SERVER_MESSAGE_BYTES)


def encode_message(message: WireModel) -> str:
    """A message as one line of JSON; absent values are left out.

    Raises: LocalProtocolError (`message_too_large`).
    """
    text = message.model_dump_json(by_alias=True, exclude_none=True)
    limit = MAX_CLIENT_MESSAGE_BYTES if isinstance(message, FromClient) else MAX_SERVER_MESSAGE_BYTES
    if len(text.encode()) > limit:
        raise LocalProtocolError(ErrorCode.MESSAGE_TOO_LARGE)
    return text


def _decode(adapter: TypeAdapter[M], text: str, limit_bytes: int) -> M:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise RemoteProtocolError(ErrorCode.BAD_MESSAGE) from None
    if len(data) > limit_bytes:
        raise RemoteProtocolError(ErrorCode.MESSAGE_TOO_LARGE)
    try:
        return adapter.validate_json(data, strict=True)
    except ValidationError as error:
        # `from None`: the chained error could name keys that the peer made up
        raise _fault(error.errors(include_url=False, include_context=False, include_input=False)[0]) from None


def _fault(error: ErrorDetails) -> RemoteProtocolError:
    if error["type"] == "union_tag_invalid":
        return RemoteProtocolError(ErrorCode.UNKNOWN_MESSAGE_TYPE)
    loc = error["loc"]
    if loc == ("start", "language") and error["type"] == "enum":
        return RemoteProtocolError(ErrorCode.UNKNOWN_LANGUAGE)
    # Only the first two parts: the message's type is ours, and so is its key unless it is a forbidden one.
    where = ".".join(str(part) for part in loc[:2] if error["type"] != "extra_forbidden")
    detail = f"{where}: {error['type']}" if where else error["type"]
    return RemoteProtocolError(ErrorCode.BAD_MESSAGE, f"{ERRORS[ErrorCode.BAD_MESSAGE].meaning} ({detail})")
