"""A new device shows the code that a person read off a screen, and gets a token of its own."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from wardscribe_protocol.errors import ErrorCode
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.door import Door


class _PairRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    code: str = Field(min_length=1, max_length=64)


class Pairing:
    """`POST /v1/pair`: `{"code": …}` to `{"token", "id", "tenant", "user", "roles", "scopes", "expires_at"}`."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def pair(self, request: Request) -> Response:
        """Raises: DeniedError."""
        try:
            asked = _PairRequest.model_validate_json(await request.body())
        except ValidationError:
            raise DeniedError(ErrorCode.BAD_MESSAGE, "malformed") from None
        address = request.client.host if request.client is not None else None
        secret, token = await self._door.pair(asked.code, address=address)
        return JSONResponse(
            {
                "token": secret,
                "id": token.id,
                "tenant": token.tenant,
                "user": token.user,
                "roles": sorted(token.roles),
                "scopes": sorted(token.scopes),
                "expires_at": token.expires_at,
            }
        )
