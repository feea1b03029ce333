"""What changed in text that was already shown, and how much of it may still change.

Owns the comparison of two written texts of the same dictation, the later one with more words, and which trailing words
a stream holds back until they are settled. It must not know how a text is written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import Utterance, Word, WordId, Written
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, ORDINALS, SCALES, TEENS, TENS, months
from wardscribe_server.pipeline.writing.normalise.numbers_zh import NUMERAL

_WAITING = 6
_LONGEST = 24  # trailing words that are ever held back


@dataclass(frozen=True, slots=True)
class Revision:
    """Characters `[start, end)` of the earlier text, `was`, read `became` in the later one."""

    words: tuple[Word, ...]  # those that the earlier text had there, in order
    start: int
    end: int
    was: str
    became: str


@dataclass(frozen=True, slots=True)
class _Segment:
    """A piece with the separator before it; the segments of a text make up all of it."""

    text: str
    words: tuple[Word, ...]

    @property
    def key(self) -> tuple[str, WordId | None]:
        """What makes two segments one: "normal." stays itself when the speaker says its full stop as well."""
        return self.text, self.words[0].id if self.words else None


def revisions(before: Written, after: Written) -> tuple[Revision, ...]:
    """What must be said to a reader of `before` so that he sees the beginning of `after`.

    Applied to `before.text` (see `revised`), the revisions give `after.text[:shown(before, after)]`; text that no
    revision names reads the same in both. No revision means that `after` only continues `before`.
    """
    old = _segments(before)
    new = _segments(after)[: _reach(before, after)]
    places = {segment.key: index for index, segment in enumerate(new)}
    found: list[Revision] = []
    changed: list[_Segment] = []
    position = reached = 0
    for segment in old:
        match = places.get(segment.key, -1)
        if match < reached:
            changed.append(segment)
            position += len(segment.text)
            continue
        if changed or match > reached:
            found.append(_revision(changed, new[reached:match], position))
        changed, reached = [], match + 1
        position += len(segment.text)
    if changed or reached < len(new):
        found.append(_revision(changed, new[reached:], position))
    return tuple(change for change in found if change.was != change.became)


def revised(text: str, changes: Sequence[Revision]) -> str:
    """`text` after `changes`, which are in order and do not overlap."""
    parts: list[str] = []
    position = 0
    for change in changes:
        parts += (text[position : change.start], change.became)
        position = change.end
    return "".join(parts) + text[position:]


def shown(before: Written, after: Written) -> int:
    """How many characters of `after` stand for what `before` already had; the rest is new."""
    return sum(len(segment.text) for segment in _segments(after)[: _reach(before, after)])


def _revision(old: Sequence[_Segment], new: Sequence[_Segment], end: int) -> Revision:
    was = "".join(segment.text for segment in old)
    words = {word.id: word for segment in old for word in segment.words}
    return Revision(tuple(words.values()), end - len(was), end, was, "".join(segment.text for segment in new))


def _segments(written: Written) -> list[_Segment]:
    segments: list[_Segment] = []
    position = 0
    for piece in written.pieces:
        segments.append(_Segment(written.text[position : piece.end], piece.words))
        position = piece.end
    if position < len(written.text):
        segments.append(_Segment(written.text[position:], ()))
    return segments


def _reach(before: Written, after: Written) -> int:
    """How many segments of `after` there are up to the last one with a word of `before`."""
    known = max((word.id for piece in before.pieces for word in piece.words), default=-1)
    old = [any(word.id <= known for word in segment.words) for segment in _segments(after)]
    return max((index + 1 for index, is_old in enumerate(old) if is_old), default=0)


def held_back(utterances: Sequence[Utterance], *, language: Language) -> int:
    """How many trailing words may still change their written form when more is said: "two point", 百分之, "q six".

    A stream shows the words before them and waits with these; at the end of the dictation nothing is held back.
    Corrections and commands that follow later can change any word: those are revisions.
    """
    words = [word.text for word in utterances[-1].words[-_LONGEST:]] if utterances else []
    if language is Language.ZH:
        return _growing_chinese(words)
    lower = [word.lower() for word in words]
    return max(_begun_phrase(lower), _growing_english(lower), _waiting(lower))


@cache
def _growing(language: Language) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in table(f"growing_{language}").lists("growing").items()}


@cache
def _phrases(language: Language) -> frozenset[tuple[str, ...]]:
    """Beginnings of the phrases whose words mean something else once the phrase is complete."""
    editing = table(f"editing_{language}")
    whole = [*editing.mapping("marks"), *editing.lists("literal")["cues"]]
    whole += [phrase for phrases in editing.lists("commands").values() for phrase in phrases]
    whole += [phrase for phrases in editing.lists("corrections").values() for phrase in phrases]
    whole += _together(editing.lists("go_to")["leads"], editing.lists("sections")["names"], language)
    whole += _together(editing.lists("literal")["cues"], [*whole], language)
    numbers = table("numbers_en" if language is Language.EN else "numerals_zh")
    whole += numbers.mapping("fixed")
    whole += numbers.lists("traps")["words"] if language is Language.ZH else ()
    units = [tuple(phrase.split()) if language is Language.EN else tuple(phrase) for phrase in whole]
    begun = {phrase[:size] for phrase in units for size in range(1, len(phrase))}
    if language is Language.EN:
        begun |= {tuple(mark.split()) for mark in editing.mapping("marks")}
    return frozenset(begun)


def _together(leads: Iterable[str], names: Iterable[str], language: Language) -> list[str]:
    gap = " " if language is Language.EN else ""
    return [f"{lead}{gap}{name}" for lead in leads for name in names]


def _begun_phrase(words: Sequence[str]) -> int:
    begun = _phrases(Language.EN)
    return next((size for size in range(min(len(words), 5), 0, -1) if tuple(words[-size:]) in begun), 0)


@cache
def _counts() -> frozenset[str]:
    return frozenset([*DIGITS, *TEENS, *TENS, *SCALES, *ORDINALS, *months(), "hundred"])


def _is_count(word: str) -> bool:
    return word[:1].isdigit() or word in _counts() or len(word) == 1 or word[-1:].isdigit() or "-" in word[1:-1]


@cache
def _units() -> frozenset[str]:
    units = table("units_en")
    phrases = [
        name for part in ("abbreviated", "glued", "per") for names in units.lists(part).values() for name in names
    ]
    single = {word for phrase in [*phrases, *units.lists("counted")["words"]] for word in phrase.split()}
    return frozenset(single | {f"{word}s" for word in single})


@cache
def _named() -> frozenset[str]:
    """Words that a number makes part of a name: Ki, FEV, HER, vitamin B."""
    numbers = table("numbers_en")
    return frozenset(word for name in [*numbers.mapping("fixed"), *numbers.mapping("markers")] for word in name.split())


def _waiting(words: Sequence[str]) -> int:
    """ "stage four" is roman once a cancer is named: the number waits for a few words."""
    for size in range(min(len(words), _WAITING), 1, -1):
        if words[-size] in _growing(Language.EN)["waits"] and _is_count(words[-size + 1]):
            return size - 1
    return 0


def _growing_english(words: Sequence[str]) -> int:
    """A number with its links and units at the end, and the words before it that its form takes in."""
    links = _growing(Language.EN)["links"]
    before = _growing(Language.EN)["before"] | _named()
    held = list(takewhile(lambda word: _is_count(word) or word in links or word in _units(), reversed(words)))
    while held and not _is_count(held[-1]) and held[-1] not in _growing(Language.EN)["starts"]:
        held.pop()
    size = len(held)
    while size < len(words) and words[-size - 1] in before:
        size += 1
    return size


@cache
def _tail() -> re.Pattern[str]:
    growing = table("growing_zh").lists("growing")
    units = "".join(
        sorted({char for unit in table("numerals_zh").lists("units")["words"] for char in unit if char > "z"})
    )
    counters = "".join(
        sorted({char for unit in table("numerals_zh").lists("counters")["words"] for char in unit if char > "z"})
    )
    inside = f"{NUMERAL}0-9A-Za-z./{''.join(growing['links'])}{units}{counters}"
    region = "".join(growing["regions"])
    return re.compile(
        rf"(?:{either(growing['starts'])}|[{NUMERAL}0-9A-Za-z{region}])[{inside}{region}]*$"
        rf"|第[{NUMERAL}]+[\u4e00-\u9fff]{{0,2}}$|[{region}][{NUMERAL}]+[\u4e00-\u9fff]?$|[，。、；：,.]$"
    )


def _growing_chinese(words: Sequence[str]) -> int:
    text = "".join(words)
    match = _tail().search(text)
    characters = len(match.group()) if match else 0
    begun = _phrases(Language.ZH)
    longest = next((size for size in range(min(len(text), 8), 0, -1) if tuple(text[-size:]) in begun), 0)
    return _words_of(words, max(characters, longest))


def _words_of(words: Sequence[str], characters: int) -> int:
    """How many trailing words it takes to cover so many characters."""
    return sum(1 for _ in takewhile(lambda covered: covered < characters, _covered(words)))


def _covered(words: Sequence[str]) -> Iterator[int]:
    """Characters covered before each trailing word, from the last one on."""
    total = 0
    for word in reversed(words):
        yield total
        total += len(word)
