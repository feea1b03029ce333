"""Changes of a stored record's values by a person: set, take out, confirm. Pure.

Unlike the edits during a dictation, which win over words still to come, these change a record that is otherwise done:
the result must fit the template, and what was computed from a changed value is computed again or goes with it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.fields import fields_model
from wardscribe_protocol.record import Evidence, Record, Source
from wardscribe_protocol.wire import plain_value
from wardscribe_server.pipeline.pointers import leaves
from wardscribe_server.pipeline.understanding import tirads
from wardscribe_server.records.report import ValueEdit

_ROOT = "/fields"
_SCORED_FROM = ("composition", "echogenicity", "shape", "margin")


@dataclass(frozen=True, slots=True)
class ValueChange:
    """What one edit did at one place; None stands for no value."""

    pointer: str
    before: JsonValue
    after: JsonValue


def edited(record: Record, edits: Iterable[ValueEdit]) -> tuple[Record, tuple[ValueChange, ...]]:
    """The record after the edits, in order, and every change that they made.

    Raises: RefusedError (`bad_field`) when a path leads nowhere or the result does not fit the template; the message
        names the place, never the value.
    """
    draft = _Draft(record)
    for edit in edits:
        draft.apply(edit)
    return draft.record(), tuple(draft.changes)


def confirmed(record: Record, pointers: Iterable[str]) -> tuple[Record, tuple[str, ...]]:
    """The record with every value at or below the pointers confirmed, and which values that were.

    Raises: RefusedError (`bad_field`) when there is no value at a pointer.
    """
    values = leaves(record.fields)
    chosen: dict[str, Evidence] = {}
    for pointer in pointers:
        found = [leaf for leaf in values if _is_at(leaf, pointer)]
        if not found:
            raise RefusedError(ErrorCode.BAD_FIELD, f"There is no value at {_shown(pointer)}.")
        for leaf in found:
            entry = record.evidence.get(leaf)
            if entry is not None and entry.source is not Source.EDITED and not entry.confirmed:
                chosen[leaf] = entry.model_copy(update={"confirmed": True})
    return record.model_copy(update={"evidence": {**record.evidence, **chosen}}), tuple(chosen)


def unconfirmed(record: Record) -> tuple[str, ...]:
    """Values that the machine filled and nobody confirmed; what is computed from confirmed ones alone is."""

    def stands(pointer: str, seen: frozenset[str]) -> bool:
        entry = record.evidence.get(pointer)
        if entry is None or pointer in seen:
            return False
        if entry.source is Source.EDITED or entry.confirmed:
            return True
        inputs = entry.computed_from or ()
        return entry.source is Source.COMPUTED and bool(inputs) and all(stands(i, seen | {pointer}) for i in inputs)

    return tuple(pointer for pointer in leaves(record.fields) if not stands(pointer, frozenset()))


class _Draft:
    """A record's fields and evidence while they are being edited."""

    def __init__(self, record: Record) -> None:
        self._of = record
        self._fields: JsonValue = record.fields
        self._evidence = dict(record.evidence)
        self.changes: list[ValueChange] = []

    def record(self) -> Record:
        """The result.

        Raises: RefusedError (`bad_field`).
        """
        fields = self._fields
        assert isinstance(fields, dict), "the root of the fields is an object and stays one"
        model = fields_model(self._of.template)
        if model is not None:
            try:
                model.model_validate(fields)
            except ValidationError as error:
                where = "/".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
                raise RefusedError(ErrorCode.BAD_FIELD, f"The result does not fit the template at {where}.") from None
        return self._of.model_copy(update={"fields": fields, "evidence": self._evidence})

    def apply(self, edit: ValueEdit) -> None:
        """One edit, and what follows from it."""
        steps = _steps(edit.path)
        before = _at(self._fields, steps)
        if edit.value is None:
            if before is None:
                raise RefusedError(ErrorCode.BAD_FIELD, f"There is no value at {_shown(edit.path)}.")
            self._note(edit.path, before, None)
            self._withdraw_computed(edit.path)
            self._take_out(steps)
            return
        try:
            value = plain_value(edit.value)
        except ValueError as error:
            raise RefusedError(ErrorCode.BAD_FIELD, f"{_shown(edit.path)}: {error}.") from None
        self._fields = _with(self._fields, steps, value)
        self._forget(edit.path)
        for leaf, said in leaves(value, edit.path).items():
            self._evidence[leaf] = Evidence(text=_as_text(said), confidence=1.0, source=Source.EDITED)
        self._note(edit.path, before, value)
        withdrawn = self._withdraw_computed(edit.path)
        self._score_again(steps, withdrawn)

    def _note(self, pointer: str, before: JsonValue, after: JsonValue) -> None:
        self.changes.append(ValueChange(pointer, before, after))

    def _forget(self, pointer: str) -> None:
        self._evidence = {leaf: entry for leaf, entry in self._evidence.items() if not _is_at(leaf, pointer)}

    def _withdraw_computed(self, pointer: str) -> bool:
        """Values computed from `pointer` go, and those computed from them. Whether any did."""
        dependent = [
            leaf
            for leaf, entry in self._evidence.items()
            if entry.source is Source.COMPUTED
            and not _is_at(leaf, pointer)
            and any(_is_at(source, pointer) or _is_at(pointer, source) for source in entry.computed_from or ())
        ]
        for leaf in dependent:
            if leaf in self._evidence:
                self._note(leaf, _at(self._fields, _steps(leaf)), None)
                self._forget(leaf)
                self._fields = _without(self._fields, _steps(leaf))
                self._withdraw_computed(leaf)
        return bool(dependent)

    def _score_again(self, steps: Sequence[str], withdrawn: bool) -> None:  # noqa: FBT001 - an inner step
        """The ACR TI-RADS score of a thyroid nodule whose description was changed."""
        if not withdrawn or steps[0] != "nodules" or len(steps) < 3 or steps[2].startswith("tirads"):
            return
        nodule = _at(self._fields, steps[:2])
        if not isinstance(nodule, dict):
            return
        said = {key: str(nodule[key]) for key in _SCORED_FROM if key in nodule}
        listed = nodule.get("foci")
        foci = [str(kind) for kind in listed] if isinstance(listed, list) else []
        total = tirads.points(**{key: said.get(key) for key in _SCORED_FROM}, foci=foci)
        if total is None:
            return
        base = f"{_ROOT}/nodules/{steps[1]}"
        sources = (*(f"{base}/{key}" for key in said), *(f"{base}/foci/{at}" for at in range(len(foci))))
        self._compute(f"{base}/tirads_points", total, sources)
        self._compute(f"{base}/tirads", tirads.category(total), (f"{base}/tirads_points",))

    def _compute(self, pointer: str, value: JsonValue, sources: tuple[str, ...]) -> None:
        if pointer in self._evidence:
            return  # said or set by a person
        self._fields = _with(self._fields, _steps(pointer), value)
        self._evidence[pointer] = Evidence(
            text=_as_text(value), confidence=1.0, source=Source.COMPUTED, computed_from=sources
        )
        self._note(pointer, None, value)

    def _take_out(self, steps: Sequence[str]) -> None:
        """The value at `steps` goes, entries behind it move up, and what is left empty goes too."""
        pointer = _pointer(steps)
        self._fields = _without(self._fields, steps)
        self._forget(pointer)
        parent = _at(self._fields, steps[:-1])
        if isinstance(parent, list):
            moved = _move_up(_pointer(steps[:-1]), int(steps[-1]))
            self._evidence = {moved(leaf): _moved(entry, moved) for leaf, entry in self._evidence.items()}
        if not parent and len(steps) > 1:
            self._take_out(steps[:-1])


def _is_at(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(place + "/")


def _shown(pointer: str) -> str:
    """A pointer as an error may show it: keys of a site's own making are cut, values never stand in one."""
    return pointer[:120] if pointer.isascii() else "that path"


def _steps(pointer: str) -> tuple[str, ...]:
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix(_ROOT + "/").split("/"))
    if not pointer.startswith(_ROOT + "/") or not all(steps):
        raise RefusedError(ErrorCode.BAD_FIELD, f"{_shown(pointer)} is not a path below {_ROOT}.")
    return steps


def _pointer(steps: Sequence[str]) -> str:
    return "/".join((_ROOT, *(step.replace("~", "~0").replace("/", "~1") for step in steps)))


def _at(node: JsonValue, steps: Sequence[str]) -> JsonValue:
    for step in steps:
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and _is_index(step) and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdecimal() and len(step) <= 6 and (step == "0" or step[0] != "0")


def _with(node: JsonValue, steps: Sequence[str], value: JsonValue) -> JsonValue:
    """`node` with `value` at `steps`; one place behind the end of a list makes a new entry."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, list) or (node is None and step == "0"):
        entries = node or []
        if not _is_index(step) or int(step) > len(entries):
            raise RefusedError(ErrorCode.BAD_FIELD, "A path counts beyond the end of a list.")
        inner = entries[int(step)] if int(step) < len(entries) else None
        return [*entries[: int(step)], _with(inner, rest, value), *entries[int(step) + 1 :]]
    if node is None or isinstance(node, dict):
        table = dict(node or {})
        table[step] = _with(table.get(step), rest, value)
        return table
    raise RefusedError(ErrorCode.BAD_FIELD, "A path leads below a plain value.")


def _without(node: JsonValue, steps: Sequence[str]) -> JsonValue:
    step, rest = steps[0], steps[1:]
    if isinstance(node, dict):
        if rest:
            return {**node, step: _without(node[step], rest)}
        return {key: item for key, item in node.items() if key != step}
    assert isinstance(node, list), "only what was found is taken out"
    index = int(step)
    return [*node[:index], *([_without(node[index], rest)] if rest else []), *node[index + 1 :]]


def _move_up(listed: str, gone: int) -> Callable[[str], str]:
    """Where a pointer leads once entry `gone` of a list is taken out."""

    def moved(pointer: str) -> str:
        if not pointer.startswith(listed + "/"):
            return pointer
        index, _, rest = pointer[len(listed) + 1 :].partition("/")
        if int(index) <= gone:
            return pointer
        return f"{listed}/{int(index) - 1}" + (f"/{rest}" if rest else "")

    return moved


def _moved(entry: Evidence, moved: Callable[[str], str]) -> Evidence:
    if entry.computed_from is None:
        return entry
    return entry.model_copy(update={"computed_from": tuple(moved(source) for source in entry.computed_from)})


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def differences(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> tuple[ValueChange, ...]:
    """How one version's fields differ from another's, leaf by leaf."""
    old, new = leaves(dict(before)), leaves(dict(after))
    pointers = dict.fromkeys((*old, *new))
    return tuple(
        ValueChange(pointer, old.get(pointer), new.get(pointer))
        for pointer in pointers
        if old.get(pointer) != new.get(pointer)
    )
