"""The result file, and how two of them are compared. Holds figures and ids, never a word of a dictation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from provenance import Commit, InputFile, Machine
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from wardscribe_protocol.errors import InputError

_PER_MACHINE = (
    "audio.real_time_factor",
    "audio.cpu_factor",
    "audio.wall_s",
    "audio.cpu_s",
    "text.ms_per_case",
    "load_s",
)


class ResultModel(BaseModel):
    """Base of the result file's parts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


class ModelUsed(ResultModel):
    """The recogniser's weights and where they ran."""

    name: str
    sha256: str
    device: str
    compute_type: str


class CaseRow(ResultModel):
    """One case, in figures only."""

    id: str
    template: str
    language: str
    text: dict[str, JsonValue] | None = None
    audio: dict[str, JsonValue] | None = None


class Results(ResultModel):
    """One run."""

    schema_: Literal["wardscribe.benchmark/1"] = Field(default="wardscribe.benchmark/1", alias="schema")
    date: str
    command: str
    commit: Commit
    machine: Machine
    versions: dict[str, str]
    model: ModelUsed | None = Field(description="Absent when no audio was decoded")
    settings: dict[str, JsonValue]
    cases_file: InputFile
    scorer: InputFile | None
    templates: tuple[str, ...] = Field(description="What the product's catalog knows")
    notes: tuple[str, ...]
    figures: dict[str, JsonValue]
    cases: tuple[CaseRow, ...]

    def to_json(self) -> str:
        """The file's contents, one case a line."""
        whole = self.model_dump_json(by_alias=True, indent=1, exclude={"cases"})
        rows = ",\n  ".join(row.model_dump_json(exclude_none=True) for row in self.cases)
        return f'{whole.removesuffix("}").rstrip()},\n "cases": [\n  {rows}\n ]\n}}\n'


def read_results(path: Path) -> Results:
    """A result file written earlier.

    Raises: InputError.
    """
    try:
        return Results.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read; give a file that an earlier run wrote with --out") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: not a result file: {where}: {first['msg'].lower()}") from None


def flat(value: JsonValue, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number under `value` with its dotted name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value)


def comparison(before: Results, now: Results) -> Iterator[str]:
    """Lines that tell what differs between two runs, figure by figure, and what makes them hard to compare."""
    yield from _reservations(before, now)
    yield from figure_lines(dict(flat(before.figures)), dict(flat(now.figures)))


def figure_lines(old: dict[str, float], new: dict[str, float]) -> Iterator[str]:
    """A table of what each figure was and is."""
    width = max((len(name) for name in old.keys() | new.keys()), default=0)
    yield f"{'figure':{width}}  {'baseline':>10}  {'now':>10}  {'difference':>10}"
    for name in [*new, *(name for name in old if name not in new)]:
        was, is_ = old.get(name), new.get(name)
        difference = "" if was is None or is_ is None else f"{is_ - was:+.4g}"
        yield f"{name:{width}}  {_shown(was):>10}  {_shown(is_):>10}  {difference:>10}".rstrip()


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.10g}"


def _reservations(before: Results, now: Results) -> Iterator[str]:
    if before.cases_file.sha256 != now.cases_file.sha256:
        yield "note: the case files differ; accuracy is not comparable"
    elif {row.id for row in before.cases} != {row.id for row in now.cases}:
        yield "note: the runs cover different cases; accuracy is not comparable"
    if before.scorer is not None and now.scorer is not None and before.scorer.sha256 != now.scorer.sha256:
        yield "note: the scorers differ; field figures are not comparable"
    if before.model is not None and now.model is not None and before.model != now.model:
        yield f"note: models differ: {_model(before.model)}, now {_model(now.model)}"
    if before.machine.model_dump(exclude={"load_average"}) != now.machine.model_dump(exclude={"load_average"}):
        yield f"note: the machines differ; not comparable: {', '.join(_PER_MACHINE)}"


def _model(model: ModelUsed) -> str:
    return f"{model.name} {model.sha256[:12]} on {model.device} as {model.compute_type}"
