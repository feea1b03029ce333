"""Beds that a ward round names: which of them begin another patient, which only tell where somebody was.

Owns that judgement, on written text. Must not know words, audio or records.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.cueing import read_cues
from wardscribe_server.pipeline.understanding.quantities import han_number

_EN_BED = re.compile(
    r"(?:\b(?:room|bay) (?:number )?(?P<room>\d{1,4}[A-Za-z]?)[\s,]*)?"
    r"\bbed (?:number )?(?P<bed>\d{1,4}(?: ?[A-Za-z]\b(?!['’]))?|[A-H]\b)"
    r"(?!\s*(?:degrees|°|%|days?|hours?|weeks?|rest))",
    re.IGNORECASE,
)
_ZH_BED = re.compile(
    r"(?:床号(?:为|是)?[:：]?\s*(?P<called>加?\d{1,3})(?:号?床)?|加床(?P<extra>\d{1,3}|[一二三四五六七八九十])号?"
    r"|加(?P<added>\d{1,3})号?床|(?P<plus>\d{1,3})加床|(?<![\d.第])(?!(?:(?<=[^一]下)|(?<=^下))1号?床)(?P<bed>\d{1,3})号?床)(?!位|旁|边|单)"
)
_HARD = re.compile(r"(?:[.!?](?=\s|$)|[。！？；;\n])\s*")
_SOFT = ",，、:："
_NAME_REACH, _ZH_NAME_REACH = 6, 14
_MOVE_REACH = 60
_ZH_PERSON = re.compile(r"\d+岁|^[\u4e00-\u9fff]{2,4}[，,]")
_EN_PERSON = re.compile(r"^(?:the |a |an )?\d{1,3}[- ]year[- ]old", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9'’]+")


class Role(Enum):
    """What a bed does where it is named."""

    BEGINS = "begins"  # another patient, from `start` on
    NAMES = "names"  # the bed of the patient who is spoken of
    NEXT = "next"  # another patient, whose bed is not said here


@dataclass(frozen=True, slots=True)
class Turn:
    """A place where the round may turn to another patient; `bed` is empty where none is said."""

    start: int
    role: Role
    bed: str
    at: int  # where the bed, or the "next", is said; the words that lead up to it are before


def turns(text: str, *, language: Language, starts: Sequence[int]) -> tuple[Turn, ...]:
    """Every turn of a round in the order of the text; at each of `starts` the speaker had paused."""
    reader = _Turns(text, language, frozenset(starts))
    beds = tuple(reader.beds())
    nexts = (turn for turn in reader.nexts() if not any(bed.start <= turn.at < bed.at for bed in beds))
    return tuple(sorted((*beds, *nexts), key=lambda turn: turn.at))


@cache
def _phrases(language: Language) -> dict[str, tuple[str, ...]]:
    """Phrases by kind, longest first."""
    folder = resources.files("wardscribe_server.pipeline.understanding").joinpath("cues", "rules")
    kinds: dict[str, list[str]] = {}
    for phrase, kind, _ in read_cues(folder.joinpath("rounds.toml"), language):
        kinds.setdefault(kind, []).append(phrase)
    return {kind: tuple(sorted(phrases, key=len, reverse=True)) for kind, phrases in kinds.items()}


class _Turns:
    """One text, and where its sentences begin."""

    def __init__(self, text: str, language: Language, starts: frozenset[int]) -> None:
        self._text = text
        self._zh = language is Language.ZH
        self._said = _phrases(language)
        ends = {match.end() for match in _HARD.finditer(text)}
        self._starts = sorted({0, *starts, *ends})
        self._unpunctuated = not ends

    def beds(self) -> Iterator[Turn]:
        """Turns at beds."""
        for match in (_ZH_BED if self._zh else _EN_BED).finditer(self._text):
            bed = _zh_name(match) if self._zh else _en_name(match)
            role, start = self._judged(match.start())
            if role is not None:
                yield Turn(start, role, bed, match.start())

    def nexts(self) -> Iterator[Turn]:
        """Turns to a "next patient", whether or not a bed is said."""
        for phrase in self._said["next_patient"]:
            pattern = re.escape(phrase) if self._zh else rf"\b{re.escape(phrase)}\b"
            for match in re.finditer(pattern, self._text, re.IGNORECASE):
                opens = self._opens(match.start())
                if opens or (self._unpunctuated and self._last_word(match.start()) not in self._said["elsewhere"]):
                    yield Turn(match.start(), Role.NEXT, "", match.start())

    def _opens(self, at: int) -> bool:
        """Whether a sentence, a clause or an utterance begins there, fillers aside."""
        start = self._sentence(at)
        before = self._text[start:at].rstrip()
        return not before or before[-1] in _SOFT or self._lead(start, at)[0] == start

    def _judged(self, at: int) -> tuple[Role | None, int]:
        """What the bed at a place does, and where the turn begins."""
        start = self._sentence(at)
        before = self._text[start:at]
        lead, announced = self._lead(start, at)
        if announced or lead == start:
            return Role.BEGINS, lead
        if any(word in before[-_MOVE_REACH:].casefold() for word in self._said["moves"]):
            return None, at
        person = self._person(start, at)
        if before.rstrip()[-1:] in tuple(_SOFT):
            return Role.BEGINS, start if person else at
        if self._ends_with(before, "stays"):
            return Role.NAMES, at
        if self._ends_with(before, "elsewhere"):
            return None, at
        if person:
            return Role.BEGINS, start
        if self._zh or self._unpunctuated:
            return Role.BEGINS, at
        return None, at

    def _sentence(self, at: int) -> int:
        return max(start for start in self._starts if start <= at)

    def _lead(self, start: int, at: int) -> tuple[int, bool]:
        """Where the words that only lead up to a place begin, and whether they announce another patient."""
        lead, announced = at, False
        while lead > start:
            before = self._text[start:lead].rstrip(" " + _SOFT)
            taken = self._taken(before)
            if taken is None:
                break
            kind, length = taken
            announced = announced or kind == "opener"
            lead = start + len(before) - length
        if not self._text[start:lead].strip(" " + _SOFT):
            lead = start
        return lead, announced

    def _taken(self, before: str) -> tuple[str, int] | None:
        """An opener, a filler or a title with its name at the end of `before`, and its length."""
        folded = before.casefold()
        for kind in ("opener", "filler"):
            for phrase in self._said[kind]:
                if folded.endswith(phrase) and (self._zh or not folded[: -len(phrase)][-1:].isalnum()):
                    return kind, len(phrase)
        if self._zh:
            return None
        words = list(_WORD.finditer(folded))
        for count in (2, 3):
            if len(words) >= count and words[-count].group() in self._said["title"]:
                return "title", len(before) - words[-count].start()
        return None

    def _ends_with(self, before: str, kind: str) -> bool:
        if not self._zh:
            return self._last_word(len(before), before) in self._said[kind]
        return any(before.endswith(phrase) for phrase in self._said[kind])

    def _last_word(self, at: int, text: str | None = None) -> str:
        words = _WORD.findall((text if text is not None else self._text)[max(0, at - 40) : at])
        return words[-1].casefold() if words else ""

    def _person(self, start: int, at: int) -> bool:
        """Whether the sentence begins by naming somebody, and comes to the bed soon."""
        before = self._text[start:at].strip()
        if self._zh:
            return len(before) <= _ZH_NAME_REACH and bool(_ZH_PERSON.search(before))
        words = _WORD.findall(before)
        named = bool(words) and words[0].casefold() in self._said["title"]
        return (named and len(words) <= _NAME_REACH) or bool(_EN_PERSON.match(before))


def _en_name(match: re.Match[str]) -> str:
    said = " ".join(filter(None, (match["room"], match["bed"])))
    return said.replace(" ", "").upper()


def _zh_name(match: re.Match[str]) -> str:
    extra = match["extra"] or match["added"] or match["plus"]
    if extra is None:
        return match["bed"] or match["called"]
    return f"加{extra if extra.isdigit() else int(han_number(extra) or 0)}"
