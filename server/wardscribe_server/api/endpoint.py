"""An HTTP endpoint as a value: what it takes, what it answers, and how both are bounded. Knows no domain word.

Every answer that is an error is `{"code", "message"}` with the status that belongs to its code. Neither ever holds what
the request held.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wardscribe_protocol.errors import ERRORS, ErrorCode, RefusedError
from wardscribe_server.access.principal import Principal

MAX_BODY_BYTES: Final = 256 * 1024

STATUS: Mapping[ErrorCode, int] = MappingProxyType(
    {
        ErrorCode.BAD_MESSAGE: 400,
        ErrorCode.UNAUTHORIZED: 401,
        ErrorCode.FORBIDDEN: 403,
        ErrorCode.UNKNOWN_RECORD: 404,
        ErrorCode.UNKNOWN_TEMPLATE: 404,
        ErrorCode.WRONG_STATE: 409,
        ErrorCode.STALE_REVISION: 409,
        ErrorCode.CHECKS_FAILED: 409,
        ErrorCode.UNCONFIRMED_VALUES: 409,
        ErrorCode.MESSAGE_TOO_LARGE: 413,
        ErrorCode.BAD_FIELD: 422,
        ErrorCode.RECORD_BROKEN: 500,
        ErrorCode.INTERNAL: 500,
        ErrorCode.RECORDS_UNAVAILABLE: 503,
        ErrorCode.STORAGE_FULL: 507,
    }
)


class Asked(BaseModel):
    """Base of queries and bodies: unknown keys are an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Nothing(Asked):
    """Takes nothing."""


A = TypeVar("A", bound=Asked)
V = TypeVar("V")


class Served(Protocol):
    """An endpoint, whatever it takes."""

    @property
    def method(self) -> str:
        """GET, POST or PATCH."""
        ...

    @property
    def path(self) -> str:
        """Its address, with `{report}` in it."""
        ...

    @property
    def about(self) -> str:
        """One line for the documentation."""
        ...

    @property
    def asks(self) -> type[Asked]:
        """Its query or its body."""
        ...

    def route(self) -> Route:
        """As Starlette serves it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[A]):
    """`asks` is the query of a GET and the body of everything else."""

    method: str
    path: str
    about: str
    asks: type[A]
    handle: Callable[[Principal, Mapping[str, str], A], Response]

    def route(self) -> Route:
        """The endpoint as Starlette serves it."""

        async def answer(request: Request) -> Response:
            try:
                asked = await _asked(request, self.asks)
                principal: Principal = request.state.principal
                return await run_in_threadpool(self.handle, principal, request.path_params, asked)
            except RefusedError as refusal:
                return refused(refusal.code, refusal.message)

        return Route(self.path, answer, methods=[self.method])


def answered(shape: TypeAdapter[V], value: V) -> Response:
    """A value as JSON, absent values left out; never kept by anything on the way."""
    content = shape.dump_json(value, by_alias=True, exclude_none=True)
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})


def refused(code: ErrorCode, message: str | None = None) -> Response:
    """An error as JSON."""
    return JSONResponse(
        {"code": code.value, "message": ERRORS[code].meaning if message is None else message},
        status_code=STATUS.get(code, 500),
        headers={"Cache-Control": "no-store"},
    )


async def _asked(request: Request, model: type[A]) -> A:
    try:
        if request.method in ("GET", "HEAD"):
            pairs = request.query_params.multi_items()
            if len({key for key, _ in pairs}) < len(pairs):
                raise RefusedError(ErrorCode.BAD_MESSAGE, "A key of the query is given twice.")
            return model.model_validate(dict(pairs))
        return model.model_validate_json(await _body(request))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"]
        # Only names of ours: a key of the client's own could be anything.
        where = "/".join(str(part) for part in first if isinstance(part, int) or part in model.model_fields)
        what = "query" if request.method == "GET" else "body"
        raise RefusedError(
            ErrorCode.BAD_MESSAGE, f"The {what} is not as documented{f' at {where}' if where else ''}."
        ) from None


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is too large."""
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MAX_BODY_BYTES:
            raise RefusedError(ErrorCode.MESSAGE_TOO_LARGE, f"The body is larger than {MAX_BODY_BYTES} bytes.")
    return bytes(taken)
