"""Values that a person set or confirmed: what the machine finds later is laid under them, never over them.

Owns which values are held, where they stand when entries before them come or go, and when the machine disagrees. Must
not know templates or text.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_protocol.record import Evidence, Source
from wardscribe_server.pipeline.pointers import BadPointer, at, leaves, with_value, without_value
from wardscribe_server.pipeline.values import WordId

_NAMES = ("finding", "problem", "drug", "test", "substance", "device", "procedure", "lesion", "relation", "action")


@dataclass(frozen=True, slots=True)
class Held:
    """One value that a person holds: `was` is what the machine had there then, `entry` what its entry was called.

    `evidence` is that of a confirmed value; an edited one is its own evidence. `value` None: a person took it out.
    `entry` None: the machine had no such entry, the person made it.
    """

    value: JsonValue
    was: JsonValue
    entry: str | None
    evidence: Evidence | None = None

    @property
    def confirmed(self) -> bool:
        """Whether the machine proposed the value."""
        return self.evidence is not None


@dataclass(frozen=True, slots=True)
class HeldValues:
    """All values that a person holds, by the pointer at which he did. Immutable: a refused change leaves no trace."""

    by_pointer: Mapping[str, Held]

    @property
    def characters(self) -> int:
        """How much a person has set, in all."""
        return sum(len(pointer) + len(str(held.value)) for pointer, held in self.by_pointer.items())

    def edited(self, pointer: str, value: JsonValue, *, proposed: Mapping[str, JsonValue]) -> "HeldValues":
        """With the value at `pointer` of the record set, or taken out; `proposed` are the machine's fields.

        Raises: BadPointer.
        """
        shown, _, _ = self.laid_over(dict(proposed), {}, text="")
        if value is None:
            without_value(shown, pointer)  # raises where there is nothing to take out
        else:
            with_value(shown, pointer, value)
        place = self._origin(pointer, proposed)
        kept = {key: held for key, held in self.by_pointer.items() if not key.startswith(place + "/")}
        before = self.by_pointer.get(place)
        was = before.was if before is not None else at(proposed, pointer)
        kept.pop(place, None)
        return HeldValues({**kept, place: Held(value, was, _entry_name(proposed, pointer))})

    def confirm(
        self,
        pointer: str,
        *,
        proposed: Mapping[str, JsonValue],
        fields: Mapping[str, JsonValue],
        evidence: Mapping[str, Evidence],
    ) -> "HeldValues":
        """With every machine value at and below `pointer` of the record (`fields`, `evidence`) confirmed.

        Raises: BadPointer: there is no value.
        """
        found = {key: value for key, value in leaves(at(fields, pointer), pointer).items() if value is not None}
        if not found or not found.keys() <= evidence.keys():
            raise BadPointer
        added = {}
        for leaf, value in found.items():
            proof = evidence[leaf]
            if proof.source is not Source.EDITED:
                known = proof.model_copy(update={"confirmed": True})
                added[self._origin(leaf, proposed)] = Held(value, value, _entry_name(proposed, leaf), known)
        return HeldValues({**self.by_pointer, **added})

    def laid_over(
        self, fields: dict[str, JsonValue], evidence: dict[str, Evidence], *, text: str
    ) -> tuple[dict[str, JsonValue], dict[str, Evidence], tuple[str, ...]]:
        """The machine's `fields` and `evidence` with the held values, and the pointers where the machine disagrees."""
        machine = fields
        disputed = []
        moved = self._moves(machine)
        for pointer, held in self.by_pointer.items():
            place = _moved(pointer, moved)
            found = at(machine, place)
            if found not in (held.value, held.was):
                disputed.append(place)
            if held.confirmed and found == held.value:
                evidence = _confirmed(evidence, place)
            elif held.value is None:
                fields = without_value(fields, place) if at(fields, place) is not None else fields
                evidence = _without(evidence, place)
            else:
                fields = with_value(fields, place, held.value)
                evidence = _replaced(evidence, place, held, text)
        return fields, evidence, tuple(path for path in disputed if at(fields, path) is not None)

    def _moves(self, machine: Mapping[str, JsonValue]) -> dict[str, str]:
        """Where list items stand now that stood elsewhere when they were held, by their pointer then."""
        moves: dict[str, str] = {}
        added: dict[str, int] = {}
        for pointer, held in self.by_pointer.items():
            item = _item_of(pointer)
            if item is None or item in moves:
                continue
            listed, _, index = item.rpartition("/")
            rows = _names(at(machine, listed))
            name = held.entry if pointer != item else _name(held.was)
            if name and int(index) < len(rows) and rows[int(index)] == name:
                continue
            if name and rows.count(name) == 1:
                moves[item] = f"{listed}/{rows.index(name)}"
            elif not name and int(index) < len(rows) and held.entry is not None:
                continue
            else:
                moves[item] = f"{listed}/{len(rows) + added.get(listed, 0)}"
                added[listed] = added.get(listed, 0) + 1
        return moves

    def _origin(self, pointer: str, proposed: Mapping[str, JsonValue]) -> str:
        """The pointer by which the place is held already, where that stood elsewhere then."""
        item = _item_of(pointer)
        back = {place: origin for origin, place in self._moves(proposed).items()}
        return pointer if item is None or item not in back else back[item] + pointer[len(item) :]


NOTHING_HELD = HeldValues({})


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a person holds of every patient of a dictation, each by the last word that was said when it was set.

    Beds are named late and named again; the word stays, so that the value goes where the word goes.
    """

    by_word: Mapping[WordId, HeldValues]

    @property
    def characters(self) -> int:
        """How much a person has set, in all."""
        return sum(held.characters for held in self.by_word.values())

    def of(self, words: Container[WordId] | None) -> HeldValues:
        """What is held of the patient of whom `words` (None: all) were said; of the same place, what was set last."""
        by_pointer: dict[str, Held] = {}
        for word, held in sorted(self.by_word.items()):
            if words is None or word in words:
                by_pointer |= held.by_pointer
        return HeldValues(by_pointer) if by_pointer else NOTHING_HELD

    def with_held(self, held: HeldValues, *, words: Container[WordId] | None, last: WordId) -> "Holdings":
        """With `held` in place of what was held of the patient of whom `words` were said; `last` is the latest."""
        others = {} if words is None else {word: of for word, of in self.by_word.items() if word not in words}
        return Holdings({**others, last: held})


NO_HOLDINGS = Holdings({})
BEFORE_ALL_WORDS = WordId(-1)


def _moved(pointer: str, moves: Mapping[str, str]) -> str:
    item = _item_of(pointer)
    return pointer if item is None or item not in moves else moves[item] + pointer[len(item) :]


def _item_of(pointer: str) -> str | None:
    """The pointer of the list item that a pointer leads to or into: `/fields/findings/0` of `…/0/laterality`."""
    steps = pointer.split("/")
    return "/".join(steps[:4]) if len(steps) > 3 and steps[3].isdecimal() else None


def _entry_name(machine: Mapping[str, JsonValue], pointer: str) -> str | None:
    item = _item_of(pointer)
    entry = at(machine, item) if item is not None else ""
    return None if entry is None else _name(entry)


def _names(rows: JsonValue) -> list[str]:
    return [_name(row) for row in rows] if isinstance(rows, list) else []


def _name(row: JsonValue) -> str:
    """What an item is called: an entry by its name, a text by itself."""
    if not isinstance(row, dict):
        return "" if row is None else str(row)
    return next((str(row[key]) for key in _NAMES if key in row), "")


def _confirmed(evidence: dict[str, Evidence], place: str) -> dict[str, Evidence]:
    proof = evidence.get(place)
    if proof is None:
        return evidence
    return {**evidence, place: proof.model_copy(update={"confirmed": True})}


def _without(evidence: dict[str, Evidence], place: str) -> dict[str, Evidence]:
    return {key: item for key, item in evidence.items() if key != place and not key.startswith(place + "/")}


def _replaced(evidence: dict[str, Evidence], place: str, held: Held, text: str) -> dict[str, Evidence]:
    """Evidence of a held value: the person, or for a confirmed one the words that were confirmed, where they stand."""
    kept = _without(evidence, place)
    if held.evidence is None:
        return kept | {
            leaf: Evidence(text=str(value), chars=None, confidence=1.0, source=Source.EDITED)
            for leaf, value in leaves(held.value, place).items()
        }
    proof = held.evidence
    if proof.chars is not None and text[proof.chars[0] : proof.chars[1]] != proof.text:
        proof = proof.model_copy(update={"chars": None})  # its words are not in the text any more
    return kept | {place: proof}
