"""The values that pass between stages, from recognised words to field values.

Word ids are given once, at commit, and never move. Text after recognition is cited by characters of `Written.text`;
`Written.audio` and `Written.words` lead from there back to words and samples.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from wardscribe_protocol.timeline import Span
from wardscribe_server.lexicon.correction import Alternative, Correction

WordId = NewType("WordId", int)


@dataclass(frozen=True, slots=True)
class Word:
    """One committed unit of the recogniser: a word in English, usually one character in Chinese.

    Words that the second pass puts in between have the id of the committed word before them.
    """

    id: WordId
    text: str  # without surrounding space; may carry the recogniser's own punctuation ("effusion.")
    span: Span | None  # None when the input was text
    confidence: float
    spaced: bool = False  # typed Chinese: white space or a pause stood before it, which says where a phrase begins


@dataclass(frozen=True, slots=True)
class Utterance:
    """The words between two pauses; `by_hand` when a key or a button gave them as a command and nobody spoke.

    `alternatives` are what else the recogniser thought of for all of them. `verified` are corrections of the line that
    the audio upholds; `disputed` those that it upholds against a valid clinical term, which stays.
    """

    words: tuple[Word, ...]
    by_hand: bool = False
    alternatives: tuple[Alternative, ...] = ()
    verified: tuple[Correction, ...] = ()
    disputed: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of written characters `[start, end)` and the words it was made from (none for inserted text)."""

    start: int
    end: int
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class SectionMark:
    """The speaker moved to another section or field by voice command, at character `at` of the written text."""

    at: int
    action: str  # "section", "next_field", "previous_field"; "sign_asked": he asked to sign, nothing is signed
    argument: str = ""  # the section's name as it was said, for "section"


@dataclass(frozen=True, slots=True)
class Written:
    """The text that the physician reads, with every piece traced to the words it came from.

    `pieces` are in order and do not overlap; characters outside all pieces are separators.
    """

    text: str
    pieces: tuple[Piece, ...]
    marks: tuple[SectionMark, ...] = ()
    macro_spans: tuple[tuple[int, int], ...] = ()  # characters that a macro put there, in order
    selected: tuple[int, int] | None = None  # what the next utterance will replace
    _ends: list[int] = field(init=False, repr=False, compare=False)  # where the pieces end

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", [piece.end for piece in self.pieces])

    def words(self, start: int, end: int) -> tuple[Word, ...]:
        """Words behind the characters `[start, end)`, in order, each once."""
        seen: dict[Word, None] = {}
        for at in range(bisect_right(self._ends, start), len(self.pieces)):
            piece = self.pieces[at]
            if piece.start >= end:
                break
            seen.update(dict.fromkeys(piece.words))
        return tuple(seen)

    def audio(self, start: int, end: int) -> Span | None:
        """Samples in which the characters `[start, end)` were said; None for text input."""
        return span_of(self.words(start, end))

    def confidence(self, start: int, end: int) -> float:
        """Lowest confidence of the words behind `[start, end)`; 1 where there are none."""
        return min((word.confidence for word in self.words(start, end)), default=1.0)


def span_of(words: Iterable[Word]) -> Span | None:
    """Samples in which the words were said; None for text input."""
    spans = [word.span for word in words if word.span is not None]
    return Span(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


class Label(StrEnum):
    """What an entity is."""

    FINDING = "finding"
    SYMPTOM = "symptom"
    DISEASE = "disease"
    ANATOMY = "anatomy"
    LATERALITY = "laterality"
    MEASUREMENT = "measurement"
    SEVERITY = "severity"
    CHANGE = "change"
    TEST = "test"
    VALUE = "value"
    UNIT = "unit"
    DRUG = "drug"
    DOSE = "dose"
    ROUTE = "route"
    FREQUENCY = "frequency"
    DURATION = "duration"
    FORM = "form"
    PROCEDURE = "procedure"
    DEVICE = "device"
    ALLERGEN = "allergen"
    REACTION = "reaction"
    DATE = "date"
    AGE = "age"
    SEX = "sex"
    RELATION = "relation"
    SPECIMEN = "specimen"
    ORGANISM = "organism"
    NAME = "name"
    ID = "id"
    PLACE = "place"
    PHONE = "phone"


class Presence(StrEnum):
    """Whether something is there, in the record's codes."""

    PRESENT = "present"
    ABSENT = "absent"
    POSSIBLE = "possible"


class Certainty(StrEnum):
    """How sure the speaker is."""

    CERTAIN = "certain"
    HEDGED = "hedged"
    CONDITIONAL = "conditional"


class When(StrEnum):
    """When it holds, seen from the dictation."""

    NOW = "now"
    PAST = "past"
    FUTURE = "future"


class Subject(StrEnum):
    """Whose it is."""

    PATIENT = "patient"
    FAMILY = "family"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is claimed of an entity, on four axes, with the characters of the cue that decided it."""

    presence: Presence = Presence.PRESENT
    certainty: Certainty = Certainty.CERTAIN
    time: When = When.NOW
    subject: Subject = Subject.PATIENT
    cue: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention in the written text: characters `[start, end)`, its label and the lexicon's preferred form."""

    label: Label
    start: int
    end: int
    preferred: str
    score: float
    assertion: Assertion = field(default_factory=Assertion)


def words_from_text(text: str, *, first_id: int = 0) -> tuple[Utterance, ...]:
    """Dictated text as utterances: ` | ` marks a pause; Han characters stand alone, other runs split at white space."""
    utterances: list[Utterance] = []
    next_id = first_id
    for part in text.split("|"):
        words: list[Word] = []
        for token, spaced in _tokens(part):
            begins = bool(utterances) and not words and is_han(token)
            words.append(Word(WordId(next_id), token, None, 1.0, spaced or begins))
            next_id += 1
        if words:
            utterances.append(Utterance(tuple(words)))
    return tuple(utterances)


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    for at, run in enumerate(text.split()):
        for place, token in enumerate(_split_han(run)):
            yield token, at > 0 and place == 0 and is_han(token)


def _split_han(run: str) -> Sequence[str]:
    parts: list[str] = []
    joinable = False
    for char in run:
        alone = is_han(char)
        if alone or not joinable or not parts:
            parts.append(char)
        else:
            parts[-1] += char
        joinable = not alone
    return parts


def joined(texts: Iterable[str]) -> tuple[str, list[int]]:
    """The words as one line, spaced except beside Han characters, and where each starts in it."""
    line, starts = "", []
    for text in texts:
        if line and not (is_han(line[-1]) or is_han(text[:1])):
            line += " "
        starts.append(len(line))
        line += text
    return line, starts


def is_han(char: str) -> bool:
    """Whether `char` is a CJK ideograph."""
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or char == "〇"
