"""One recording over many beds: which words are about which patient, and a record for each.

The cut is found in the written text, where corrections and commands have been obeyed, and made between words, so that
ids, characters and times are right inside every record. Must not know templates beyond that theirs is a round.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from wardscribe_protocol.record import Language, Record
from wardscribe_server.pipeline.bed_mentions import Role, Turn, turns
from wardscribe_server.pipeline.compose import Composed, Composer
from wardscribe_server.pipeline.values import Utterance, WordId, Written

Edits = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Visit:
    """What was said of one patient, in order, and the bed as it was named; empty where none was."""

    bed: str
    utterances: tuple[Utterance, ...]


def visits(utterances: Sequence[Utterance], written: Written, *, language: Language) -> tuple[Visit, ...]:
    """The round by patient, in the order in which they were first visited.

    What is said before the first bed belongs to the first; a bed that is named again goes on with its patient.
    """
    found = _turned(turns(written.text, language=language, starts=_starts(utterances, written)), written.text)
    cuts = [(_word_at(written, turn.start), turn.bed) for turn in found]
    parts = [(word, bed) for word, bed in cuts if word is not None]
    by_bed: dict[str, list[Utterance]] = {}
    rest = list(utterances)
    first_bed = parts[0][1] if parts else ""
    for at, (_, bed) in enumerate(parts):
        end = parts[at + 1][0] if at + 1 < len(parts) else None
        before, rest = _cut(rest, end)
        by_bed.setdefault(bed or f"\n{at}", []).extend(before)  # nobody can say a line break: no other bed is called so
    if not parts:
        by_bed[first_bed] = rest
    return tuple(Visit(bed if not bed.startswith("\n") else "", tuple(said)) for bed, said in by_bed.items())


def _turned(found: Sequence[Turn], text: str) -> list[Turn]:
    """The turns that begin another patient, the first at the text's start; each with the bed that its stretch names."""
    stretches: list[Turn] = [Turn(0, Role.NEXT, "", 0)]
    for turn in found:
        current = stretches[-1]
        if turn.role is Role.NEXT:
            if _has_content(text[current.start : turn.start], bed=bool(current.bed)):
                stretches.append(turn)
        elif not current.bed:
            # The text before the first bed, or after "next patient", is about the patient in the bed named next.
            stretches[-1] = replace(current, bed=turn.bed)
        elif turn.bed != current.bed and turn.role is Role.BEGINS:
            stretches.append(turn)
    return [
        turn for at, turn in enumerate(stretches) if at == 0 or turn.bed or _has_content(text[turn.start :], bed=False)
    ]


def _has_content(stretch: str, *, bed: bool) -> bool:
    """Whether a patient was spoken of: a bed, or more than the words that lead to one."""
    return bed or len(stretch.split()) > 3 or len(stretch.strip()) > 12


def _starts(utterances: Sequence[Utterance], written: Written) -> list[int]:
    """Characters at which utterances begin."""
    firsts = {utterance.words[0].id for utterance in utterances if utterance.words}
    found: dict[WordId, int] = {}
    for piece in written.pieces:
        for word in piece.words[:1]:
            if word.id in firsts:
                found.setdefault(word.id, piece.start)
    return list(found.values())


def _word_at(written: Written, char: int) -> WordId | None:
    words = written.words(char, len(written.text))
    return words[0].id if words else None


def _cut(utterances: Sequence[Utterance], first: WordId | None) -> tuple[list[Utterance], list[Utterance]]:
    """The utterances before and from the word `first` on; one that goes over it is cut in two."""
    before: list[Utterance] = []
    for at, utterance in enumerate(utterances):
        inside = next((n for n, word in enumerate(utterance.words) if first is not None and word.id >= first), None)
        if inside is None:
            before.append(utterance)
            continue
        if inside == 0:
            return before, list(utterances[at:])
        head, tail = utterance.words[:inside], utterance.words[inside:]
        before.append(replace(utterance, words=head, alternatives=()))
        return before, [replace(utterance, words=tail, alternatives=()), *utterances[at + 1 :]]
    return before, []


class RoundComposer(Composer):
    """Composes a round: `record` is that of the patient spoken of last, `records` are all, one a patient.

    `make` gives a composer: for the whole text, which is where the cuts are found, and for each patient. A person's
    edit belongs to the patient who was spoken of when it was made.
    """

    def __init__(self, make: Callable[[], Composer]) -> None:
        self._whole = make()
        self._make = make
        self._patients: dict[str, Composer] = {}
        self._edits: dict[str, dict[str, JsonValue]] = {}
        self._edited: dict[str, JsonValue] = {}
        self.template = self._whole.template
        self.language = self._whole.language

    def compose(
        self, utterances: Sequence[Utterance], *, raw: str | None = None, edits: dict[str, JsonValue] | None = None
    ) -> Composed:
        """The records of everything said so far; `edits` that are new are about the patient spoken of last."""
        whole = self._whole.compose(utterances, raw=raw)
        found = visits(utterances, whole.written, language=self.language)
        current = _current(found)
        own = {bed: dict(made) for bed, made in self._edits.items()}
        new = {
            key: value for key, value in (edits or {}).items() if key not in self._edited or self._edited[key] != value
        }
        own.setdefault(current.bed, {}).update(new)
        records = [self._record(visit, own.get(visit.bed), raw if len(found) == 1 else None) for visit in found]
        self._edits, self._edited = own, dict(edits or {})
        record = records[found.index(current)]
        return replace(whole, record=record, records=tuple(records))

    def command(self, name: str, argument: str) -> str:
        """How a command is said in this dictation's language; raises UnknownCommand."""
        return self._whole.command(name, argument)

    def preview(self, text: str) -> str:
        """What is being said now, in written form."""
        return self._whole.preview(text)

    def _record(self, visit: Visit, edits: Edits | None, raw: str | None) -> Record:
        composer = self._patients.setdefault(visit.bed, self._make())
        return composer.compose(visit.utterances, raw=raw, edits=dict(edits) if edits else None).record


def _current(found: Sequence[Visit]) -> Visit:
    """The visit that holds the last word."""
    return max(found, key=lambda visit: max((word.id for said in visit.utterances for word in said.words), default=-1))
