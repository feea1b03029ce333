"""Which words are a command: the shipped phrases and forms, with a site's and a user's on top.

Owns the command files and recognising the form of an utterance. Whether the dictation so far allows the command (is
there such a phrase to select, such a macro) is decided where it is carried out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.book_files import read_folder
from wardscribe_server.pipeline.writing.grammar import either, table

EDGES = " ,.;:!?，。；：？！、\n"
_LONGEST = 240
_NEAR = 32
_VARIABLE = re.compile(r"\{(\w*)\}")
_FORM_SIGNS = re.compile(r"\{(?P<name>\w+)\}|(?P<sign>[\[\]()|])|(?P<words>[^\[\](){}|]+)")
_SIGNS = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|"}


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
    SELECT = "select"
    DESELECT = "deselect"
    REPLACE = "replace"
    DELETE = "delete"
    DELETE_WORDS = "delete_words"
    DELETE_SENTENCE = "delete_sentence"
    INSERT = "insert"
    TYPE = "type"
    SPELL = "spell"
    SPELL_ON = "spell_on"
    SPELL_OFF = "spell_off"
    CAPS_ON = "caps_on"
    CAPS_OFF = "caps_off"
    CAP_NEXT = "cap_next"
    UPPER_NEXT = "upper_next"
    CAP_THAT = "cap_that"
    UPPER_THAT = "upper_that"
    LOWER_THAT = "lower_that"
    STOP = "stop"
    START = "start"
    SIGN = "sign"


# The variables that the forms of an action may have; the others are fixed phrases.
_MAY_HAVE: Mapping[Action, frozenset[str]] = {
    Action.UNDO: frozenset({"count"}),
    Action.REDO: frozenset({"count"}),
    Action.SECTION: frozenset({"section"}),
    Action.SELECT: frozenset({"phrase", "words"}),
    Action.REPLACE: frozenset({"phrase", "words", "text"}),
    Action.DELETE: frozenset({"phrase", "words"}),
    Action.DELETE_WORDS: frozenset({"count"}),
    Action.INSERT: frozenset({"macro"}),
    Action.SPELL: frozenset({"letters"}),
}
# What must be known to carry an action out: one of these variables, or a fixed `value`.
_MUST_HAVE: Mapping[Action, frozenset[str]] = {
    Action.SECTION: frozenset({"section"}),
    Action.SELECT: frozenset({"phrase", "words"}),
    Action.REPLACE: frozenset({"text"}),
    Action.DELETE: frozenset({"phrase", "words"}),
    Action.INSERT: frozenset({"macro"}),
    Action.SPELL: frozenset({"letters"}),
    Action.TYPE: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Command:
    """A recognised command; `argument` is what its variable was said to be, `spans` where each variable stands."""

    action: Action
    argument: str = ""
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)


class CommandSpec(BaseModel):
    """A command of a site or user: `say` are phrases, with variables such as `{phrase}`; `value` stands for one."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    language: Language
    action: Action
    say: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = Field(min_length=1)
    value: str = Field(default="", max_length=4000)

    @model_validator(mode="after")
    def _fits_its_action(self) -> "CommandSpec":
        may = _MAY_HAVE.get(self.action, frozenset())
        for say in self.say:
            named = set(_VARIABLE.findall(say))
            if unknown := named - may:
                allowed = ", ".join(f"{{{name}}}" for name in sorted(may)) or "no variable"
                raise ValueError(f"{{{min(unknown)}}} has no meaning for {self.action}; it takes {allowed}")
            needed = _MUST_HAVE.get(self.action)
            if needed is not None and not self.value and not named & needed:
                missing = " or ".join(f"{{{name}}}" for name in sorted(needed))
                raise ValueError(f"{self.action} needs {missing or 'value'}" + (" or value" if missing else ""))
            _form_pattern(say, self.language)
        return self


class _Without(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    language: Language
    say: tuple[str, ...]


class _CommandFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    command: tuple[CommandSpec, ...] = ()
    without: tuple[_Without, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    pattern: re.Pattern[str]
    action: Action
    value: str = ""


class CommandBook:
    """The commands of both languages in force. Immutable; safe to share."""

    def __init__(self, added: Iterable[CommandSpec] = (), *, without: Iterable[tuple[Language, str]] = ()) -> None:
        self._added = tuple(added)
        self._without = frozenset((language, _core(say)) for language, say in without)
        self._phrases = {language: self._fixed(language) for language in Language}
        self._forms = {language: tuple(self._variable(language)) for language in Language}
        self._member = {language: self._members(language) for language in Language}
        self._sequence = {
            language: re.compile(rf"(?:(?:{self._member[language].pattern})[ ,.，。、]*){{2,}}")
            for language in Language
        }
        self._in_run = {language: self._run_pattern(language) for language in Language}

    def over(self, added: Iterable[CommandSpec], *, without: Iterable[tuple[Language, str]] = ()) -> "CommandBook":
        """This book with more commands on top, and without some phrases."""
        return CommandBook([*self._added, *added], without=[*self._without, *without])

    def phrases(self, language: Language) -> Mapping[str, Command]:
        """The fixed phrases."""
        return self._phrases[language]

    def alone(self, text: str, *, language: Language) -> Iterator[Command]:
        """The commands that a whole utterance may be, the likeliest first."""
        core = _core(text)
        if not core or len(core) > _LONGEST:
            return
        fixed = self._phrases[language].get(core)
        if fixed is not None:
            yield fixed
            return
        start = len(text) - len(text.lstrip(EDGES))
        end = len(text.rstrip(EDGES))
        for form in self._forms[language]:
            match = form.pattern.fullmatch(text, start, end)
            if match is not None:
                spans = {name: match.span(name) for name, said in match.groupdict().items() if said is not None}
                said = form.value or next((match[name].lower() for name in spans), "")
                yield Command(form.action, said, spans)

    def several(self, text: str, *, language: Language) -> tuple[Command, ...]:
        """The commands that a whole utterance is made of ("undo undo"), two at least; else none."""
        core = _core(text)
        if not self._sequence[language].fullmatch(core):
            return ()
        return tuple(self._phrases[language][match.group()] for match in self._member[language].finditer(core))

    def said(self, action: Action, argument: str = "", *, language: Language) -> str:
        """How `action` is said, for a command that comes from a key or a button and not from speech.

        Raises: LookupError when the action cannot be said in this language with this argument.
        """
        wanted = Command(action, argument.lower())
        for phrase, command in self._phrases[language].items():
            if command == wanted:
                return phrase
        grammar = table(f"editing_{language}")
        places = grammar.lists("go_to")
        joiner = " " if language is Language.EN else ""
        go_to = [f"{places['leads'][0]}{joiner}{{section}}{joiner}{places['ends'][0]}"]
        for form in go_to if action is Action.SECTION else grammar.lists("forms").get(action, ()):
            if not argument.strip() or "|" in argument or len(_VARIABLE.findall(form)) != 1:
                continue
            phrase = _VARIABLE.sub(lambda _: argument, _simplest(form))
            if wanted in self.alone(phrase, language=language):
                return phrase
        raise LookupError(f"{action} cannot be said so in {language}")

    def inside(self, text: str, *, language: Language) -> Iterator[tuple[int, int, Command]]:
        """Commands inside a run of words, with their characters."""
        barred, not_before_section = _barred(language)
        for match in self._in_run[language].finditer(text):
            before = text[max(0, match.start() - _NEAR) : match.start()].rstrip(" ")
            after = text[match.end() : match.end() + _NEAR].lstrip(" ")
            if match["section"] is not None:
                if not _context(before, "", not_before_section, (), language):
                    yield match.start(), match.end(), Command(Action.SECTION, match["section"].lower())
                continue
            command = self._phrases[language][match["phrase"].lower().replace(",", "")]
            not_after = barred.get(f"{command.action}_after", barred["after"])
            not_before = barred.get(f"{command.action}_before", barred["before"])
            if not _context(before, after, not_before, not_after, language):
                yield match.start(), match.end(), command

    def _fixed(self, language: Language) -> dict[str, Command]:
        found: dict[str, Command] = {}
        for action, phrases in table(f"editing_{language}").lists("commands").items():
            found |= {phrase: Command(Action(action)) for phrase in phrases if self._kept(language, phrase)}
        for spec in self._added:
            if spec.language is language:
                found |= {_core(say): Command(spec.action, spec.value) for say in spec.say if not _is_form(say)}
        return found

    def _variable(self, language: Language) -> Iterator[_Form]:
        for spec in reversed(self._added):
            if spec.language is language:
                yield from (_Form(_form_pattern(say, language), spec.action) for say in spec.say if _is_form(say))
        yield _Form(_go_to_alone(language), Action.SECTION)
        for action, forms in table(f"editing_{language}").lists("forms").items():
            yield from (_Form(_form_pattern(form, language), Action(action)) for form in forms)

    def _members(self, language: Language) -> re.Pattern[str]:
        """Phrases that may follow each other without a pause."""
        actions = {Action(name) for name in table(f"editing_{language}").lists("in_sequence")["commands"]}
        phrases = either(phrase for phrase, command in self._phrases[language].items() if command.action in actions)
        return re.compile(phrases if language is Language.ZH else rf"(?<![\w-]){phrases}(?![\w-])")

    def _run_pattern(self, language: Language) -> re.Pattern[str]:
        grammar = table(f"editing_{language}")
        commands = grammar.lists("commands")
        allowed = {phrase for action in grammar.lists("in_run")["commands"] for phrase in commands[action]}
        allowed = {phrase for phrase in allowed if self._kept(language, phrase)}
        leads = either(grammar.lists("go_to")["leads"])
        sections = either(grammar.lists("sections")["names"])
        if language is Language.ZH:
            phrases = either(allowed & set(grammar.lists("in_run")["phrases"]))
            return re.compile(rf"(?P<phrase>{phrases})|{leads}(?P<section>{sections})(?:部分|字段|栏)?")
        phrases = either(allowed).replace(r"\ ", ",?[ ]")  # "scratch, that": the recogniser's comma
        return re.compile(
            rf"(?<![\w-])(?:(?P<phrase>{phrases})"
            rf"|{leads} (?:the )?(?P<section>{sections})(?: section| field)?)(?![\w-])",
            re.IGNORECASE,
        )

    def _kept(self, language: Language, phrase: str) -> bool:
        return (language, phrase) not in self._without


@cache
def built_in_commands() -> CommandBook:
    """The shipped commands."""
    return CommandBook()


def load_commands(folders: Sequence[Path] = ()) -> CommandBook:
    """The shipped commands with those of `folders` (the site's, then the user's) on top.

    Raises:
        BookError: a folder is missing or a file is malformed; names file, line and what to do.
    """
    book = built_in_commands()
    for folder in folders:
        for file in read_folder(folder, _CommandFile):
            book = book.over(file.command, without=[(item.language, say) for item in file.without for say in item.say])
    return book


@cache
def _barred(language: Language) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
    """Neighbours that make a command inside a run of words ordinary language, and those before "go to"."""
    grammar = table(f"editing_{language}")
    return grammar.lists("in_run_not"), grammar.lists("go_to")["not_before"]


def _core(text: str) -> str:
    return " ".join(text.strip(EDGES).lower().split())


def _is_form(say: str) -> bool:
    return any(sign in say for sign in "{[(|")


def _form_pattern(form: str, language: Language) -> re.Pattern[str]:
    """ "select [the] {phrase}" as a pattern: braces are variables, brackets may be left out, (a|b) is either.

    Raises: ValueError when the brackets do not match.
    """
    values = {
        "count": either(table(f"editing_{language}").mapping("counts")),
        "section": r"[^,.;:，。；：]{1,60}",
    }
    parts = []
    for match in _FORM_SIGNS.finditer(form):
        if match["name"]:
            parts.append(f"(?P<{match['name']}>{values.get(match['name'], '.+?')})")
        elif match["sign"]:
            parts.append(_SIGNS[match["sign"]])
        else:
            parts.append(re.escape(match["words"]))
    try:
        return re.compile("".join(parts), re.IGNORECASE)
    except re.error as error:
        raise ValueError("the brackets of a phrase do not match, or a variable stands twice in it") from error


def _simplest(form: str) -> str:
    """A form without what may be left out, with the first of its alternatives."""
    form = re.sub(r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]", "", form)
    return re.sub(r"\(([^()|]*)[^()]*\)", r"\1", form)


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
    return re.compile(
        rf"{leads} (?:the )?(?P<section>{sections}(?=$| section$| field$)|{named})(?: section| field)?", re.IGNORECASE
    )


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
