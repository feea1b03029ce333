"""Field scores: a scorer given by path, its slot counts by template and language, and what F1 they make.

How a value is compared with gold is the scorer's; this module only adds up. The scorer is a Python file with
`score(gold_case, record | None)` whose result has `right`, `missed`, `extra`, `wrong` and `critical`.
"""

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Self

from cases import Case
from pydantic import JsonValue

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Record

Figures = dict[str, JsonValue]
_COUNTS = ("right", "missed", "extra", "wrong", "critical")


@dataclass(frozen=True, slots=True)
class Slots:
    """Leaf values of a record against gold."""

    right: int = 0
    missed: int = 0
    extra: int = 0
    wrong: int = 0
    critical: int = 0  # of the wrong ones: presence, side, dose, value, size and the like

    def __add__(self, other: Self) -> "Slots":
        return Slots(*(getattr(self, name) + getattr(other, name) for name in _COUNTS))

    def figures(self) -> Figures:
        """F1 with what it is made of."""
        gold, given = self.right + self.missed + self.wrong, self.right + self.extra + self.wrong
        precision, recall = self.right / given if given else 1.0, self.right / gold if gold else 1.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return {
            "f1": round(f1, 4),
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "slots": gold,
            "wrong": self.wrong,
            "missed": self.missed,
            "extra": self.extra,
            "critical_wrong": self.critical,
        }


@dataclass(frozen=True, slots=True)
class Scored:
    """The slots of one case; `supported` when the product knows its template."""

    case: Case
    slots: Slots
    supported: bool


class FieldScorer:
    """A scorer loaded from a file.

    Raises: InputError when the file is not a scorer.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._module = _load(path)

    def score(self, case: Case, record: Record | None) -> Slots:
        """Slots of `record` against the case; without a record everything is missed."""
        gold = case.model_dump(mode="json")
        tally = self._module.score(gold, None if record is None else json.loads(record.to_json()))
        return Slots(*(int(getattr(tally, name)) for name in _COUNTS))


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("field_scorer", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: no Python file with a scorer")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "score", None)):
        raise InputError(f"{path}: has no function `score`")
    return module


def field_figures(scored: Iterable[Scored]) -> Figures:
    """F1 over all cases, over the templates that the product knows, by language and by language and template."""
    groups: defaultdict[str, Slots] = defaultdict(Slots)
    by_language: defaultdict[str, Slots] = defaultdict(Slots)
    by_template: defaultdict[str, Slots] = defaultdict(Slots)
    unsupported = set()
    for one in scored:
        language = one.case.language.value
        groups["all"] += one.slots
        by_language[language] += one.slots
        by_template[f"{language} {one.case.template}"] += one.slots
        if one.supported:
            groups["supported"] += one.slots
            groups[f"supported_{language}"] += one.slots
        else:
            unsupported.add(one.case.template)
    unknown: list[JsonValue] = [*sorted(unsupported)]
    return {
        **{name: slots.figures() for name, slots in sorted(groups.items())},
        "by_language": {name: slots.figures() for name, slots in sorted(by_language.items())},
        "by_template": {name: slots.figures() for name, slots in sorted(by_template.items())},
        "unsupported_templates": unknown,
    }
