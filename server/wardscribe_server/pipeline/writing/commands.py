"""Voice commands: which words are one, and what they do to the dictation.

A command counts by its form, the pauses around it and its context. Alone between two pauses it always counts; inside a
run of words only when unmistakable, and never where its neighbours make it ordinary language ("a new line was placed",
置换行华法林). Owns the edit log: every state of the dictation stays reachable, undo has no limit. It must not know
numbers or templates.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.draft import HELD, MARK, PAUSE, Draft, Edit, joined
from wardscribe_server.pipeline.writing.grammar import either, table

_EDGES = " ,.;:!?，。；：？！、\n"
_SENTENCE_END = {
    Language.EN: re.compile(r"(?<!\bMr)(?<!\bDr)[.;!?](?= |$)|\b(?:period|full stop)(?= |$)|\n", re.IGNORECASE),
    Language.ZH: re.compile(r"[。；！？\n]|句号|分号"),
}
_WORD = {Language.EN: re.compile(r"[\w'’%-]+"), Language.ZH: re.compile(r"[^\s，。；：？！、,.]")}
_RETRACE_WORDS = 2
_NEAR = 32


class Action(StrEnum):
    """What a command does, named as in the grammar."""

    NEW_LINE = "new_line"
    NEW_PARAGRAPH = "new_paragraph"
    SCRATCH = "scratch"
    UNDO = "undo"
    REDO = "redo"
    NEXT_FIELD = "next_field"
    PREVIOUS_FIELD = "previous_field"
    SECTION = "section"
    CAPS_ON = "caps_on"
    CAPS_OFF = "caps_off"


@dataclass(frozen=True, slots=True)
class Command:
    """A recognised command; `argument` is the section as it was said."""

    action: Action
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """The speaker went to another section or field."""

    action: str
    argument: str


@dataclass(frozen=True, slots=True)
class _Unit:
    """Text, a line break or a move, as the newest of a chain; `utterance` is the one it was said in."""

    content: Draft | str | Move
    utterance: int
    before: "_Unit | None"


class _Log:
    """The dictation as a chain of units, with every earlier state for undo."""

    def __init__(self) -> None:
        self.newest: _Unit | None = None
        self._done: list[_Unit | None] = []
        self._undone: list[_Unit | None] = []

    def add(self, content: Draft | str | Move, utterance: int) -> None:
        self._change(_Unit(content, utterance, self.newest))

    def scratch(self) -> None:
        """Take back the last utterance; where the speaker is stays."""
        moves, unit = self._without_moves(self.newest)
        if unit is None:
            return
        utterance = unit.utterance
        while unit is not None and unit.utterance == utterance:
            if isinstance(unit.content, Move):
                moves.append(unit)
            unit = unit.before
        for move in reversed(moves):
            unit = _Unit(move.content, move.utterance, unit)
        self._change(unit)

    def shorten(self, content: Draft, utterance: int) -> None:
        """The newest text becomes `content`."""
        before = self.newest.before if self.newest is not None else None
        self._change(_Unit(content, utterance, before))

    def undo(self) -> None:
        if self._done:
            self._undone.append(self.newest)
            self.newest = self._done.pop()

    def redo(self) -> None:
        if self._undone:
            self._done.append(self.newest)
            self.newest = self._undone.pop()

    def units(self) -> list[_Unit]:
        chain = []
        unit = self.newest
        while unit is not None:
            chain.append(unit)
            unit = unit.before
        return chain[::-1]

    def _change(self, newest: _Unit | None) -> None:
        self._done.append(self.newest)
        self._undone.clear()
        self.newest = newest

    @staticmethod
    def _without_moves(unit: _Unit | None) -> tuple[list[_Unit], _Unit | None]:
        moves = []
        while unit is not None and isinstance(unit.content, Move):
            moves.append(unit)
            unit = unit.before
        return moves, unit


def obeyed(draft: Draft, *, language: Language) -> tuple[Draft, tuple[Move, ...]]:
    """The draft after its commands, and the moves in the order of the mark characters that stand in it."""
    draft = _literal(draft, language)
    log = _Log()
    caps = False
    for number, part in enumerate(_utterances(draft)):
        command = spoken_alone(part.text, language=language)
        if command is not None and command.action in {Action.CAPS_ON, Action.CAPS_OFF}:
            caps = command.action is Action.CAPS_ON
        elif command is not None:
            _execute(log, command, number)
        else:
            _dictate(log, _capitals(part) if caps else part, number, language)
    return _assembled(log.units(), draft)


def spoken_alone(text: str, *, language: Language) -> Command | None:
    """The command that a whole utterance is, or None."""
    core = " ".join(text.strip(_EDGES).lower().split())
    if not core or len(core) > 60:
        return None
    action = _phrases(language).get(core)
    if action is not None:
        return Command(action)
    match = _go_to_alone(language).fullmatch(core)
    return Command(Action.SECTION, match["section"]) if match else None


def _utterances(draft: Draft) -> Iterator[Draft]:
    start = 0
    for match in re.finditer(PAUSE, draft.text):
        yield draft.part(start, match.start())
        start = match.end()
    yield draft.part(start, len(draft.text))


def _capitals(part: Draft) -> Draft:
    text = part.text.upper()
    return Draft(text, part.first, part.last, part.words) if len(text) == len(part.text) else part


@cache
def _phrases(language: Language) -> dict[str, Action]:
    commands = table(f"editing_{language}").lists("commands")
    return {phrase: Action(action) for action, phrases in commands.items() for phrase in phrases}


@cache
def _go_to_alone(language: Language) -> re.Pattern[str]:
    """A section of the grammar, or any name that is called a section or field."""
    grammar = table(f"editing_{language}")
    leads, sections = either(grammar.lists("go_to")["leads"]), either(grammar.lists("sections")["names"])
    if language is Language.ZH:
        return re.compile(
            rf"{leads}(?P<section>{sections}(?=$|部分|字段|栏)|[\u4e00-\u9fff]{{1,8}}(?=部分|字段|栏))(?:部分|字段|栏)?"
        )
    named = r"[a-z-]+(?: [a-z-]+){0,3}?(?= section$| field$)"
    return re.compile(rf"{leads} (?:the )?(?P<section>{sections}(?=$| section$| field$)|{named})(?: section| field)?")


@cache
def _in_run(language: Language) -> re.Pattern[str]:
    grammar = table(f"editing_{language}")
    commands = grammar.lists("commands")
    allowed = [phrase for action in grammar.lists("in_run")["commands"] for phrase in commands[action]]
    leads = either(grammar.lists("go_to")["leads"])
    sections = either(grammar.lists("sections")["names"])
    if language is Language.ZH:
        phrases = either(set(allowed) & set(grammar.lists("in_run")["phrases"]))
        return re.compile(rf"(?P<phrase>{phrases})|{leads}(?P<section>{sections})(?:部分|字段|栏)?")
    return re.compile(
        rf"(?<![\w-])(?:(?P<phrase>{either(allowed)})"
        rf"|{leads} (?:the )?(?P<section>{sections})(?: section| field)?)(?![\w-])",
        re.IGNORECASE,
    )


def _spotted(text: str, language: Language) -> Iterator[tuple[int, int, Command]]:
    """Commands inside a run of words, with their characters."""
    for match in _in_run(language).finditer(text):
        before = text[max(0, match.start() - _NEAR) : match.start()].rstrip(" ")
        after = text[match.end() : match.end() + _NEAR].lstrip(" ")
        if match["section"] is not None:
            if not _context(before, "", table(f"editing_{language}").lists("go_to")["not_before"], (), language):
                yield match.start(), match.end(), Command(Action.SECTION, match["section"].lower())
            continue
        action = _phrases(language)[match["phrase"].lower()]
        barred = table(f"editing_{language}").lists("in_run_not")
        not_after = barred["scratch_after"] if action is Action.SCRATCH else barred["after"]
        if not _context(before, after, barred["before"], not_after, language):
            yield match.start(), match.end(), Command(action)


def _context(
    before: str, after: str, not_before: tuple[str, ...], not_after: tuple[str, ...], language: Language
) -> bool:
    """Whether a neighbour makes the phrase ordinary language."""
    if language is Language.ZH:
        return before.endswith(not_before) or (bool(not_after) and after.startswith(not_after))
    previous = re.search(r"[\w'’-]+$", before)
    following = re.match(r"[\w'’-]+", after)
    return (previous is not None and previous.group().lower() in not_before) or (
        following is not None and following.group().lower() in not_after
    )


def _dictate(log: _Log, part: Draft, number: int, language: Language) -> None:
    """An utterance with the commands inside it."""
    position = 0
    for start, end, command in _spotted(part.text, language):
        _say(log, part.part(position, start), number)
        position = end
        if command.action is Action.SCRATCH:
            _scratch_inside(log, part.text[end : end + 80], number, language)
        else:
            _execute(log, command, number)
    _say(log, part.part(position, len(part.text)), number)


def _say(log: _Log, part: Draft, number: int) -> None:
    text = part.text
    start = (
        len(text) - len(text.lstrip(" ")) if number == 0 and log.newest is None else _after_command(text, log, number)
    )
    end = len(text.rstrip(" "))
    if end > start:
        log.add(part.part(start, end), number)


def _after_command(text: str, log: _Log, number: int) -> int:
    """Where text starts after a command of the same utterance: the recogniser's own comma belongs to the command."""
    inside = log.newest is not None and log.newest.utterance == number
    return len(text) - len(text.lstrip(" ,.，。" if inside or not text.strip(_EDGES) else " "))


def _scratch_inside(log: _Log, rest: str, number: int, language: Language) -> None:
    """ "scratch that" without pauses: back to where the speaker starts again, else to the last sentence's start."""
    newest = log.newest
    if newest is None or newest.utterance != number or not isinstance(newest.content, Draft):
        log.scratch()
        return
    text = newest.content.text
    core = text.rstrip(_EDGES)
    spoken_end = re.search(r" ?(?:\bperiod|\bfull stop|\bcomma|句号|逗号)$", core, re.IGNORECASE)
    core = core[: spoken_end.start()] if spoken_end else core
    ends = [match.end() for match in _SENTENCE_END[language].finditer(core)]
    start = ends[-1] if ends else 0
    retrace = retraced(core[start:], rest, language=language)
    cut = start + retrace if retrace is not None else start
    log.shorten(newest.content.part(0, len(text[:cut].rstrip(" "))), number)


def retraced(said: str, again: str, *, language: Language) -> int | None:
    """Where in `said` the words begin that `again` begins with, two at least; the longest match, the latest."""
    old = [(match.start(), match.group().lower()) for match in _WORD[language].finditer(said)]
    new = [match.group().lower() for match in list(_WORD[language].finditer(again[:80]))]
    best, position = _RETRACE_WORDS - 1, None
    for index in range(len(old)):
        size = 0
        while size < len(new) and index + size < len(old) and old[index + size][1] == new[size]:
            size += 1
        if size >= max(best, _RETRACE_WORDS):
            best, position = size, old[index][0]
    return position


def _execute(log: _Log, command: Command, number: int) -> None:
    match command.action:
        case Action.NEW_LINE:
            log.add("\n", number)
        case Action.NEW_PARAGRAPH:
            log.add("\n\n", number)
        case Action.SCRATCH:
            log.scratch()
        case Action.UNDO:
            log.undo()
        case Action.REDO:
            log.redo()
        case Action.NEXT_FIELD | Action.PREVIOUS_FIELD | Action.SECTION:
            log.add(Move(command.action.value, command.argument), number)
        case Action.CAPS_ON | Action.CAPS_OFF:
            pass


def _assembled(units: list[_Unit], draft: Draft) -> tuple[Draft, tuple[Move, ...]]:
    parts: list[Draft | str] = []
    moves: list[Move] = []
    for unit in units:
        content = unit.content
        if isinstance(content, Move):
            moves.append(content)
            parts.append(PAUSE + MARK)
        elif isinstance(content, str):
            parts.append(content)
        else:
            if parts and not (isinstance(parts[-1], str) and parts[-1].startswith("\n")):
                parts.append(PAUSE)
            parts.append(content)
    return joined(parts, words=draft.words), tuple(moves)


@cache
def _literal_phrase(language: Language) -> re.Pattern[str]:
    grammar = table(f"editing_{language}")
    phrases = either([*_phrases(language), *grammar.mapping("marks")])
    cues = either(grammar.lists("literal")["cues"])
    if language is Language.ZH:
        return re.compile(rf"{cues}({phrases})")
    return re.compile(rf"(?<![\w-]){cues} ({phrases})(?![\w-])", re.IGNORECASE)


def _literal(draft: Draft, language: Language) -> Draft:
    """ "literal colon" is the word: held back from every later rule."""

    def held(match: re.Match[str]) -> list[Edit]:
        words = re.finditer(r"\w+" if language is Language.EN else r"\w", match[1])
        edits = [Edit(match.start(), match.start(1), "")]
        for word in words:
            start, end = match.start(1) + word.start(), match.start(1) + word.end()
            text = HELD + word.group() if language is Language.EN else word.group() + HELD
            edits.append(Edit(start, end, text))
        return edits

    return draft.rewritten(_literal_phrase(language), held)
