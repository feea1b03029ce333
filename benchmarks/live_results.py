"""The result file of the benchmarks that talk to a live server: figures, and a row for each thing that was played.

Holds figures and names, never a word that was said.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from provenance import Machine, command_line, commit, input_file, versions
from pydantic import Field, JsonValue, ValidationError
from results import ResultModel, figure_lines, flat
from run_results import RunResults

from wardscribe_models.errors import ModelsError
from wardscribe_models.store import ModelStore
from wardscribe_protocol.errors import InputError
from wardscribe_server.config import ServerSettings
from wardscribe_server.whole_files import write_whole


class Weights(ResultModel):
    """The weights that every server ran; each chooses device and compute type by its settings."""

    name: str
    sha256: str


class LiveResults(RunResults):
    """One run."""

    schema_: Literal["wardscribe.live/1"] = Field(default="wardscribe.live/1", alias="schema")
    kind: Literal["streaming", "quiet", "endurance", "hostile"]
    model: Weights


def live_results(
    kind: Literal["streaming", "quiet", "endurance", "hostile"],
    *,
    given: Sequence[str],
    weights: Path,
    at_start: Machine,
    settings: dict[str, JsonValue],
    figures: dict[str, JsonValue],
    rows: Sequence[dict[str, JsonValue]],
) -> LiveResults:
    """A run that ends now, with where it comes from. `weights` is the folder of the model, `given` the arguments."""
    return LiveResults(
        kind=kind,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command_line(given, program=f"benchmarks/{kind}.py"),
        commit=commit(),
        machine=at_start,
        versions=versions(),
        model=Weights(name=weights.name, sha256=input_file(weights / "model.bin").sha256),
        settings=settings,
        figures=figures,
        rows=tuple(rows),
    )


def publish(results: LiveResults, *, out: Path | None, baseline: LiveResults | None) -> None:
    """Write a result to its file, else to standard output, and what differs from an earlier one beside it."""
    if out is None:
        sys.stdout.write(results.to_json())
    else:
        write_whole(out, results.to_json())
    if baseline is not None:
        print("\n".join(comparison(baseline, results)), file=sys.stderr if out is None else sys.stdout)


def weights_folder(model: str) -> Path:
    """The folder of a model of the manifest, or the folder that was given.

    Raises: InputError.
    """
    try:
        return ModelStore(ServerSettings().models_dir).locate(model).absolute()
    except ModelsError as error:
        raise InputError(str(error)) from error


def pair(flag: str, given: str) -> tuple[str, str]:
    """The two sides of `NAME=VALUE`.

    Raises: InputError.
    """
    name, equals, value = given.partition("=")
    if not (name and equals):
        raise InputError(f"{flag} {given}: give NAME=VALUE")
    return name, value


def read_results(path: Path) -> LiveResults:
    """A result file written earlier.

    Raises: InputError.
    """
    try:
        return LiveResults.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read; give a file that an earlier run wrote with --out") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: not a result file: {where}: {first['msg'].lower()}") from None


def comparison(before: LiveResults, now: LiveResults) -> Iterator[str]:
    """Lines that tell what differs between two runs, figure by figure, and what makes them hard to compare."""
    if _played(before) != _played(now):
        yield "note: the runs played different recordings; nothing is comparable"
    if before.model != now.model:
        yield "note: the models differ"
    if before.machine.model_dump(exclude={"load_average"}) != now.machine.model_dump(exclude={"load_average"}):
        yield "note: the machines differ; times, processor and memory are not comparable"
    yield from figure_lines(dict(flat(before.figures)), dict(flat(now.figures)))


def _played(results: LiveResults) -> set[str]:
    return {json.dumps([row.get("trial"), row.get("recordings"), row.get("noise")]) for row in results.rows}
