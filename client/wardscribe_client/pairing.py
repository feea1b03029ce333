"""A code read off a screen becomes an access token of this device. Keeps nothing itself."""

import json
from datetime import UTC, datetime

from pydantic import Field, SecretStr

from wardscribe_client.address import ServerAddress
from wardscribe_client.credentials import Credentials
from wardscribe_client.report_calls import Call
from wardscribe_client.reports import Reports
from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_protocol.wire import FromServer


class Paired(FromServer):
    """A device's own token, and whose it is."""

    token: SecretStr
    tenant: str
    user: str
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    expires_at: float = Field(description="seconds since 1970")

    @property
    def until(self) -> str:
        """The day on which the token ends, UTC."""
        return datetime.fromtimestamp(self.expires_at, UTC).date().isoformat()


def pair(server: ServerAddress, code: str, *, credentials: Credentials | None = None) -> Paired:
    """Exchange a pairing code. A code is good for ten minutes and one device.

    Raises: InputError (the code is wrong, used or old, or would travel unencrypted), ServerUnreachableError and others.
    """
    typed = code.strip()
    if not typed:
        raise InputError("the pairing code is missing; whoever runs the server makes one with `wardscribe tokens`")
    shown = credentials or Credentials()
    shown.allows(server.http)  # the token comes back on the same line
    call = Call(
        method="POST", path="/v1/pair", read=Paired.model_validate_json, body=json.dumps({"code": typed}).encode()
    )
    with Reports(server, credentials=shown.without_token()) as reports:
        try:
            return reports.ask(call)
        except RefusedError as refusal:
            if refusal.code in (ErrorCode.UNAUTHORIZED, ErrorCode.BAD_MESSAGE):
                raise InputError(
                    "the pairing code is wrong, was used already or is older than ten minutes; ask for a new one",
                    code=ErrorCode.UNAUTHORIZED,
                ) from None
            raise
