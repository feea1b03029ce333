"""The result file of `streaming.py`: figures for each server and number of speakers, and a row for each stream.

Holds figures and names, never a word that was said.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from provenance import Commit, Machine
from pydantic import Field, JsonValue, ValidationError
from results import ModelUsed, ResultModel, figure_lines, flat

from wardscribe_protocol.errors import InputError


class StreamingResults(ResultModel):
    """One run."""

    schema_: Literal["wardscribe.streaming/1"] = Field(default="wardscribe.streaming/1", alias="schema")
    date: str
    command: str
    commit: Commit
    machine: Machine
    versions: dict[str, str]
    model: ModelUsed
    settings: dict[str, JsonValue]
    figures: dict[str, JsonValue] = Field(description="By server, then by pauses and number of speakers")
    streams: tuple[dict[str, JsonValue], ...]

    def to_json(self) -> str:
        """The file's contents, one stream a line."""
        whole = self.model_dump_json(by_alias=True, indent=1, exclude={"streams"})
        rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in self.streams)
        return f'{whole.removesuffix("}").rstrip()},\n "streams": [\n  {rows}\n ]\n}}\n'


def read_results(path: Path) -> StreamingResults:
    """A result file written earlier.

    Raises: InputError.
    """
    try:
        return StreamingResults.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read; give a file that an earlier run wrote with --out") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: not a result file: {where}: {first['msg'].lower()}") from None


def comparison(before: StreamingResults, now: StreamingResults) -> Iterator[str]:
    """Lines that tell what differs between two runs, figure by figure, and what makes them hard to compare."""
    if _played(before) != _played(now):
        yield "note: the runs played different recordings; nothing is comparable"
    if before.model != now.model:
        yield "note: the models differ"
    if before.machine.model_dump(exclude={"load_average"}) != now.machine.model_dump(exclude={"load_average"}):
        yield "note: the machines differ; times, processor and memory are not comparable"
    yield from figure_lines(dict(flat(before.figures)), dict(flat(now.figures)))


def _played(results: StreamingResults) -> set[str]:
    return {json.dumps([row.get("trial"), row.get("recordings")]) for row in results.streams}
