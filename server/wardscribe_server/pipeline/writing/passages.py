"""Passages made from the words of an utterance: macros, typed texts, spelled words, replacements.

Every character that was not said is traced to the words that asked for it. Must not know commands.
"""

import re

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.command_grammar import EDGES
from wardscribe_server.pipeline.writing.draft import HELD, Draft
from wardscribe_server.pipeline.writing.edits import Passage
from wardscribe_server.pipeline.writing.macros import Macro
from wardscribe_server.pipeline.writing.recasing import Case, recased

_TYPED = "text of a command"  # what stands for a macro's name there


def inner(part: Draft) -> Draft:
    """Without the recogniser's marks and spaces at the edges."""
    start = len(part.text) - len(part.text.lstrip(EDGES))
    return part.part(start, max(start, len(part.text.rstrip(EDGES))))


def fitted(new: Draft, old: str) -> Draft:
    """ "Mild." in the place of "moderate" is "mild"."""
    if old[:1].islower() and new.text[:1].isupper() and new.text[1:2].islower():
        return recased(new, Case.LOWER, 0, 1)
    if old[:1].isupper() and not old[1:2].isupper() and new.text[:1].islower():
        return recased(new, Case.UPPER, 0, 1)
    return new


def _origin(part: Draft) -> tuple[int, int]:
    """The first and last word of an utterance."""
    return next((first for first in part.first if first >= 0), -1), max(part.last, default=-1)


def typed(part: Draft, text: str) -> Passage:
    """A text that a command types."""
    return Passage(from_words(part, text), macro=_TYPED)


def from_words(part: Draft, text: str) -> Draft:
    """A text that comes from all words of `part`."""
    low, high = _origin(part)
    return Draft(text, [low] * len(text), [high] * len(text), part.words)


def inserted(macro: Macro, part: Draft) -> list[Passage]:
    """A macro's text, its fields apart, all of it traced to the words of the command."""
    return [
        Passage(from_words(part, piece.text), macro.name, piece.field, close=number > 0)
        for number, piece in enumerate(macro.parts())
    ]


def held(part: Draft, start: int, end: int, word: str, language: Language) -> Draft:
    """A word that no later rule reads, in the place of the letters that spell it."""
    parts = re.split(r"( )", word) if language is Language.EN else list(word)
    before, after = (HELD, "") if language is Language.EN else ("", HELD)
    text = "".join(piece if piece == " " else before + piece + after for piece in parts)
    return from_words(part.part(start, end), text)
