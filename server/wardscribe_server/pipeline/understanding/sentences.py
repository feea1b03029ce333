"""Sentences and clauses, from punctuation where it was said and from opening words where it was not.

Owns the boundaries. Must not know sections, findings or templates.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.cueing import Cue, Cues
from wardscribe_server.pipeline.understanding.quantities import COMMA
from wardscribe_server.pipeline.understanding.tokens import Token
from wardscribe_server.pipeline.values import is_han

_ABBREVIATED = re.compile(r"(?:\b(?:dr|mr|mrs|ms|vs|approx|st|prof|no)|(?:\b[a-z]\.)*\b[a-z])\.$", re.IGNORECASE)
_END = re.compile(r"[。；;！？!?\n|]|\.(?=\s|$)|\.(?=[\u4e00-\u9fff])")
_PAUSE = re.compile(rf"[，：:]|{COMMA}")
_LABELLED = re.compile(
    r"\b(?:segments?|levels?|grade|stage|type|class|category|rads|zone|tirads|group)[\s-]*$", re.IGNORECASE
)
_LABEL = 40  # characters before a number in which a word may make it no item of a list
_ENUMERATOR = re.compile(r"(?<![\d.])(?P<number>\d{1,2})\s*[.、．)）]\s*(?=[^\d\s])")


@dataclass(frozen=True, slots=True)
class Clause:
    """Characters `[start, end)` that say one thing; `soft` when an opening word and no sign began it.

    `segment` counts the stretches between signs of punctuation, `sentence` the sentences.
    """

    start: int
    end: int
    sentence: int
    segment: int
    soft: bool


def split(
    text: str,
    *,
    language: Language,
    tokens: Sequence[Token],
    cues: Cues,
    breaks: Sequence[int] = (),
    gaps: Sequence[int] = (),
    openings: frozenset[int] = frozenset(),
    numbered: frozenset[int] | None = None,
) -> tuple[Clause, ...]:
    """Clauses of `text` in order; together they hold every token.

    A sentence ends at each of `breaks`; a clause begins at each of `openings` and, like after a comma, of `gaps`.
    `numbered` is where items of counted lists begin, for a `text` that is not all of the dictation.
    """
    hard = (
        _hard_ends(text)
        | (enumerators(text) if numbered is None else numbered)
        | {at for at in breaks if 0 < at < len(text)}
    )
    pauses = {match.end() for match in _PAUSE.finditer(text)}
    if language is Language.ZH:
        pauses |= _spaces_in_han(text)
    opened = _openings(tokens, cues) | openings | _headings(tokens, cues, language)
    opened |= {at for at in gaps if 0 < at < len(text) and is_han(text[at])}
    if language is Language.EN:
        opened |= _film_bounds(tokens, cues) | _measured_organs(tokens, cues)
    clauses: list[Clause] = []
    sentence = segment = 0
    start = 0
    soft = False
    for at in sorted(hard | pauses | opened | {len(text)}):
        if text[start:at].strip(" \n,，：:。；;！？!?.、"):
            clauses.append(Clause(start + _leading(text[start:at]), at, sentence, segment, soft))
            soft = True
        soft = soft and at not in hard and at not in pauses  # a sign counts although a space follows it
        segment += not soft
        sentence += at in hard
        start = at
    return tuple(clauses)


_HELD = {
    Language.EN: frozenset(
        ("the", "a", "an", "my", "his", "her", "of", "clinical", "in", "on", "for", "no", "under", "treatment")
    ),
    Language.ZH: frozenset("的与为是待检既性无合床"),
}


def _leading(part: str) -> int:
    return len(part) - len(part.lstrip(" \n,，：:。；;！？!?.、"))


def _hard_ends(text: str) -> set[int]:
    ends = set()
    for match in _END.finditer(text):
        before = text[max(0, match.start() - 8) : match.end()]
        if match.group() == "." and _ABBREVIATED.search(before) and not _ends_sentence(text, match.end()):
            continue
        ends.add(match.end())
    return ends - {0}


def enumerators(text: str) -> frozenset[int]:
    """Where the items of a counted list begin: from 1, one by one ("urea 12. Impression" counts nothing)."""
    starts = set()
    following = 1
    for match in _ENUMERATOR.finditer(text):
        number = int(match["number"])
        if number in (1, following) and not _LABELLED.search(text[max(0, match.start() - _LABEL) : match.start()]):
            starts.add(match.start())
            following = number + 1
    return frozenset(starts - {0})


def _ends_sentence(text: str, at: int) -> bool:
    """After an abbreviation's dot: a capital begins a sentence, unless a title precedes a name."""
    rest = text[at : at + 40].lstrip()
    titled = re.search(r"\b(?:dr|mr|mrs|ms|prof)\.$", text[max(0, at - 8) : at], re.IGNORECASE)
    return bool(rest) and rest[0].isupper() and not titled


def _spaces_in_han(text: str) -> set[int]:
    return {
        match.end()
        for match in re.finditer(r"(?<=\S)\s+(?=\S)", text)
        if is_han(text[match.start() - 1]) or is_han(text[match.end()])
    }


def _openings(tokens: Sequence[Token], cues: Cues) -> set[int]:
    held = {cue.first for cue in cues.of("holds") if cue.last == cue.first + 1}
    starts = set()
    for cue in cues.of("opens"):
        if cue.first == 0 or cue.first - 1 in held or _inside_another(cues, cue.first) or _is_governed(cues, cue):
            continue
        if (pseudo := cues.covers("pseudo", cue.first)) is not None and pseudo.last > cue.last:
            continue
        if _is_no_opening(tokens, cue):
            continue
        if cue.value == "result" and any(
            cues.covers("order_verb", at) is not None for at in range(max(0, cue.first - 6), cue.first)
        ):
            continue
        starts.add(cue.start)
    return starts


def _is_no_opening(tokens: Sequence[Token], cue: Cue) -> bool:
    """近端 is a place and "this afternoon" a time; 近3天 and "this 60 year old" open a statement."""
    following = tokens[cue.last].text if cue.last < len(tokens) else ""
    match tokens[cue.first].text:
        case "近":
            return following not in _RECENTLY and not following[:1].isdigit()
        case "this":
            return cue.last == cue.first + 1 and following in _TIMES_OF_DAY
        case _:
            return False


def _headings(tokens: Sequence[Token], cues: Cues, language: Language) -> set[int]:
    """Where a heading may begin within a sentence; a one-letter heading ("A:") only begins one."""
    return {
        cue.start
        for cue in cues.of("heading")
        if cue.first
        and tokens[cue.first - 1].text not in _HELD[language]
        and not (len(cue.value) == 1 and cue.value.isascii())
        and not (language is Language.EN and tokens[cue.first - 1].text in _ORDERED)
        and not _inside_another(cues, cue.first)
    }


def _measured_organs(tokens: Sequence[Token], cues: Cues) -> set[int]:
    """ "Isthmus 3 mm", "right kidney measures 10 cm": an organ with its measure begins a statement."""
    starts = set()
    for cue in cues.of("organ"):
        if cue.value == "other":
            continue
        first = cue.first
        while first > 0 and tokens[first - 1].text in ("left", "right", "the", "both"):
            first -= 1
        before = tokens[first - 1] if first else None
        if (
            before is None
            or not (before.is_word or before.is_number)
            or cues.covers("preposition", first - 1) is not None
        ):
            continue
        following = tokens[cue.last : cue.last + 2]
        if any(token.is_number or token.text in ("measures", "measure", "measuring") for token in following):
            starts.add(tokens[first].start)
    return starts


def _film_bounds(tokens: Sequence[Token], cues: Cues) -> set[int]:
    """How a film was taken is a statement of its own: bounds around "AP and lateral chest"."""
    bounds: set[int] = set()
    index = 0
    while index < len(tokens):
        if cues.covers("view", index) is None:
            index += 1
            continue
        first = last = index
        while first > 0 and tokens[first - 1].text in _FILM_BEFORE:
            first -= 1
        while last < len(tokens) and (cues.covers("view", last) or tokens[last].text in _FILM_AFTER):
            last += 1
        if any(
            token.text in _FILM_AFTER and token.text not in ("of", "the", "and", "a", "left", "right")
            for token in tokens[first:last]
        ):
            bounds |= {tokens[first].start, tokens[last - 1].end}
        index = last
    return bounds - {0}


_RECENTLY = frozenset("一二两三四五六七八九十半数几日期来周年月些")
_TIMES_OF_DAY = frozenset(("morning", "afternoon", "evening", "week", "weekend", "month"))
_ORDERED = frozenset(
    ("repeat", "check", "recheck", "send", "order", "chase", "await", "trend", "routine", "am", "morning")
)
_FILM_BEFORE = frozenset(("single", "two", "2", "chest", "portable"))
_FILM_AFTER = frozenset(
    (
        "chest",
        "view",
        "views",
        "radiograph",
        "radiographs",
        "film",
        "films",
        "x",
        "ray",
        "rays",
        "of",
        "the",
        "and",
        "left",
        "right",
        "study",
        "projection",
    )
)


def _is_governed(cues: Cues, cue: Cue) -> bool:
    """What follows a negation or a hedge belongs to it: 考虑 | 双肺 is no boundary."""
    return any(
        (before := cues.covers(kind, cue.first - 1)) is not None
        and before.last == cue.first
        and cues.covers("hedged_after", cue.first - 1) is None
        for kind in ("negated_before", "hedged_before")
    )


_WHOLE = (
    "heading",
    "change",
    "pseudo",
    "hedged_before",
    "hedged_after",
    "device",
    "heart",
    "frequency",
    "lab_test",
    "no_allergy",
    "return_visit",
    "role",
)


def _inside_another(cues: Cues, token: int) -> bool:
    """Whether the token continues a longer phrase that must not be cut ("no change in", 不能除外)."""
    for kind in _WHOLE:
        cue = cues.covers(kind, token)
        if cue is not None and cue.first < token:
            return True
    return False
