"""The HTTP connection to a server: asks it what `report_calls` has as values, async or sync.

Owns how answers become values or errors. Logs nothing, and no error of its own holds what was sent or answered.
"""

from enum import StrEnum
from ssl import SSLCertVerificationError, SSLContext, SSLError
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
from pydantic import ValidationError

from wardscribe_client.address import ServerAddress
from wardscribe_client.credentials import Credentials
from wardscribe_client.report_calls import Call
from wardscribe_protocol.errors import (
    ERRORS,
    ErrorCode,
    RefusedError,
    RemoteProtocolError,
    ServerUnreachableError,
    WardscribeError,
)
from wardscribe_protocol.wire import FromServer

T = TypeVar("T")
_WITHIN_S: Final = 15.0
_MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024


class _Refusal(FromServer):
    code: str
    message: str = ""
    retry_after_s: float | None = None


class Away(StrEnum):
    """Why a server could not be reached; each wants something else done."""

    NOTHING_THERE = "server_unreachable"
    TIMEOUT = "timeout"
    NOT_TRUSTED = "not_trusted"
    NO_TLS = "no_tls"


class ServerAwayError(ServerUnreachableError):
    """The server could not be reached, and why."""

    def __init__(self, away: Away, message: str) -> None:
        super().__init__(message)
        self.away = away


class NotAServerError(RemoteProtocolError):
    """Something else answers at the address, or a server of another version."""


class Reports:
    """For programs that wait, and for worker threads. Not for two threads at once."""

    def __init__(self, server: ServerAddress, *, credentials: Credentials | None = None) -> None:
        self._server = server
        self._credentials = credentials or Credentials()
        # Environment variables of proxies are not for a hospital's own server, and redirects could lead a token away.
        self._http = httpx.Client(
            base_url=server.http, timeout=_WITHIN_S, trust_env=False, verify=_trust(self._credentials, server)
        )

    def ask(self, call: Call[T]) -> T:
        """The answer.

        Raises: RefusedError, ServerUnreachableError, RemoteProtocolError, InputError (the token cannot be sent).
        """
        request = self._http.build_request(
            call.method, call.path, params=call.query, content=call.body, headers=_headers(call, self)
        )
        try:
            response = self._http.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(self._server, error) from error
        return _answer(self._server, call, response)

    def headers(self) -> dict[str, str]:
        """What is shown at the door; read anew for every question, so that a renewed token counts at once."""
        return self._credentials.headers(self._server.http)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncReports:
    """For programs with an event loop."""

    def __init__(self, server: ServerAddress, *, credentials: Credentials | None = None) -> None:
        self._server = server
        self._credentials = credentials or Credentials()
        self._http = httpx.AsyncClient(
            base_url=server.http, timeout=_WITHIN_S, trust_env=False, verify=_trust(self._credentials, server)
        )

    async def ask(self, call: Call[T]) -> T:
        """The answer.

        Raises: RefusedError, ServerUnreachableError, RemoteProtocolError, InputError (the token cannot be sent).
        """
        request = self._http.build_request(
            call.method, call.path, params=call.query, content=call.body, headers=_headers(call, self)
        )
        try:
            response = await self._http.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(self._server, error) from error
        return _answer(self._server, call, response)

    def headers(self) -> dict[str, str]:
        """What is shown at the door."""
        return self._credentials.headers(self._server.http)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _headers(call: Call[T], shown: Reports | AsyncReports) -> dict[str, str]:
    return shown.headers() | ({} if call.body is None else {"Content-Type": "application/json"})


def _trust(credentials: Credentials, server: ServerAddress) -> SSLContext | bool:
    context = credentials.context(server.http)
    return True if context is None else context


def _answer(server: ServerAddress, call: Call[T], response: httpx.Response) -> T:
    if len(response.content) > _MAX_ANSWER_BYTES:
        raise RemoteProtocolError(ErrorCode.MESSAGE_TOO_LARGE, f"{server.http} answered with too much.")
    if response.is_success:
        try:
            return call.read(response.content)
        except (ValidationError, UnicodeDecodeError):
            raise _no_server(server) from None
    try:
        said = _Refusal.model_validate_json(response.content)
    except ValidationError:
        raise _no_server(server) from None
    code = ErrorCode(said.code) if said.code in set(ErrorCode) else ErrorCode.INTERNAL
    message = said.message or ERRORS[code].meaning
    if said.retry_after_s is not None:
        message += f" ({said.retry_after_s:.0f} s)"
    raise RefusedError(code, message)


def _no_server(server: ServerAddress) -> WardscribeError:
    return NotAServerError(
        ErrorCode.BAD_MESSAGE,
        f"what answers at {server.http} is no Wardscribe server of this version; check address and port",
    )


def _unreachable(server: ServerAddress, error: httpx.HTTPError | httpx.InvalidURL) -> WardscribeError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SSLError):
        cause = cause.__cause__ or cause.__context__
    where = server.http
    if isinstance(cause, SSLCertVerificationError):
        said = f"the server at {where} is not who it should be ({cause.verify_message}); a private authority is named"
        return ServerAwayError(Away.NOT_TRUSTED, f"{said} with --ca")
    if isinstance(cause, SSLError):
        return ServerAwayError(
            Away.NO_TLS, f"{where} does not encrypt; begin the address with http:// if it should not"
        )
    if isinstance(error, httpx.TimeoutException):
        return ServerAwayError(Away.TIMEOUT, f"{where} does not answer in time; is this machine on its network?")
    return ServerAwayError(
        Away.NOTHING_THERE, f"no dictation server answers at {where}; check address, port and network"
    )
