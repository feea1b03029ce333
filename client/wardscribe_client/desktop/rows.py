"""Values of a record as the rows of a form: one a value that a person reads, edits and confirms as a whole.

Pure. A finding with its side and size is one row, a vital sign is one row, an item of a list of texts is one row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from wardscribe_client.desktop.form import FormField, TemplateForm
from wardscribe_client.desktop.runs import DOUBTFUL_BELOW
from wardscribe_protocol.messages import CheckUpdate, FieldState
from wardscribe_protocol.record import Evidence

_ROOT = "/fields/"
_JOINED_MS = 250  # evidence closer together than this is played as one


class RowState(StrEnum):
    """How far a row can be trusted."""

    EMPTY = "empty"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value with its pointer; `name` is its key within the row, empty where the row is the value itself."""

    path: str
    name: str
    value: JsonValue
    state: FieldState
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form. `item` is the key of a part (a vital sign), else empty."""

    path: str
    field: str
    item: str
    leaves: tuple[Leaf, ...]
    state: RowState
    checks: tuple[CheckUpdate, ...] = ()

    @property
    def evidence_text(self) -> str:
        """The words that the values come from, each once, in the order in which they were said."""
        heard = [leaf.evidence for leaf in self.leaves if leaf.evidence is not None and leaf.evidence.text]
        heard.sort(key=lambda evidence: evidence.chars or (0, 0))
        texts = list(dict.fromkeys(evidence.text for evidence in heard))
        return " … ".join(text for text in texts if not any(text != other and text in other for other in texts))

    @property
    def audio_ms(self) -> tuple[tuple[int, int], ...]:
        """Exactly the stretches of audio that the values were said in, in order."""
        spans = sorted(leaf.evidence.audio_ms for leaf in self.leaves if leaf.evidence and leaf.evidence.audio_ms)
        joined: list[tuple[int, int]] = []
        for start, end in spans:
            if joined and start <= joined[-1][1] + _JOINED_MS:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return tuple(joined)

    @property
    def doubtful(self) -> bool:
        """Whether a machine's value rests on words that were hard to hear."""
        return self.state is RowState.PROPOSED and any(
            leaf.evidence is not None and leaf.evidence.confidence < DOUBTFUL_BELOW for leaf in self.leaves
        )


def steps(path: str) -> tuple[str, ...]:
    """A JSON pointer's steps, unescaped."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:])


def row_path(path: str, form: TemplateForm) -> str:
    """The row that a value of the record belongs to."""
    if not path.startswith(_ROOT):
        return path
    parts = path.split("/")  # "", "fields", field, …
    if len(parts) <= 3:
        return path
    field = form.field(parts[2])
    if parts[3].isdecimal() and field is not None and field.is_joined:
        return "/".join(parts[:3])
    return "/".join(parts[:4])


def make_row(path: str, leaves: Sequence[Leaf], checks: Sequence[CheckUpdate]) -> Row:
    """A row of its values."""
    parts = steps(path)
    field = parts[1] if len(parts) > 1 else (parts[0] if parts else "")
    item = parts[2] if len(parts) > 2 and not parts[2].isdecimal() else ""
    ordered = tuple(sorted(leaves, key=lambda leaf: pointer_order(leaf.path)))
    return Row(path, field, item, ordered, _state(ordered), tuple(checks))


def _state(leaves: Sequence[Leaf]) -> RowState:
    states = {leaf.state for leaf in leaves}
    if not states:
        return RowState.EMPTY
    if FieldState.PROPOSED in states:
        return RowState.PROPOSED
    return RowState.EDITED if FieldState.EDITED in states else RowState.CONFIRMED


def empty_row(field: FormField, checks: Sequence[CheckUpdate] = ()) -> Row:
    """A field that nothing was said about."""
    return Row(f"{_ROOT}{field.id}", field.id, "", (), RowState.EMPTY, tuple(checks))


def pointer_order(path: str) -> list[tuple[int, str]]:
    """Sorts pointers as a person counts: 2 before 10, names as they are."""
    return [(int(step), "") if step.isdecimal() else (-1, step) for step in path.split("/")]


def laid_out(rows: Mapping[str, Row], form: TemplateForm, checks: Iterable[CheckUpdate]) -> tuple[Row, ...]:
    """All rows in the template's order, those not in it at the end, empty fields where nothing was said."""
    by_field: dict[str, list[Row]] = {}
    for row in rows.values():
        by_field.setdefault(row.field, []).append(row)
    of_empty: dict[str, list[CheckUpdate]] = {}
    for check in checks:
        if check.path.startswith(_ROOT):
            of_empty.setdefault(steps(check.path)[1], []).append(check)
    out = sorted(by_field.pop("patient", ()), key=lambda row: pointer_order(row.path))
    for field in form.fields:
        said = by_field.pop(field.id, None)
        if said:
            out += sorted(said, key=lambda row: pointer_order(row.path))
        else:
            out.append(empty_row(field, of_empty.get(field.id, ())))
    for rest in by_field.values():
        out += sorted(rest, key=lambda row: pointer_order(row.path))
    return tuple(out)


def nested(leaves: Iterable[Leaf]) -> dict[str, JsonValue]:
    """The record's fields that these values are."""
    fields: dict[str, JsonValue] = {}
    for leaf in sorted(leaves, key=lambda leaf: pointer_order(leaf.path)):
        parts = steps(leaf.path)[1:]
        here: JsonValue = fields
        for step, following in zip(parts, (*parts[1:], ""), strict=True):
            inner: JsonValue = leaf.value if not following else ([] if following.isdecimal() else {})
            here = _put(here, step, inner)
    return fields


def _put(holder: JsonValue, step: str, value: JsonValue) -> JsonValue:
    """The value at a step, put there unless something is."""
    if isinstance(holder, dict):
        return holder.setdefault(step, value)
    assert isinstance(holder, list), "a value has no steps below it"
    at = int(step)
    holder += [None] * (at + 1 - len(holder))  # numbers that were withdrawn leave a gap
    if holder[at] is None:
        holder[at] = value
    return holder[at]
