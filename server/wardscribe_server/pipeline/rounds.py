"""One recording over many beds: which words are about which patient, and a record for each.

The cut is found in the written text, where corrections and commands have been obeyed, and made between words, so that
ids, characters and times are right inside every record. Must not know templates beyond that theirs is a round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.bed_mentions import Role, Turn, turns
from wardscribe_server.pipeline.compose import Composed, Composer, Part
from wardscribe_server.pipeline.held import BEFORE_ALL_WORDS, NOTHING_HELD, HeldValues, Holdings
from wardscribe_server.pipeline.values import Utterance, WordId, Written
from wardscribe_server.pipeline.verification import Questions


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
        # Not by order: a word that the second hearing adds has a higher id than those after it.
        inside = next((n for n, word in enumerate(utterance.words) if word.id == first), None)
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
    """Composes a round: `record` is that of the patient spoken of last, the `parts` are all, one a patient.

    `make` gives a composer: for the whole text, which is where the cuts are found, and for each patient. What a session
    knows of patient and order is about one patient: once there are several, nobody can say about which.
    """

    def __init__(self, make: Callable[[], Composer]) -> None:
        self._whole = make()
        self._make = make
        self._patients: list[Composer] = []
        self._made: dict[int, _Made] = {}
        self.template = self._whole.template
        self.language = self._whole.language
        self.context = self._whole.context

    def compose(
        self, utterances: Sequence[Utterance], *, raw: str | None = None, held: HeldValues = NOTHING_HELD
    ) -> Composed:
        """The records of everything said so far; a person holds `held` of the first patient."""
        return self._compose(utterances, raw, Holdings({BEFORE_ALL_WORDS: held}))

    def compose_holding(self, utterances: Sequence[Utterance], holdings: Holdings) -> Composed:
        """The records of everything said so far, with what a person holds of each patient."""
        return self._compose(utterances, None, holdings)

    def forget(self) -> None:
        """Compose the next records without anything remembered of earlier ones."""
        self._whole.forget()
        self._patients.clear()
        self._made.clear()

    def command(self, name: str, argument: str) -> str:
        """How a command is said in this dictation's language; raises UnknownCommand."""
        return self._whole.command(name, argument)

    def questions(self, utterance: Utterance) -> Questions | None:
        """What the audio of an utterance should be asked about, whoever it is of."""
        return self._whole.questions(utterance)

    def preview(self, text: str) -> str:
        """What is being said now, in written form."""
        return self._whole.preview(text)

    def _compose(self, utterances: Sequence[Utterance], raw: str | None, holdings: Holdings) -> Composed:
        self._whole.context = self.context
        whole = self._whole.compose(utterances, raw=raw)
        found = visits(utterances, whole.written, language=self.language)
        if len(found) == 1:
            held = holdings.of(None)
            if held is not NOTHING_HELD:
                whole = self._whole.compose(utterances, raw=raw, held=held)
            return replace(whole, parts=(Part(whole.record, whole.log, _words(found[0], first=True)),))
        words = [_words(visit, first=at == 0) for at, visit in enumerate(found)]
        made = [
            self._patient(at, visit, holdings.of(own)) for at, (visit, own) in enumerate(zip(found, words, strict=True))
        ]
        last = utterances[-1].words[-1].id
        current = made[next(at for at, own in enumerate(words) if last in own)]
        parts = tuple(Part(item.record, item.log, own) for item, own in zip(made, words, strict=True))
        return replace(whole, record=current.record, proposed=current.proposed, held=current.held, parts=parts)

    def _patient(self, at: int, visit: Visit, held: HeldValues) -> Composed:
        """One patient's record; the same as before where nothing was said or set of that patient since."""
        known = self._made.get(at)
        if known is not None and known.visit == visit and known.held == held:
            return known.composed
        if at == len(self._patients):
            self._patients.append(self._make())
        composer = self._patients[at]
        composer.context = None
        composed = composer.compose(visit.utterances, held=held)
        self._made[at] = _Made(visit, held, composed)
        return composed


@dataclass(frozen=True, slots=True)
class _Made:
    visit: Visit
    held: HeldValues
    composed: Composed


def _words(visit: Visit, *, first: bool) -> frozenset[WordId]:
    """The words said of a patient; what was set before anything was said is the first one's."""
    said = frozenset(word.id for utterance in visit.utterances for word in utterance.words)
    return said | {BEFORE_ALL_WORDS} if first else said
