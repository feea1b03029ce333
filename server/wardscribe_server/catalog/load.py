"""Reads templates from TOML, the shipped ones and a site's on top.

Owns the errors' file and line. Must not know what a template is for.
"""

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from wardscribe_server.catalog.template import Catalog, Template, TemplateError

_MOST_SHOWN = 120


def load_catalog(*, site: Path | None = None) -> Catalog:
    """The shipped templates; a site's template of the same id replaces the shipped one.

    Raises:
        TemplateError: a file is malformed, or the site's folder is not there.
    """
    shipped = resources.files("wardscribe_server").joinpath("templates")
    templates = {template.id: template for template in map(read_template, _toml_files(shipped))}
    if site is not None:
        if not site.is_dir():
            raise TemplateError(f"{site}: no such folder; give a folder with template TOML files")
        templates |= {template.id: template for template in map(read_template, _toml_files(site))}
    return Catalog(templates)


def _toml_files(folder: Traversable) -> list[Traversable]:
    return sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)


def read_template(path: Traversable) -> Template:
    """One template.

    Raises:
        TemplateError: names file, line and what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}: not UTF-8: save the template as UTF-8") from error
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib lets both through: long numbers, deep nesting
        raise TemplateError(f"{path}:{_line_in(str(error))}: not readable as TOML: {error}") from error
    try:
        return Template.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        location = first["loc"]
        where = shown(location) or "template"
        raise TemplateError(
            f"{path}:{line_of(text, location)}: {where}: {first['msg'].removeprefix('Value error, ')}"
        ) from error


def _line_in(message: str) -> int:
    """The line that tomllib names in its message; the end of the file has none, then 1."""
    _, _, rest = message.partition("line ")
    digits = rest.split(",")[0]
    return int(digits) if digits.isdigit() else 1


def shown(location: tuple[int | str, ...], *, separator: str = ".") -> str:
    """A pydantic error location for one line of print, whatever keys somebody wrote."""
    where = separator.join(str(part) for part in location)
    return "".join(character if character.isprintable() else "?" for character in where[:_MOST_SHOWN])


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line of a pydantic error location: the n-th `[[table]]`, then the key within it."""
    lines = text.split("\n")
    at = 0
    parts = list(location)
    if len(parts) >= 2 and isinstance(parts[1], int):
        heads = [number for number, line in enumerate(lines) if line.strip() == f"[[{parts[0]}]]"]
        if parts[1] < len(heads):
            at = heads[parts[1]]
        parts = parts[2:]
    if parts:
        for number in range(at, len(lines)):
            if number > at and lines[number].startswith("[["):
                break
            if lines[number].split("=")[0].strip() == str(parts[0]):
                return number + 1
    return at + 1
