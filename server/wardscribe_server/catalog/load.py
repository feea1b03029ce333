"""Reads templates from TOML, the shipped ones and a site's on top.

Owns the errors' file and line. Must not know what a template is for.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from wardscribe_server.catalog.template import Catalog, Template, TemplateError
from wardscribe_server.catalog.units import load_units

_MOST_SHOWN = 120


def load_catalog(*, site: Path | None = None) -> Catalog:
    """The shipped templates; a site's template of the same id replaces the shipped one.

    Raises:
        TemplateError: a file is malformed, two files have one id, or the site's folder is not there.
    """
    return Catalog({template_id: template for template_id, (template, _) in sources(site=site).items()})


def sources(*, site: Path | None = None) -> dict[str, tuple[Template, Traversable]]:
    """Every template in force with the file that it was read from, by id; raises as `load_catalog` does."""
    found = _read_all(resources.files("wardscribe_server").joinpath("templates"))
    if site is not None:
        if not site.is_dir():
            raise TemplateError(f"{site}: no such folder; give a folder with template TOML files")
        found |= _read_all(site)
    return found


def _read_all(folder: Traversable) -> dict[str, tuple[Template, Traversable]]:
    found: dict[str, tuple[Template, Traversable]] = {}
    for path in sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name):
        template = read_template(path)
        if template.id in found:
            other = found[template.id][1]
            raise TemplateError(f"{path}:1: the id {template.id!r} is taken by {other}: give one of them another id")
        found[template.id] = (template, path)
    return found


def read_template(path: Traversable) -> Template:
    """One template.

    Raises:
        TemplateError: names file, line and what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}:1: not UTF-8: save the template as UTF-8") from error
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib lets both through: long numbers, deep nesting
        raise TemplateError(f"{path}:{_line_in(str(error))}: not readable as TOML: {error}") from error
    try:
        template = Template.model_validate(content)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        # A misspelt key is also a missing one: the key that stands there is the better news.
        first = next((item for item in errors if item["type"] == "extra_forbidden"), errors[0])
        location = first["loc"]
        where = shown(location) or "template"
        line = _line_naming(text, first.get("ctx", {})) if not location else line_of(text, location)
        raise TemplateError(f"{path}:{line}: {where}: {_told(first)}") from error
    _check_units(template, path, text)
    return template


def _told(error: ErrorDetails) -> str:
    """One short line; the list of all kinds of field would be none."""
    match error["type"]:
        case "extra_forbidden":
            return "there is no such key here"
        case "literal_error" if error["loc"][-1] == "kind":
            return "no such kind of field; `wardscribe templates new` lists those for a template of your own"
        case _:
            return error["msg"].removeprefix("Value error, ")


def _check_units(template: Template, path: Traversable, text: str) -> None:
    """A number has a unit that is known, and its field's name ends with it.

    Raises:
        TemplateError: names the field's line.
    """
    for at, spec in enumerate(template.fields):
        line = line_of(text, ("fields", at, "unit" if spec.unit else "kind"))
        if spec.kind == "number" and not spec.unit:
            raise TemplateError(f'{path}:{line}: fields.{at}.unit: a number needs a unit ("" is none: write "1")')
        if spec.unit and spec.unit not in load_units():
            known = ", ".join(load_units())
            raise TemplateError(f"{path}:{line}: fields.{at}.unit: no unit {spec.unit!r}; one of {known}")
        if spec.unit not in ("", "1") and not spec.id.endswith(f"_{spec.unit}"):
            raise TemplateError(f"{path}:{line}: fields.{at}.unit: the field's id must end with _{spec.unit}")


def _line_naming(text: str, context: Mapping[str, object]) -> int:
    """The line on which a quoted name stands."""
    quoted = (f'"{context.get("name")}"', f"'{context.get('name')}'")
    lines = [number for number, line in enumerate(text.split("\n"), start=1) if any(name in line for name in quoted)]
    return lines[-1 if context.get("last") else 0] if lines else 1


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
    """The line of a pydantic error location: the n-th `[[table]]`, its `[[table.inner]]`, then the key."""
    lines = text.split("\n")
    at, table, parts = 0, "", list(location)
    while len(parts) >= 2 and isinstance(parts[1], int):
        table = f"{table}.{parts[0]}".removeprefix(".")
        heads = [number for number in range(at, len(lines)) if lines[number].strip() == f"[[{table}]]"]
        if parts[1] >= len(heads):
            break
        at, parts = heads[parts[1]], parts[2:]
    if parts:
        for number in range(at, len(lines)):
            if number > at and lines[number].startswith("[["):
                break
            if lines[number].split("=")[0].strip() == str(parts[0]):
                return number + 1
    return at + 1
