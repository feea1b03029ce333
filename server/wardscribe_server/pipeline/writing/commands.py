"""Voice commands: carrying out what was said to the dictation instead of into it.

A command counts by its form, the pauses around it and its context. Alone between two pauses a fixed phrase always
counts, one with a variable when what it names is there to be selected, inserted or spelled; inside a run of words only
an unmistakable one does, and never where its neighbours make it ordinary language ("the new line is patent",
置换行华法林). It must not know numbers or templates.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.command_grammar import (
    EDGES,
    Action,
    Command,
    CommandBook,
    built_in_commands,
)
from wardscribe_server.pipeline.writing.draft import PAUSE, Draft, common_beginning
from wardscribe_server.pipeline.writing.edits import (
    DICTATE,
    Break,
    EditLog,
    Editor,
    Link,
    Move,
    Passage,
    Unit,
    linked,
)
from wardscribe_server.pipeline.writing.grammar import table
from wardscribe_server.pipeline.writing.literal import literal
from wardscribe_server.pipeline.writing.macros import MacroBook
from wardscribe_server.pipeline.writing.passages import fitted, from_words, held, inner, inserted, typed
from wardscribe_server.pipeline.writing.recasing import Case, recased
from wardscribe_server.pipeline.writing.retracing import begun_again, last_sentence, last_words, retraced
from wardscribe_server.pipeline.writing.selecting import Selection, found, may_delete, may_replace, next_waiting
from wardscribe_server.pipeline.writing.spelling import spelled

_MODES = {Action.CAPS_ON, Action.CAPS_OFF, Action.SPELL_ON, Action.SPELL_OFF, Action.STOP, Action.START}
_RECASED = {Action.CAP_THAT: Case.TITLE, Action.UPPER_THAT: Case.UPPER, Action.LOWER_THAT: Case.LOWER}
_ENDS = frozenset(".;。；")
_NEXT = {Action.CAP_NEXT: Case.TITLE, Action.UPPER_NEXT: Case.UPPER}


@dataclass(frozen=True, slots=True)
class Modes:
    """What the next utterance will meet."""

    stopped: bool = False
    spelling: bool = False
    caps: bool = False


@dataclass(frozen=True, slots=True)
class Obeyed:
    """What the commands left: the units in order, the log that led there, what is selected at the end, the modes."""

    units: tuple[Unit, ...]
    log: EditLog
    selection: Selection | None
    modes: Modes


def obeyed(
    draft: Draft, *, language: Language, macros: MacroBook, commands: CommandBook, read: Callable[[Draft], Draft]
) -> Obeyed:
    """Carry out the commands of a draft; `read` writes the numbers of a passage as the speaker sees them."""
    return obeyed_on(draft, language=language, macros=macros, commands=commands, read=read, earlier=None)[0]


@dataclass(slots=True)
class ObeyedSoFar:
    """A dictation up to and without its last utterance, to which more may be taken: the draft `[0, end)`.

    It holds what was said; a draft that begins differently starts anew.
    """

    dictation: "_Dictation"
    draft: Draft
    end: int
    taken: int


def obeyed_on(
    draft: Draft,
    *,
    language: Language,
    macros: MacroBook,
    commands: CommandBook,
    read: Callable[[Draft], Draft],
    earlier: ObeyedSoFar | None,
) -> tuple[Obeyed, ObeyedSoFar]:
    """As `obeyed`; utterances that `earlier` has taken are not taken again when they stand there just the same.

    `earlier` is used up. It must come from the same language, macros and commands.
    """
    draft = literal(draft, language, commands)
    if earlier is None or common_beginning(earlier.draft, draft) < earlier.end:
        earlier = ObeyedSoFar(_Dictation(language, macros, commands, read), draft, 0, 0)
    dictation, start, number = earlier.dictation, earlier.end, earlier.taken
    dictation.read = read
    for match in re.finditer(PAUSE, draft.text[start:]):
        dictation.take(draft.part(start, earlier.end + match.start()), number)
        start, number = earlier.end + match.end(), number + 1
    so_far = ObeyedSoFar(dictation.copy(), draft, start, number)
    dictation.take(draft.part(start, len(draft.text)), number)
    return dictation.result(), so_far


def spoken_alone(text: str, *, language: Language) -> Command | None:
    """The shipped command whose form a whole utterance has, or None."""
    return next(built_in_commands().alone(text, language=language), None)


class _Dictation:
    """Takes one utterance after the other."""

    def __init__(
        self, language: Language, macros: MacroBook, commands: CommandBook, read: Callable[[Draft], Draft]
    ) -> None:
        self.language = language
        self.read = read
        self.macros = macros
        self.commands = commands
        self.editor = Editor()
        self.selection: Selection | None = None
        self.caps = self.spelling = self.stopped = False
        self.next_case: Case | None = None
        self.scratched: Link | None = None  # what ended in "scratch that": the next utterance may say where it began

    def copy(self) -> "_Dictation":
        """The same state, apart: what is taken by one is not taken by the other."""
        other = _Dictation(self.language, self.macros, self.commands, self.read)
        other.editor = self.editor.copy()
        other.selection = self.selection
        other.caps, other.spelling, other.stopped = self.caps, self.spelling, self.stopped
        other.next_case, other.scratched = self.next_case, self.scratched
        return other

    def result(self) -> Obeyed:
        modes = Modes(self.stopped, self.spelling, self.caps)
        return Obeyed(tuple(self.editor.units()), self.editor.log(), self.selection, modes)

    def take(self, part: Draft, number: int) -> None:
        """An utterance: a command, or text with commands in it. While dictation is stopped it leaves nothing."""
        candidates = list(self.commands.alone(part.text, language=self.language))
        scratched, self.scratched = self.scratched, None
        if self.stopped:
            if any(command.action is Action.START for command in candidates):
                self._mode(Action.START, number)
            return
        for command in candidates:
            if self._carry_out(command, part, number):
                return
        several = self.commands.several(part.text, language=self.language)
        for command in several:
            self._execute(command, number)
        if several:
            return
        word = spelled(part.text, language=self.language) if self.spelling else None
        if word is not None:
            part = held(part, 0, len(part.text), word, self.language)
        elif self.caps:
            part = recased(part, Case.UPPER)
        if scratched is not None:
            self._begin_again(scratched, part.text, number)
        if self.selection is not None and part.text.strip(EDGES):
            self._replace(self.selection, inner(part), number)
        else:
            self._dictate(part, number)

    def _carry_out(self, command: Command, part: Draft, number: int) -> bool:
        """Whether the dictation so far allows the command; then it is done."""
        match command.action:
            case Action.SELECT:
                return self._select(self._target(command, part), command, number)
            case Action.REPLACE:
                return self._replace_said(command, part, number)
            case Action.DELETE:
                target = self._target(command, part) if command.spans else self.selection
                if target is None or ("phrase" in command.spans and not self._deletable(command, part)):
                    return False
                self._replace(target, None, number, Action.DELETE)
                return True
            case Action.INSERT:
                macro = self.macros.called(command.argument, language=self.language) or self.macros.named(
                    command.argument, language=self.language
                )
                if macro is None:
                    return False
                self._put(inserted(macro, part), Action.INSERT, number, macro.name)
                return True
            case Action.SPELL:
                start, end = command.spans.get("letters", (0, len(part.text)))
                said = part.text[start:end] if command.spans else command.argument
                word = spelled(said, language=self.language)
                if word is None:
                    return False
                self._put([Passage(held(part, start, end, word, self.language))], Action.SPELL, number)
                return True
            case Action.TYPE:
                self._put([typed(part, command.argument)], Action.TYPE, number)
                return True
            case _:
                self._execute(command, number, self._count(command, part))
                return True

    def _target(self, command: Command, part: Draft) -> Selection | None:
        """What `{phrase}` or `{words}` names in the dictation so far."""
        span = command.spans.get("words") or command.spans.get("phrase")
        said = part.part(*span) if span else from_words(part, command.argument)
        return found(self.editor.newest, said, language=self.language, read=self.read)

    def _deletable(self, command: Command, part: Draft) -> bool:
        start, end = command.spans["phrase"]
        return may_delete(part.text[start:end], language=self.language)

    def _count(self, command: Command, part: Draft) -> int:
        if "count" not in command.spans:
            return int(command.argument) if command.argument.isdigit() else 1
        start, end = command.spans["count"]
        return int(table(f"editing_{self.language}").mapping("counts")[part.text[start:end].lower()])

    def _select(self, target: Selection | None, command: Command, number: int) -> bool:
        if target is None:
            return False
        self.editor.note(command.action, number, target.text)
        self.selection = target
        return True

    def _replace_said(self, command: Command, part: Draft, number: int) -> bool:
        """ "replace X with Y"; without X what is selected, and text when nothing is ("replace it with tablets")."""
        if "text" in command.spans:
            new = inner(part.part(*command.spans["text"]))
        else:
            new = typed(part, command.argument).draft
        if not {"phrase", "words"} & set(command.spans):
            if self.selection is None:
                return False
            self._replace(self.selection, new, number)
            return True
        target = self._target(command, part)
        if target is None:
            return False
        if "phrase" in command.spans and not may_replace(target.text, new.text, language=self.language):
            return False
        self._replace(target, new, number)
        return True

    def _replace(self, target: Selection, new: Draft | None, number: int, action: Action = Action.REPLACE) -> None:
        """`new` takes the place of the target's characters; None takes them out."""
        passage, text = target.passage, target.passage.draft.text
        start = target.start
        if new is None and text[target.end : target.end + 1] in _ENDS:
            start = len(text[:start].rstrip(" ,，、"))  # the comma before what was deleted has nothing to set apart
        pieces = [passage.part(0, start)] if start else []
        if new is not None:
            pieces.append(Passage(fitted(new, target.text), close=bool(pieces) or passage.close))
        end = target.end
        if new is None and not start and not passage.close:
            end += len(text[end:]) - len(text[end:].lstrip(" ,，、"))
        elif new is None and text[end : end + 1] == " " and text[start - 1 : start] == " ":
            end += 1
        if text[end:] if passage.macro else text[end:].strip(" " if pieces else EDGES):
            rest = passage.part(end, len(text))
            pieces.append(Passage(rest.draft, rest.macro, close=bool(pieces) or passage.close))
        units = [Unit(piece, target.link.unit.utterance) for piece in pieces]
        self.selection = None
        self.editor.exchange(target.link, units, action, number, target.text)

    def _put(self, passages: list[Passage], action: Action, number: int, argument: str = "") -> None:
        """New passages at the end, or in the place of what is selected."""
        target, self.selection = self.selection, None
        if target is not None and len(passages) == 1 and not passages[0].macro:
            self._replace(target, passages[0].draft, number, action)
            return
        self.editor.add(action, [Unit(passage, number) for passage in passages], number, argument)

    def _execute(self, command: Command, number: int, count: int = 1) -> None:
        action, editor = command.action, self.editor
        selection, self.selection = self.selection, None
        match action:
            case Action.NEW_LINE | Action.NEW_PARAGRAPH:
                editor.add(action, [Unit(Break("\n" if action is Action.NEW_LINE else "\n\n"), number)], number)
            case Action.SCRATCH if selection is not None:
                self._replace(selection, None, number, action)
            case Action.SCRATCH:
                self._scratch(number)
            case Action.DELETE_SENTENCE | Action.DELETE_WORDS:
                cut = last_sentence if action is Action.DELETE_SENTENCE else last_words
                self.editor.become(cut(editor.newest, count, language=self.language), action, number)
            case Action.UNDO | Action.REDO:
                for _ in range(count):
                    editor.note(action, number)
            case Action.DESELECT:
                editor.note(action, number)
            case Action.NEXT_FIELD | Action.PREVIOUS_FIELD:
                back = action is Action.PREVIOUS_FIELD
                self.selection = next_waiting(editor.newest, selection, backwards=back)
                if self.selection is not None:
                    editor.note(action, number, self.selection.passage.field)
                else:
                    editor.add(action, [Unit(Move(action, ""), number)], number)
            case Action.SECTION:
                editor.add(action, [Unit(Move(action, command.argument), number)], number, command.argument)
            case Action.SIGN:
                editor.add(action, [Unit(Move("sign_asked", ""), number)], number)
            case Action.CAP_THAT | Action.UPPER_THAT | Action.LOWER_THAT:
                self._recase(_RECASED[action], selection, action, number)
            case Action.CAP_NEXT | Action.UPPER_NEXT:
                self.next_case = _NEXT[action]
                editor.note(action, number)
            case _:
                self._mode(action, number)

    def _mode(self, action: Action, number: int) -> None:
        if action in {Action.CAPS_ON, Action.CAPS_OFF}:
            self.caps = action is Action.CAPS_ON
        elif action in {Action.SPELL_ON, Action.SPELL_OFF}:
            self.spelling = action is Action.SPELL_ON
        else:
            self.stopped = action is Action.STOP
        self.editor.note(action, number)

    def _recase(self, case: Case, selection: Selection | None, action: Action, number: int) -> None:
        """What is selected, else the last utterance's text, in other letters."""
        link = self.editor.newest
        while selection is None and link is not None and isinstance(link.unit.content, Move):
            link = link.before
        if selection is None and link is not None and isinstance(link.unit.content, Passage):
            selection = Selection(link, link.unit.content, 0, len(link.unit.content.draft.text))
        if selection is None:
            self.editor.note(action, number)
            return
        passage, link = selection.passage, selection.link
        draft = recased(passage.draft, case, selection.start, selection.end)
        changed = Passage(draft, passage.macro, passage.field, passage.close)
        self.editor.exchange(link, [Unit(changed, link.unit.utterance)], action, number)

    def _scratch(self, number: int) -> None:
        """Take back the last utterance; where the speaker is stays."""
        last = self.editor.last
        if last is not None and last.action == Action.REPLACE:
            self.editor.become(self.editor.before_last(), Action.SCRATCH, number)
            return
        moves: list[Unit] = []
        link = self.editor.newest
        while link is not None and isinstance(link.unit.content, Move):
            moves.append(link.unit)
            link = link.before
        utterance = link.unit.utterance if link is not None else None
        if link is None:
            self.editor.note(Action.SCRATCH, number)
            return
        while link is not None and link.unit.utterance == utterance:
            if isinstance(link.unit.content, Move):
                moves.append(link.unit)
            link = link.before
        self.editor.become(linked(link, reversed(moves)), Action.SCRATCH, number)

    def _dictate(self, part: Draft, number: int) -> None:
        """An utterance with the commands inside it."""
        position = 0
        for start, end, command in self.commands.inside(part.text, language=self.language):
            if command.action is Action.UPPER_NEXT and not part.text[end:].strip(EDGES):
                continue
            self._say(part.part(position, start), number)
            position = end
            if command.action is Action.SCRATCH:
                self._scratch_inside(part.text[end : end + 80], number)
                position += len(part.text[end:]) - len(part.text[end:].lstrip(" ,.，。"))
            else:
                self._execute(command, number)
        self._say(part.part(position, len(part.text)), number)

    def _say(self, part: Draft, number: int) -> None:
        text = part.text
        newest = self.editor.newest
        if number == 0 and newest is None:
            start = len(text) - len(text.lstrip(" "))
        else:
            inside = newest is not None and newest.unit.utterance == number
            start = len(text) - len(text.lstrip(" ,.，。" if inside or not text.strip(EDGES) else " "))
        end = len(text.rstrip(" "))
        if end <= start:
            return
        part = part.part(start, end)
        if self.next_case is not None:
            word = re.search(r"[\w'’-]+", part.text)
            part = recased(part, self.next_case, *word.span()) if word else part
            self.next_case = None
        self.editor.add(DICTATE, [Unit(Passage(part), number)], number)

    def _scratch_inside(self, rest: str, number: int) -> None:
        """ "scratch that" without pauses: back to where the speaker starts again, else to the last sentence's start."""
        newest = self.editor.newest
        if newest is None or newest.unit.utterance != number or not isinstance(newest.unit.content, Passage):
            self._scratch(number)
            return
        cut = retraced(newest.unit.content.draft.text, rest, language=self.language)
        kept = newest.unit.content.part(0, cut)
        units = [Unit(kept, number)] if cut else []
        self.editor.exchange(newest, units, Action.SCRATCH, number)
        self.scratched = None if rest.strip(EDGES) else newest

    def _begin_again(self, scratched: Link, again: str, number: int) -> None:
        """The words behind a "scratch that" come after a pause: what they do not repeat was not meant."""
        content = scratched.unit.content
        cut = begun_again(content.draft.text, again, language=self.language) if isinstance(content, Passage) else None
        if cut and isinstance(content, Passage):
            kept = Unit(content.part(0, cut), scratched.unit.utterance)
            self.editor.become(linked(scratched.before, [kept]), Action.SCRATCH, number)
