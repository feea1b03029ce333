"""The result file of the benchmarks that ask what survives and what that costs. Figures and names, never a word."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from provenance import Machine, command_line, commit, versions
from pydantic import Field, JsonValue, ValidationError
from run_results import RunResults

from wardscribe_protocol.errors import InputError

RunKind = Literal["faults", "journal_cost", "client_faults", "client_cost"]


class DurabilityResults(RunResults):
    """One run; a long one may have been made in several pieces."""

    schema_: Literal["wardscribe.durability/1"] = Field(default="wardscribe.durability/1", alias="schema")
    kind: RunKind


def durability_results(
    kind: RunKind,
    *,
    given: Sequence[str],
    at_start: Machine,
    settings: dict[str, JsonValue],
    figures: dict[str, JsonValue],
    rows: Sequence[dict[str, JsonValue]],
) -> DurabilityResults:
    """A run as it stands now, with where it comes from. `given` are the arguments."""
    return DurabilityResults(
        kind=kind,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command_line(given, program=f"benchmarks/{kind}.py"),
        commit=commit(),
        machine=at_start,
        versions=versions(),
        settings=settings,
        figures=figures,
        rows=tuple(rows),
    )


def read_results(path: Path) -> DurabilityResults:
    """A result file written earlier.

    Raises: InputError.
    """
    try:
        return DurabilityResults.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        raise InputError(f"{path}: not a result file of this benchmark; give another --out, or remove it") from None
