"""The file of tokens and pairing codes: one JSON file of the data folder, replaced whole, read anew when it changes.

A file and not a table: the command and the server are two processes that must agree at once without talking to each
other, a hospital has tens of tokens and not millions, and who may come in must not depend on the records' database
being up. Writers hold a lock; readers see the old file or the new one, never half of it.
"""

import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wardscribe_models.locking import exclusive
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.tokens import (
    ApiToken,
    Grant,
    PairingCode,
    TokenId,
    code_digest,
    day,
    digest,
    matches,
    mint,
    mint_code,
    token_id,
)
from wardscribe_server.whole_files import write_whole

_log = logging.getLogger(__name__)

_MAX_CODES = 256  # open at once; the oldest gives way


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: int = Field(default=1, ge=1, le=1)
    salt: str = Field(default_factory=lambda: secrets.token_hex(16))
    tokens: tuple[ApiToken, ...] = ()
    codes: tuple[PairingCode, ...] = ()


_Version = tuple[int, int, int]  # inode, time of change, size: a file that is replaced has another


class TokenFile:
    """All tokens of one data folder.

    Raises: InputError when there is a file that cannot be read.
    """

    def __init__(self, data: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder = data / "access"
        self._path = self._folder / "tokens.json"
        self._now = now
        self._seen: _Version | None = None
        self._content = _Content()
        self._by_id: dict[TokenId, ApiToken] = {}
        self._in_use = False
        version = self._stat()  # before reading: a file replaced meanwhile is then read again
        self._take(self._read(), version)

    @property
    def in_use(self) -> bool:
        """Whether a token or a code was ever made. From then on nobody comes in without one, for as long as we run."""
        self._refresh()
        return self._in_use

    @property
    def tokens(self) -> tuple[ApiToken, ...]:
        """Every token, also those that are over."""
        self._refresh()
        return self._content.tokens

    def verify(self, secret: str) -> ApiToken:
        """The token that `secret` is.

        Raises: DeniedError (`unauthorized`).
        """
        self._refresh()
        claimed = token_id(secret)
        kept = self._by_id.get(claimed) if claimed is not None else None
        presented = digest(secret)
        if kept is None or not matches(kept.sha256, presented):
            raise DeniedError(ErrorCode.UNAUTHORIZED, "unknown_token")
        if kept.revoked is not None:
            raise DeniedError(ErrorCode.UNAUTHORIZED, "revoked", claimed=kept.principal, entity=kept.id)
        if kept.expires_at <= self._now():
            raise DeniedError(ErrorCode.UNAUTHORIZED, "expired", claimed=kept.principal, entity=kept.id)
        return kept

    def is_revoked(self, token: TokenId) -> bool:
        """Whether a token that was good is not any more, time aside."""
        self._refresh()
        kept = self._by_id.get(token)
        return kept is None or kept.revoked is not None

    def needs_mark(self, token: ApiToken) -> bool:
        """Whether today is not yet its last-used day."""
        return token.last_used != day(self._now())

    def mark_used(self, token: TokenId) -> None:
        """Today is its last-used day."""
        today = day(self._now())
        self._change_token(token, lambda kept: kept.model_copy(update={"last_used": today}))

    def create(self, grant: Grant, *, days: int) -> tuple[str, ApiToken]:
        """A new token: the only time its secret is seen, and what is kept of it."""
        secret, token = mint(grant, days=days, now=self._now())
        self._change(lambda content: content.model_copy(update={"tokens": (*content.tokens, token)}))
        return secret, token

    def revoke(self, token: TokenId) -> ApiToken:
        """The token is over, at once and for every server on this folder; again changes nothing.

        Raises: InputError when there is none.
        """
        today = day(self._now())
        return self._change_token(token, lambda kept: kept.model_copy(update={"revoked": kept.revoked or today}))

    def create_code(self, grant: Grant, *, days: int) -> str:
        """A pairing code for one device, good for ten minutes and once."""
        made: list[str] = []

        def add(content: _Content) -> _Content:
            code, kept = mint_code(grant, days=days, salt=bytes.fromhex(content.salt), now=self._now())
            made.append(code)
            return content.model_copy(update={"codes": (*self._open_codes(content), kept)[-_MAX_CODES:]})

        self._change(add)
        return made[0]

    def pair(self, code: str) -> tuple[str, ApiToken]:
        """The token that a pairing code is exchanged for. Slow on purpose.

        Raises: DeniedError (`unauthorized`).
        """
        made: list[tuple[str, ApiToken]] = []

        def exchange(content: _Content) -> _Content:
            presented = code_digest(code, salt=bytes.fromhex(content.salt))
            for kept in self._open_codes(content):
                if matches(kept.scrypt, presented):
                    made.append(mint(kept, days=kept.token_days, now=self._now()))
                    left = tuple(other for other in content.codes if other is not kept)
                    return content.model_copy(update={"codes": left, "tokens": (*content.tokens, made[0][1])})
            raise DeniedError(ErrorCode.UNAUTHORIZED, "unknown_code")

        self._change(exchange)
        return made[0]

    def _open_codes(self, content: _Content) -> tuple[PairingCode, ...]:
        return tuple(code for code in content.codes if code.expires_at > self._now())

    def _change_token(self, token: TokenId, change: Callable[[ApiToken], ApiToken]) -> ApiToken:
        changed: list[ApiToken] = []

        def replace(content: _Content) -> _Content:
            tokens = tuple(change(kept) if kept.id == token else kept for kept in content.tokens)
            changed.extend(kept for kept in tokens if kept.id == token)
            if not changed:
                raise InputError(f"no token {token!r}; `wardscribe tokens list` shows them")
            return content.model_copy(update={"tokens": tokens})

        self._change(replace)
        return changed[0]

    def _change(self, change: Callable[[_Content], _Content]) -> None:
        """Read, change and replace, with every other writer kept out."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
            os.close(lock)
            with exclusive(self._folder / ".lock", on_wait=lambda: None):
                changed = change(self._read())
                write_whole(self._path, changed.model_dump_json(indent=1) + "\n")
        except OSError as error:
            raise InputError(f"{self._path}: cannot be written ({error.strerror})") from error
        self._refresh()

    def _refresh(self) -> None:
        version = self._seen
        try:
            version = self._stat()
            if version != self._seen:
                self._take(self._read(), version)
        except InputError as error:
            self._seen = version
            _log.error("%s; the tokens known before stay in force", error.message)

    def _take(self, content: _Content, version: _Version | None) -> None:
        self._by_id = {token.id: token for token in content.tokens}
        self._content = content
        self._in_use = self._in_use or bool(content.tokens or content.codes)
        self._seen = version  # last: another thread that sees it must find what belongs to it

    def _stat(self) -> _Version | None:
        try:
            stat = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):  # who opens the data folder says what is wrong with it
            return None
        except OSError as error:
            raise InputError(f"{self._path}: cannot be read ({error.strerror})") from error
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def _read(self) -> _Content:
        """What is in the file now. Raises: InputError."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return _Content()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self._path}: cannot be read ({type(error).__name__})") from error
        try:
            return _Content.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise InputError(f"{self._path}: {where}: {first['msg'].lower()}; restore it from a copy") from None
