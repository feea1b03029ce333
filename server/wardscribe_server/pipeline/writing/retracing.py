"""How far back a command reaches that names no phrase: the last sentence, the last words, or to where the speaker
starts again. Owns those limits; it must not know which words are a command.
"""

import re

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.command_grammar import EDGES
from wardscribe_server.pipeline.writing.edits import Link, Move, Passage, Unit, linked

_SENTENCE_END = {
    Language.EN: re.compile(r"(?<!\bMr)(?<!\bDr)[.;!?](?= |$)|\b(?:period|full stop)(?= |$)|\n", re.IGNORECASE),
    Language.ZH: re.compile(r"[。；！？\n]|句号|分号"),
}
_SPOKEN_END = re.compile(r" ?(?:\bperiod|\bfull stop|\bcomma|句号|逗号)$", re.IGNORECASE)
_WORD = {Language.EN: re.compile(r"[\w'’%-]+"), Language.ZH: re.compile(r"[^\s，。；：？！、,.]")}
_RETRACE_WORDS = 2


def retraced(text: str, again: str, *, language: Language) -> int:
    """Where to cut `text` when the speaker goes on with `again`: at its own beginning, else after the last sentence."""
    begins = begun_again(text, again, language=language)
    return begins if begins is not None else len(text[: _last_start(text, language)[0]].rstrip(" "))


def begun_again(text: str, again: str, *, language: Language) -> int | None:
    """Where the last sentence says what `again` begins with; None where it does not."""
    start, core = _last_start(text, language)
    overlap = _overlap(core[start:], again, language)
    return len(text[: start + overlap].rstrip(" ")) if overlap is not None else None


def last_sentence(newest: Link | None, count: int, *, language: Language) -> Link | None:
    """The state without the last sentences; one that was said in several utterances goes from its first on."""
    for _ in range(count):
        newest = _without_sentence(newest, language)
    return newest


def last_words(newest: Link | None, count: int, *, language: Language) -> Link | None:
    """The state without the last words (characters in Chinese), from as many utterances as it takes."""
    moves, link = _without_moves(newest)
    while count and link is not None and isinstance(link.unit.content, Passage):
        words = list(_WORD[language].finditer(link.unit.content.draft.text))
        kept = words[: max(0, len(words) - count)]
        count -= len(words) - len(kept)
        link = _shortened(link, kept[-1].end() if kept else 0)
    return linked(link, moves)


def _without_sentence(newest: Link | None, language: Language) -> Link | None:
    moves, link = _without_moves(newest)
    punctuated = False
    while link is not None and isinstance(link.unit.content, Passage):
        text = link.unit.content.draft.text
        if punctuated and _ends_sentence(text, language):
            break
        start, _ = _last_start(text, language)
        punctuated = punctuated or _ends_sentence(text, language)
        link = _shortened(link, len(text[:start].rstrip(" ")))
        if start or not punctuated:
            break
    return linked(link, moves)


def _shortened(link: Link, end: int) -> Link | None:
    content = link.unit.content
    if not end or not isinstance(content, Passage):
        return link.before
    return linked(link.before, [Unit(content.part(0, end), link.unit.utterance)])


def _without_moves(link: Link | None) -> tuple[list[Unit], Link | None]:
    moves = []
    while link is not None and isinstance(link.unit.content, Move):
        moves.append(link.unit)
        link = link.before
    return moves[::-1], link


def _ends_sentence(text: str, language: Language) -> bool:
    ends = [match.end() for match in _SENTENCE_END[language].finditer(text)]
    return bool(ends) and not text[ends[-1] :].strip(EDGES)


def _last_start(text: str, language: Language) -> tuple[int, str]:
    """Where the last sentence begins, and the text without the mark that ends it."""
    core = text.rstrip(EDGES)
    spoken = _SPOKEN_END.search(core)
    core = core[: spoken.start()] if spoken else core
    ends = [match.end() for match in _SENTENCE_END[language].finditer(core)]
    return (ends[-1] if ends else 0), core


def _overlap(said: str, again: str, language: Language) -> int | None:
    """Where in `said` the words begin that `again` begins with, two at least; the longest match, the latest."""
    old = [(match.start(), match.group().lower()) for match in _WORD[language].finditer(said)]
    new = [match.group().lower() for match in _WORD[language].finditer(again[:80])]
    best, position = _RETRACE_WORDS - 1, None
    for index in range(len(old)):
        size = 0
        while size < len(new) and index + size < len(old) and old[index + size][1] == new[size]:
            size += 1
        if size >= max(best, _RETRACE_WORDS):
            best, position = size, old[index][0]
    return position
