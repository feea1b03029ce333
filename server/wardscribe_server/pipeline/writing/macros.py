"""Macros and automatic texts: what a spoken name stands for, by language, template, site and user.

Owns the macro files and looking a macro up by what was said. It must not know where in a dictation a macro goes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.book_files import read_folder
from wardscribe_server.pipeline.writing.grammar import table

_FIELD = re.compile(r"\[([^\[\]\n]+)\]")
_UNREADABLE = re.compile(r"[\ue000-\uf8ff\x00-\x09\x0b-\x1f]|  | \n|\n ")
_Phrase = Annotated[str, Field(min_length=1, max_length=60)]


class Macro(BaseModel):
    """A text that is inserted when its name is said; `[side]` in it is a field to go to with "next field"."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: _Phrase
    language: Language
    say: tuple[_Phrase, ...] = ()
    normal_of: tuple[_Phrase, ...] = ()  # organs of which this is the normal text
    templates: tuple[str, ...] = ()  # none: every template
    text: str = Field(min_length=1, max_length=4000)

    @field_validator("text")
    @classmethod
    def _is_plain(cls, text: str) -> str:
        text = text.strip()
        if not text:
            raise ValueError("is empty; write the text to insert")
        if _UNREADABLE.search(text):
            raise ValueError("holds a control character, two spaces in a row or a space beside a line break; remove it")
        if _FIELD.sub("", text).count("[") or _FIELD.sub("", text).count("]"):
            raise ValueError("has a bracket without its partner; fields are written [side]")
        return text

    @model_validator(mode="after")
    def _can_be_said(self) -> "Macro":
        if not self.say and not self.normal_of:
            raise ValueError("needs say or normal_of: without one it cannot be called")
        return self

    def triggers(self) -> tuple[str, ...]:
        """Everything that calls this macro."""
        normal = table(f"editing_{self.language}").lists("macros")["normal"]
        return (*self.say, *(form.format(organ=organ) for organ in self.normal_of for form in normal))

    def parts(self) -> tuple["MacroPart", ...]:
        """The text cut at its fields."""
        parts, position = [], 0
        for match in _FIELD.finditer(self.text):
            if match.start() > position:
                parts.append(MacroPart(self.text[position : match.start()]))
            parts.append(MacroPart(match.group(), match[1].strip()))
            position = match.end()
        if position < len(self.text):
            parts.append(MacroPart(self.text[position:]))
        return tuple(parts)


@dataclass(frozen=True, slots=True)
class MacroPart:
    """A stretch of a macro's text; a field has a name."""

    text: str
    field: str = ""


class _MacroFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    macro: tuple[Macro, ...]


class MacroBook:
    """The macros in force. Immutable; safe to share."""

    def __init__(self, macros: Iterable[Macro]) -> None:
        self._macros = {(macro.language, macro.name): macro for macro in macros}
        self._by_trigger: dict[Language, dict[str, list[Macro]]] = {language: {} for language in Language}
        for macro in reversed(self._macros.values()):
            for trigger in macro.triggers():
                self._by_trigger[macro.language].setdefault(_key(trigger), []).append(macro)

    @property
    def macros(self) -> tuple[Macro, ...]:
        """All of them, the shipped ones first."""
        return tuple(self._macros.values())

    def for_template(self, template: str) -> "MacroBook":
        """The macros that may be used in this template."""
        return MacroBook(macro for macro in self.macros if not macro.templates or template in macro.templates)

    def named(self, said: str, *, language: Language) -> Macro | None:
        """The macro that `said` calls: one for certain templates before one for all, the latest added first."""
        found = self._by_trigger[language].get(_key(said), ())
        return next((macro for macro in found if macro.templates), found[0] if found else None)

    def called(self, name: str, *, language: Language) -> Macro | None:
        """The macro of this name."""
        return self._macros.get((language, name))

    def over(self, later: Iterable[Macro]) -> "MacroBook":
        """This book with `later` macros on top; one of the same language and name replaces its elder."""
        added = {(macro.language, macro.name): macro for macro in later}
        kept = [macro for key, macro in self._macros.items() if key not in added]
        return MacroBook([*kept, *added.values()])


@cache
def built_in_macros() -> MacroBook:
    """The shipped macros."""
    folder = resources.files(__name__.rpartition(".")[0]).joinpath("macro_texts")
    return MacroBook(macro for file in read_folder(folder, _MacroFile) for macro in file.macro)


def load_macros(folders: Sequence[Path] = ()) -> MacroBook:
    """The shipped macros with those of `folders` (the site's, then the user's) on top.

    Raises:
        BookError: a folder is missing or a file is malformed; names file, line and what to do.
    """
    book = built_in_macros()
    for folder in folders:
        book = book.over(macro for file in read_folder(folder, _MacroFile) for macro in file.macro)
    return book


def _key(said: str) -> str:
    return " ".join(re.sub(r"[\s,.;:，。；：、]+", " ", said.lower()).split())
