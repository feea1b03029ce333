"""The door in front of HTTP routes: each is served only to those whom the policy lets in, and only bodies of a size.

A handler finds who asks in `request.state.principal`; behind an open route that is `NOBODY`. Knows no route by name.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutinefunction

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Message, Receive

from wardscribe_protocol.errors import ERRORS, ErrorCode, RefusedError
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.door import Door, bearer, refuse_token_in
from wardscribe_server.access.policy import WEBSOCKET, Known, Need, NoPolicyError, Open, need_of
from wardscribe_server.access.principal import NOBODY, Principal
from wardscribe_server.audit.event import AuditAction, AuditOutcome

Endpoint = Callable[[Request], Awaitable[Response]]

_STATUS = {
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.LOCKED_OUT: 429,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.LOGIN_UNAVAILABLE: 503,
    ErrorCode.STORAGE_FULL: 503,
    ErrorCode.INTERNAL: 500,
    ErrorCode.MESSAGE_TOO_LARGE: 413,
    ErrorCode.UNKNOWN_ADDRESS: 404,
    ErrorCode.WRONG_METHOD: 405,
}
_PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Guard:
    """Wraps the routes of one server."""

    def __init__(self, door: Door, *, max_body_bytes: int) -> None:
        self._door = door
        self._max_body_bytes = max_body_bytes

    def protected(self, routes: Sequence[BaseRoute]) -> list[BaseRoute]:
        """The same routes, each behind what the policy says. Websockets let themselves in: see `gateway`.

        Raises: NoPolicyError for a route without an entry, or of a kind that cannot be looked up.
        """
        return [self._protected(route) for route in routes]

    def _protected(self, route: BaseRoute) -> BaseRoute:
        if isinstance(route, WebSocketRoute):
            need_of(WEBSOCKET, route.path)
            return route
        if not isinstance(route, Route):
            raise NoPolicyError(f"{type(route).__name__} cannot be looked up in access/policy.py")
        methods = sorted((route.methods or set()) - {"HEAD"})
        if not methods:
            raise NoPolicyError(f"{route.path} must name its methods")
        needs = {method: need_of(method, route.path) for method in methods}
        endpoint = _awaitable(route.endpoint)

        async def guarded(request: Request) -> Response:
            need = needs["GET" if request.method == "HEAD" else request.method]
            try:
                request.state.principal = await self._let_in(request, need)
                self._check_length(request)
                response = await endpoint(Request(request.scope, self._measured(request.receive)))
            except RefusedError as error:  # an audit log that cannot be written says no as well
                return denial(error)
            for name, value in _PRIVATE.items():
                response.headers.setdefault(name, value)
            return response

        return Route(route.path, guarded, methods=methods, name=route.name)

    async def _let_in(self, request: Request, need: Need | Known | Open) -> Principal:
        refuse_token_in(request.scope)
        host = request.headers.get("host")
        if not self._door.origins.allows(origin=request.headers.get("origin"), host=host):
            raise DeniedError(ErrorCode.FORBIDDEN, "origin")
        if isinstance(need, Open):
            return NOBODY
        address = request.client.host if request.client is not None else None
        entry = await self._door.enter(bearer(request.headers), address=address, host=host)
        if not need.allows(entry.principal):
            await self._door.tell(
                AuditAction.EXECUTE,
                "access",
                entry.principal,
                outcome=AuditOutcome.DENIED,
                reason="policy",
                method=request.method,
            )
            raise DeniedError(ErrorCode.FORBIDDEN, "policy")
        return entry.principal

    def _check_length(self, request: Request) -> None:
        declared = request.headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self._max_body_bytes:
            raise DeniedError(ErrorCode.MESSAGE_TOO_LARGE, "body")

    def _measured(self, receive: Receive) -> Receive:
        """What is sent, up to the limit: a body need not be as long as it says, or say it at all."""
        taken = 0

        async def measured() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body_bytes:
                raise DeniedError(ErrorCode.MESSAGE_TOO_LARGE, "body")
            return message

        return measured


def denial(error: RefusedError) -> Response:
    """An answer that says the code, its sentence and when to come back; nothing else."""
    said: dict[str, object] = {"code": error.code.value, "message": ERRORS[error.code].meaning}
    headers = dict(_PRIVATE)
    retry_after_s = error.retry_after_s if isinstance(error, DeniedError) else None
    if retry_after_s is not None:
        said["retry_after_s"] = math.ceil(retry_after_s)
        headers["retry-after"] = str(math.ceil(retry_after_s))
    if error.code is ErrorCode.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if error.code is ErrorCode.MESSAGE_TOO_LARGE:
        headers["connection"] = "close"  # what is left of the body is not read
    return JSONResponse(said, status_code=_STATUS.get(error.code, 400), headers=headers)


async def nothing_there(_request: Request, error: Exception) -> Response:
    """The answer where no route is, or none for this method; the framework's own is plain text."""
    assert isinstance(error, HTTPException), "Starlette's handlers by status get these"
    code = ErrorCode.UNKNOWN_ADDRESS if error.status_code == 404 else ErrorCode.WRONG_METHOD
    answer = denial(RefusedError(code))
    answer.headers.update(error.headers or {})
    return answer


def _awaitable(endpoint: Callable[..., object]) -> Endpoint:
    async def in_thread(request: Request) -> Response:
        answer = await run_in_threadpool(endpoint, request)
        assert isinstance(answer, Response), "a handler answers with a response"
        return answer

    async def awaited(request: Request) -> Response:
        answer = endpoint(request)
        assert isinstance(answer, Awaitable), "a coroutine function gives an awaitable"
        response = await answer
        assert isinstance(response, Response), "a handler answers with a response"
        return response

    return awaited if iscoroutinefunction(endpoint) else in_thread
