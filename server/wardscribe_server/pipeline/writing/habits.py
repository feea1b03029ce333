"""How one physician dictates and wants to read it: the site's and the user's macros, commands and options together.

Owns where in a site's folder these are: `SITE/{macros,commands,writing}/*.toml`, and the same again under
`SITE/users/NAME`, which wins. What a macro, a command or an option is belongs to the modules of that name.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from wardscribe_server.pipeline.writing.book_files import BookError, read_folder
from wardscribe_server.pipeline.writing.command_grammar import CommandBook, built_in_commands, load_commands
from wardscribe_server.pipeline.writing.macros import MacroBook, built_in_macros, load_macros
from wardscribe_server.pipeline.writing.options import (
    Abbreviations,
    DateOrder,
    PressureUnit,
    UnitStyle,
    WritingOptions,
)

_USER = re.compile(r"[a-z][a-z0-9_]{0,63}")


class _OptionsFile(BaseModel):
    """A file of `writing/`: what is absent stays as it was."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    dates: DateOrder | None = None
    units: UnitStyle | None = None
    abbreviations: Abbreviations | None = None
    pressure_unit: PressureUnit | None = None
    digits_from_ten: bool | None = None


@dataclass(frozen=True, slots=True)
class WritingHabits:
    """One physician's macros, commands and choices. Immutable; safe to share."""

    macros: MacroBook = field(default_factory=built_in_macros)
    commands: CommandBook = field(default_factory=built_in_commands)
    options: WritingOptions = field(default_factory=WritingOptions)


def load_habits(site: Path | None, user: str | None = None) -> WritingHabits:
    """The shipped habits with the site's and then the user's on top; a user without a folder has the site's.

    Raises:
        BookError: a file is malformed, or `user` is no user name.
    """
    if user is not None and not _USER.fullmatch(user):
        raise BookError("a user's name is lower-case letters, digits and _, starting with a letter")
    if site is None:
        return WritingHabits()
    homes = [site, site / "users" / user] if user is not None else [site]
    values: dict[str, object] = {}
    for home in homes:
        if (home / "writing").is_dir():
            for file in read_folder(home / "writing", _OptionsFile):
                values |= file.model_dump(exclude_none=True)
    return WritingHabits(
        macros=load_macros([home / "macros" for home in homes if (home / "macros").is_dir()]),
        commands=load_commands([home / "commands" for home in homes if (home / "commands").is_dir()]),
        options=WritingOptions(**_OptionsFile.model_validate(values).model_dump(exclude_none=True)),
    )
