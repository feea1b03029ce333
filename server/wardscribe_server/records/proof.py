"""The hash by which a closed version is proved. Anybody who has what the API returns can compute it again.

Canonical JSON: keys sorted, no white space, UTF-8, absent values left out. Each version names the hash of the closed
version before it, so that none can be taken out of the middle.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pydantic import JsonValue

from wardscribe_protocol.messages import CommittedWord
from wardscribe_protocol.record import Record
from wardscribe_server.access.principal import UserId
from wardscribe_server.records.report import ReportId


def canonical_json(value: JsonValue) -> bytes:
    """The one way to write a value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def words_sha256(words: Sequence[CommittedWord]) -> str:
    """Hex digest of the transcript's words."""
    return sha256(canonical_json([word.model_dump(mode="json") for word in words])).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a version's hash covers beside its record. The record holds the version's state and its text."""

    report: ReportId
    number: int
    by: UserId
    closed_at: datetime
    words_sha256: str
    audio_sha256: str | None
    previous: str | None  # hash of the closed version before


def version_sha256(record: Record, closing: Closing) -> str:
    """Hex digest of a version."""
    covered: dict[str, JsonValue] = {
        "report": closing.report,
        "version": closing.number,
        "by": closing.by,
        "closed_at": closing.closed_at.isoformat(),
        "words_sha256": closing.words_sha256,
        "audio_sha256": closing.audio_sha256,
        "previous": closing.previous,
        "record": record.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
    return sha256(canonical_json({key: value for key, value in covered.items() if value is not None})).hexdigest()
