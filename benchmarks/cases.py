"""The case file: dictations as they are said, with the record and the terms that they should give.

Owns reading and checking; knows nothing of engines or scores.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from wardscribe_client.recording import FORMATS
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language


class Case(BaseModel):
    """One dictation and what should come of it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str = Field(pattern=r"^[\w-][\w.-]*$")
    template: str
    language: Language
    text: str
    fields: dict[str, JsonValue] = {}
    terms: tuple[str, ...] = ()


class Row(Protocol):
    """What a file of JSON lines holds: something with an id."""

    @property
    def id(self) -> str:
        """Names it in results."""
        ...


_Row = TypeVar("_Row", bound=Row)


def read_cases(path: Path) -> list[Case]:
    """The cases of a file of JSON lines, in order.

    Raises: InputError naming file and line.
    """
    return read_rows(path, TypeAdapter(Case), called="case")


def read_rows(path: Path, shape: TypeAdapter[_Row], *, called: str) -> list[_Row]:
    """The rows of a file of JSON lines, in order, each with an id of its own; `called` is what one is called.

    Raises: InputError naming file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a UTF-8 text file") from error
    rows: dict[str, _Row] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = shape.validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "line"
            raise InputError(f"{path}:{number}: {where}: {first['msg'].lower()}") from None
        if row.id in rows:
            raise InputError(f"{path}:{number}: id {row.id!r} is used twice; give every {called} its own")
        rows[row.id] = row
    if not rows:
        raise InputError(f"{path}: there are no {called}s in this file")
    return list(rows.values())


def recording_of(case: Case, folder: Path) -> Path | None:
    """The audio of a case, named after its id; None where it was never spoken."""
    return next((path for form in FORMATS if (path := folder / f"{case.id}.{form}").is_file()), None)


def first_of_each_language(cases: Iterable[Case], limit: int | None) -> list[Case]:
    """The first `limit` cases in each language, in the file's order; all of them without a limit."""
    seen: Counter[Language] = Counter()
    kept = []
    for case in cases:
        seen[case.language] += 1
        if limit is None or seen[case.language] <= limit:
            kept.append(case)
    return kept
