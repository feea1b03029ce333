"""What errors are seeded into, what comes of it, and the phrases that it takes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

Context = dict[str, dict[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class Report:
    """A dictation as it is said, and what the session knew."""

    id: str
    template: str
    language: str
    text: str
    context: Context


@dataclass(frozen=True, slots=True)
class Seeded:
    """A report with one error, the operator that made it, and the codes of which one must be raised."""

    report: Report
    operator: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Sentences that operators put in, by language."""

    critical: Mapping[str, tuple[str, str]]  # finding, conclusion
    allergy: Mapping[str, Mapping[str, str]]  # by drug class, "{}"-less sentences
    macro: Mapping[str, tuple[tuple[str, str], ...]]  # spoken macro, what is dictated against it
    denial: Mapping[str, str]
    wrong_study: Mapping[str, Mapping[str, str]]
    wrong_operation: Mapping[str, str]
    extra: Mapping[str, Mapping[str, str]]  # sex conditions: by the sex that cannot have it


Operator = Callable[[Report, Phrases], Iterator[Seeded]]
