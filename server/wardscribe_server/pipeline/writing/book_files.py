"""Folders of TOML files that sites and users write: macros and commands.

Owns reading them and saying what is wrong with file and line. It must not know what the entries mean.
"""

import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from wardscribe_server.catalog.load import line_of, shown

Model = TypeVar("Model", bound=BaseModel)


class BookError(ValueError):
    """A file of macros or commands cannot be used; the message names file and line and says what to do."""


def read_folder(folder: Traversable, model: type[Model]) -> Iterator[Model]:
    """Every `*.toml` of `folder`, by name.

    Raises:
        BookError: the folder is not there, or a file is not what `model` says.
    """
    if not folder.is_dir():
        raise BookError(f"{folder}: no such folder; give a folder with TOML files")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            yield _read(path, model)


def _read(path: Traversable, model: type[Model]) -> Model:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BookError(f"{path}: not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise BookError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib lets both through: long numbers, deep nesting
        raise BookError(f"{path}:{_line_in(str(error), text)}: not readable as TOML: {error}") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = shown(first["loc"]) or path.name
        message = first["msg"].removeprefix("Value error, ")
        raise BookError(f"{path}:{line_of(text, first['loc'])}: {where}: {message}") from error


def _line_in(message: str, text: str) -> int:
    """The line that tomllib names in its message; it names none at the end of the file."""
    digits = message.partition("line ")[2].split(",")[0]
    return int(digits) if digits.isdigit() else text.count("\n") + 1
