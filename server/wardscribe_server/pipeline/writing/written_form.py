"""Written form: from what was said to what the physician reads, with every character traced to its words.

Owns the order of the stages (hesitations, commands, self-corrections, punctuation, numbers) and the separators of both
languages. Pure and deterministic; the same words always give the same text.
"""

import re
from collections.abc import Sequence

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import SectionMark, Utterance, Word, Written, words_from_text
from wardscribe_server.pipeline.writing.commands import Move, obeyed
from wardscribe_server.pipeline.writing.corrections import fluent, without_hesitations
from wardscribe_server.pipeline.writing.draft import HELD, MARK, PAUSE, Draft, drafted
from wardscribe_server.pipeline.writing.normalise import chinese, english
from wardscribe_server.pipeline.writing.punctuation import punctuated

_CONTINUES = re.compile(r"-\w|[.,]\d|['’][a-z]")
_HELD = re.compile(HELD)
_SPACES = re.compile(rf"[ {PAUSE}]{{2,}}|{PAUSE}")
_AROUND_BREAK = re.compile(rf"[ {PAUSE}]*(\n+)[ {PAUSE}]*")
_BEFORE_CLOSING = re.compile(rf"[ {PAUSE}]+(?=[,;:!?)](?:[ {PAUSE}]|$))|[ {PAUSE}]+(?=\.(?:[ {PAUSE}\n]|$))")
_EDGE = re.compile(rf"^[ {PAUSE}\n]+|[ {PAUSE}\n]+$")
_TIGHT_ZH = re.compile(rf"{PAUSE}+|(?<=[\u4e00-\u9fff，。；：？！、（）]) +| +(?=[\u4e00-\u9fff，。；：？！、（）])")
_MARKED = re.compile(rf"[ {PAUSE}]*((?:{MARK}[ {PAUSE}]*)+)")
_ASCII_SIDES = re.compile(rf"(?<=[A-Za-z0-9.]){PAUSE}+(?=[A-Za-z0-9])")


def write(utterances: Sequence[Utterance], *, language: Language) -> Written:
    """The whole dictation so far in written form, with its alignment and the places where the section changes."""
    draft = drafted(utterances, between=_between_en if language is Language.EN else _between_zh)
    draft = without_hesitations(draft, language=language)
    draft, moves = obeyed(draft, language=language)
    draft = fluent(draft, language=language)
    draft = punctuated(draft, language=language)
    draft = english.normalised(draft) if language is Language.EN else chinese.normalised(draft)
    draft = _spaced(draft, language)
    return _finished(draft, moves)


def format_line(text: str, *, language: Language) -> str:
    """One line of spoken form in written form; a line break is written as a backslash and n."""
    return write(words_from_text(text), language=language).text.replace("\n", r"\n")


def _between_en(previous: Word, following: Word) -> str:
    """No space before what a recogniser splits off a word: "2" ".5", "follow" "-up", "o" "'clock"."""
    if previous.span is None or not previous.text[-1:].isalnum() or not _CONTINUES.match(following.text):
        return " "
    return "" if following.text[1].isalpha() or previous.text[-1].isdigit() else " "


def _between_zh(previous: Word, following: Word) -> str:
    """Chinese has no spaces; Latin words and numbers keep theirs, what a recogniser splits (15 50, CC U) has none."""
    ends = previous.text[-1:] + following.text[:1]
    if not ends.isascii() or not ends.isalnum():
        return ""
    whole = min(len(previous.text), len(following.text)) > 1 and ends.isalpha()
    return " " if previous.span is None or whole else ""


def _spaced(draft: Draft, language: Language) -> Draft:
    draft = draft.rewritten(_HELD, lambda _: "")
    if language is Language.ZH:
        draft = draft.rewritten(_ASCII_SIDES, lambda _: " ").rewritten(_TIGHT_ZH, lambda _: "")
    else:
        draft = draft.rewritten(_MARKED, _mark_between).rewritten(_BEFORE_CLOSING, lambda _: "")
        draft = draft.rewritten(_SPACES, lambda _: " ")
    return draft.rewritten(_AROUND_BREAK, lambda match: match[1]).rewritten(_EDGE, lambda _: "")


def _mark_between(match: re.Match[str]) -> str:
    """Section marks stand right before the text that they open."""
    at_edge = match.start() == 0 or match.end() == len(match.string) or match.string[match.start() - 1] == "\n"
    return ("" if at_edge else " ") + MARK * match[1].count(MARK)


def _finished(draft: Draft, moves: Sequence[Move]) -> Written:
    """Mark characters become section marks."""
    positions = [match.start() for match in re.finditer(MARK, draft.text)]
    marks = tuple(
        SectionMark(position - number, move.action, move.argument)
        for number, (position, move) in enumerate(zip(positions, moves, strict=True))
    )
    if positions:
        draft = draft.rewritten(re.compile(MARK), lambda _: "")
    return Written(draft.text, draft.pieces(), marks)
