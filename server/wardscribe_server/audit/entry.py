"""One entry of the audit log: an event in the shape of FHIR R4B AuditEvent, and its place in the chain.

Pure: no files, no clock. An entry has one spelling only (JSON, keys sorted, ASCII), so that no byte of a line can
differ unseen. The MAC covers everything else in the entry, the MAC of the entry before it included.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NewType

from pydantic import JsonValue, TypeAdapter, ValidationError

from wardscribe_server.audit.event import AuditEvent

Mac = NewType("Mac", str)

MAC_PURPOSE = "audit"  # by which the vault derives the chain's key
GENESIS = Mac("")  # what stands before the first entry
_MAX_TEXT = 200  # ids and codes are shorter; what an outsider chose must not fill the log
_ENTRY = TypeAdapter(dict[str, JsonValue])

# FHIR's AuditEvent.type is from DICOM PS3.16, context group 400 (audit event id); by the first part of `kind`.
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_TYPES = {
    "access": ("110114", "User Authentication"),
    "audit": ("110101", "Audit Log Used"),
    "export": ("110106", "Export"),
    "keys": ("110113", "Security Alert"),
    "record": ("110110", "Patient Record"),
    "session": ("110110", "Patient Record"),
    "token": ("110113", "Security Alert"),
}
_OTHER_TYPE = ("110100", "Application Activity")
_KINDS = "urn:wardscribe:audit-kind"


class EntryError(Exception):
    """A line that is no entry of this log, or one that was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry that was read and is genuine."""

    number: int
    previous: Mac
    mac: Mac
    recorded: datetime
    kind: str
    action: str
    outcome: str
    user: str
    tenant: str
    entity: str
    detail: Mapping[str, str]


def write_entry(event: AuditEvent, *, number: int, previous: Mac, recorded: datetime, key: bytes) -> tuple[bytes, Mac]:
    """The entry as a line, and its MAC, which the next one names."""
    fields = _fhir(event, recorded) | {"number": number, "previous": previous}
    mac = chain_mac(key, canonical(fields))
    return canonical(fields | {"mac": mac}) + b"\n", mac


def read_entry(line: bytes, *, key: bytes) -> Entry:
    """The entry on a line, without its line break.

    Raises: EntryError.
    """
    try:
        fields = _ENTRY.validate_json(line)
    except ValidationError:
        raise EntryError from None
    mac = fields.pop("mac", None)
    if not isinstance(mac, str) or not hmac.compare_digest(mac.encode(), chain_mac(key, canonical(fields)).encode()):
        raise EntryError
    if canonical(fields | {"mac": mac}) != line:
        raise EntryError
    return _entry(json.loads(line))


def canonical(fields: Mapping[str, JsonValue]) -> bytes:
    """The one spelling of a JSON object."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def chain_mac(key: bytes, content: bytes) -> Mac:
    """What only the holder of the tenant's key can make."""
    return Mac(hmac.new(key, content, hashlib.sha256).hexdigest())


def _fhir(event: AuditEvent, recorded: datetime) -> dict[str, JsonValue]:
    code, display = _TYPES.get(event.kind.split(".")[0], _OTHER_TYPE)
    fields: dict[str, JsonValue] = {
        "resourceType": "AuditEvent",
        "type": {"system": _DICOM, "code": code, "display": display},
        "subtype": [{"system": _KINDS, "code": _short(event.kind)}],
        "action": event.action.value,
        "recorded": recorded.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "outcome": event.outcome.value,
        "agent": [{"who": {"identifier": {"value": _short(event.user)}}, "requestor": True}],
        "source": {"site": _short(event.tenant), "observer": {"display": "wardscribe"}},
    }
    detail: list[JsonValue] = [
        {"type": _short(name), "valueString": _short(value)} for name, value in sorted(event.detail.items())
    ]
    entity: dict[str, JsonValue] = {}
    if event.entity:
        entity["what"] = {"identifier": {"value": _short(event.entity)}}
    if detail:
        entity["detail"] = detail
    if entity:
        fields["entity"] = [entity]
    return fields


def _entry(fields: dict[str, object]) -> Entry:
    match fields:
        case {
            "number": int(number),
            "previous": str(previous),
            "mac": str(mac),
            "recorded": str(recorded),
            "action": str(action),
            "outcome": str(outcome),
            "subtype": [{"code": str(kind)}],
            "agent": [{"who": {"identifier": {"value": str(user)}}}],
            "source": {"site": str(tenant)},
        }:
            what, detail = _what(fields.get("entity"))
            return Entry(
                number=number,
                previous=Mac(previous),
                mac=Mac(mac),
                recorded=datetime.fromisoformat(recorded),
                kind=kind,
                action=action,
                outcome=outcome,
                user=user,
                tenant=tenant,
                entity=what,
                detail=detail,
            )
    raise EntryError


def _what(entity: object) -> tuple[str, dict[str, str]]:
    what, detail = "", {}
    match entity:
        case [{"what": {"identifier": {"value": str(value)}}}]:
            what = value
    match entity:
        case [{"detail": [*items]}]:
            detail = {item["type"]: item["valueString"] for item in items}
    return what, detail


def _short(text: str) -> str:
    text = text.encode("utf-8", errors="replace").decode()  # half a surrogate pair could not be read back
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
