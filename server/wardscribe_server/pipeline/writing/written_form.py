"""Written form: from what was said to what the physician reads, with every character traced to its words.

Owns the order of the stages (hesitations, commands, self-corrections, punctuation, numbers) and the separators of both
languages. Pure and deterministic; the same words always give the same text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import Utterance, Word, Written, words_from_text
from wardscribe_server.pipeline.writing.assembling import assembled, finished
from wardscribe_server.pipeline.writing.command_grammar import CommandBook, built_in_commands
from wardscribe_server.pipeline.writing.commands import Modes, ObeyedSoFar, obeyed_on
from wardscribe_server.pipeline.writing.corrections import fluent, without_hesitations
from wardscribe_server.pipeline.writing.draft import HELD, MARK, PAUSE, Draft, Pieced, drafted
from wardscribe_server.pipeline.writing.edits import EditLog
from wardscribe_server.pipeline.writing.going_on import Continued, gone_on
from wardscribe_server.pipeline.writing.macros import MacroBook, built_in_macros
from wardscribe_server.pipeline.writing.normalise import chinese, english
from wardscribe_server.pipeline.writing.options import DEFAULT, WritingOptions
from wardscribe_server.pipeline.writing.punctuation import punctuated
from wardscribe_server.pipeline.writing.stretches import Stretches, by_stretches
from wardscribe_server.pipeline.writing.styles import styled
from wardscribe_server.pipeline.writing.unsplit import unsplit

_UTTERANCE_END = re.compile(PAUSE)
_BEFORE_WORD = re.compile(rf"{PAUSE}(?=\w)")
_CONTINUES = re.compile(r"-\w|[.,]\d|['’][a-z]")
_ITEM = re.compile(r"(?<!\d)\d{1,2}\.$")
_HELD = re.compile(HELD)
_SPACES = re.compile(rf"[ {PAUSE}]{{2,}}|{PAUSE}")
_AROUND_BREAK = re.compile(rf"[ {PAUSE}]*(\n+)[ {PAUSE}]*")
_BEFORE_CLOSING = re.compile(rf"[ {PAUSE}]+(?=[,;:!?)](?:[ {PAUSE}]|$))|[ {PAUSE}]+(?=\.(?:[ {PAUSE}\n]|$))")
_EDGE = re.compile(rf"^[ {PAUSE}\n]+|[ {PAUSE}\n]+$")
_TIGHT_ZH = re.compile(rf"{PAUSE}+|(?<=[\u4e00-\u9fff，。；：？！、（）]) +| +(?=[\u4e00-\u9fff，。；：？！、（）])")
_MARKED = re.compile(rf"[ {PAUSE}]*((?:{MARK}[ {PAUSE}]*)+)")
_ASCII_SIDES = re.compile(rf"(?<=[A-Za-z0-9.]){PAUSE}+(?=[A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Dictated:
    """What a dictation left in writing, and the log of everything that was said and commanded on the way there."""

    written: Written
    log: EditLog
    modes: Modes


@dataclass(slots=True)
class Memory:
    """What one dictation's earlier written forms are remembered by; it holds what was said and goes with it."""

    stretches: Stretches = field(default_factory=Stretches)
    fluent: Stretches = field(default_factory=Stretches)
    spaced: Stretches = field(default_factory=Stretches)
    obeyed: ObeyedSoFar | None = None
    pieced: Pieced | None = None


def write(
    utterances: Sequence[Utterance],
    *,
    language: Language,
    macros: MacroBook | None = None,
    commands: CommandBook | None = None,
    options: WritingOptions = DEFAULT,
) -> Written:
    """The whole dictation so far in written form, with its alignment and the places where the section changes."""
    return dictated(utterances, language=language, macros=macros, commands=commands, options=options).written


def dictated(
    utterances: Sequence[Utterance],
    *,
    language: Language,
    macros: MacroBook | None = None,
    commands: CommandBook | None = None,
    options: WritingOptions = DEFAULT,
    continued: Continued | None = None,
    memory: Memory | None = None,
) -> Dictated:
    """The whole dictation so far with its edit log; the shipped macros and commands where none are given.

    `continued` judges the recogniser's full stops. `memory` is what earlier calls for the same dictation wrote; the
    result is the same without it.
    """
    draft = drafted(utterances, between=_between_en if language is Language.EN else _between_zh)
    draft = by_stretches(
        draft,
        _UTTERANCE_END,
        partial(without_hesitations, language=language),
        memory=memory.fluent if memory is not None else Stretches(),
    )
    normalised = (
        partial(english.normalised, memory=memory.stretches if memory is not None else None)
        if language is Language.EN
        else chinese.normalised
    )
    result, so_far = obeyed_on(
        draft,
        language=language,
        macros=macros or built_in_macros(),
        commands=commands or built_in_commands(),
        read=normalised,
        earlier=memory.obeyed if memory is not None else None,
    )
    if memory is not None:
        memory.obeyed = so_far
    signed = assembled(result, draft)
    draft = signed.draft
    if continued is not None:
        draft = gone_on(draft, continued)
    draft = fluent(unsplit(draft, language=language), language=language)
    starts = [0, *accumulate(len(utterance.words) for utterance in utterances)][: max(1, len(utterances))]
    draft = punctuated(draft, language=language, starts=starts)
    draft = normalised(draft)
    draft = _spaced(draft, language, memory.spaced if memory is not None else Stretches())
    draft = styled(draft, language=language, options=options)
    written, pieced = finished(draft, signed, result, earlier=memory.pieced if memory is not None else None)
    if memory is not None:
        memory.pieced = pieced
    return Dictated(written, result.log, result.modes)


def format_line(text: str, *, language: Language, options: WritingOptions = DEFAULT) -> str:
    """One line of spoken form in written form; a line break is written as a backslash and n."""
    return write(words_from_text(text), language=language, options=options).text.replace("\n", r"\n")


def _between_en(previous: Word, following: Word) -> str:
    """No space before what a recogniser splits off a word: "2" ".5", "follow" "-up", "o" "'clock"."""
    if previous.span is None or not previous.text[-1:].isalnum() or not _CONTINUES.match(following.text):
        return " "
    return "" if following.text[1].isalpha() or previous.text[-1].isdigit() else " "


def _between_zh(previous: Word, following: Word) -> str:
    """Chinese has no spaces; Latin words and numbers keep theirs, what a recogniser splits (15 50, CC U) has none."""
    ends = previous.text[-1:] + following.text[:1]
    if previous.span is None and _ITEM.search(previous.text) and following.text[:1].isdigit():
        return " "
    if not ends.isascii() or not ends.isalnum():
        return ""
    whole = min(len(previous.text), len(following.text)) > 1 and ends.isalpha()
    return " " if previous.span is None or whole else ""


def _spaced(draft: Draft, language: Language, memory: Stretches) -> Draft:
    draft = draft.rewritten(_HELD, lambda _: "") if HELD in draft.text else draft
    if language is Language.ZH:
        draft = draft.rewritten(_ASCII_SIDES, lambda _: " ").rewritten(_TIGHT_ZH, lambda _: "")
    elif MARK in draft.text:
        draft = _single_spaced(draft.rewritten(_MARKED, _mark_between))
    else:
        draft = by_stretches(draft, _BEFORE_WORD, _single_spaced, memory=memory)
    return draft.rewritten(_AROUND_BREAK, lambda match: match[1]).rewritten(_EDGE, lambda _: "")


def _single_spaced(draft: Draft) -> Draft:
    return draft.rewritten(_BEFORE_CLOSING, lambda _: "").rewritten(_SPACES, lambda _: " ")


def _mark_between(match: re.Match[str]) -> str:
    """Section marks stand right before the text that they open."""
    at_edge = match.start() == 0 or match.end() == len(match.string) or match.string[match.start() - 1] == "\n"
    return ("" if at_edge else " ") + MARK * match[1].count(MARK)
