"""Content columns, sealed to their place: table, tenant, row and column. Moved to another they do not open."""

import unicodedata
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.access.principal import TenantId
from wardscribe_server.records.proof import canonical_json
from wardscribe_server.vault.cipher import Cipher, SealBrokenError

T = TypeVar("T")


class Sealing:
    """One tenant's cipher, and the names of places."""

    def __init__(self, cipher: Cipher, tenant: TenantId) -> None:
        self._cipher = cipher
        self._tenant = tenant

    def close(self, content: bytes, table: str, column: str, *row: str | int) -> bytes:
        """`content` sealed for that column of that row."""
        return self._cipher.seal(content, bound_to=self._place(table, column, row))

    def open(self, sealed: bytes, table: str, column: str, *row: str | int) -> bytes:
        """What was sealed there.

        Raises: RefusedError (`record_broken`).
        """
        try:
            return self._cipher.unseal(sealed, bound_to=self._place(table, column, row))
        except SealBrokenError:
            raise RefusedError(ErrorCode.RECORD_BROKEN) from None

    def parse(self, shape: TypeAdapter[T], sealed: bytes, table: str, column: str, *row: str | int) -> T:
        """What was sealed there, in its shape.

        Raises: RefusedError (`record_broken`).
        """
        try:
            return shape.validate_json(self.open(sealed, table, column, *row))
        except ValidationError:
            raise RefusedError(ErrorCode.RECORD_BROKEN) from None

    def index(self, kind: str, text: str | None) -> str | None:
        """The blind index of a number, by which the row is found; None where there is none."""
        normal = "" if text is None else normalised_number(text)
        return self._cipher.index(f"{kind}:{normal}") if normal else None

    def _place(self, table: str, column: str, row: tuple[str | int, ...]) -> bytes:
        return canonical_json(["records", table, column, self._tenant, *row])


def normalised_number(text: str) -> str:
    """A record or order number as it compares: full-width forms, case, spaces and hyphens make no difference."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in plain if sign.isalnum() or sign in "./_")
