"""Sentences with their entities, and how found ones are scored: the format that the tagger is trained from.

Owns reading and comparing. Of a source that annotates only some labels, others are not held against anybody.
"""

import gzip
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wardscribe_protocol.errors import InputError
from wardscribe_server.pipeline.values import Label

PROBLEMS = frozenset(("finding", "symptom", "disease"))
_UNKNOWN = "unknown"  # nobody said what it is: whatever is found there is neither right nor wrong


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of the text, `[start, end)`; each of `labels` is right. `presence` is empty where nobody says it."""

    start: int
    end: int
    labels: tuple[str, ...]
    presence: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with all its entities of the labels in `annotated`, and of others some."""

    id: str
    language: str
    form: str
    text: str
    entities: tuple[Entity, ...]
    ignored: tuple[tuple[int, int], ...]
    annotated: frozenset[str]


@dataclass(slots=True)
class Score:
    """Counts of one system over some examples."""

    right: int = 0
    found: int = 0
    gold: int = 0
    claims: int = 0
    claims_right: int = 0
    by_label: dict[str, Counter[str]] = field(default_factory=dict)

    def figures(self) -> dict[str, object]:
        """Precision, recall, F1, and the accuracy of presence over what was found right."""
        return {
            **_rates(self.right, self.found, self.gold),
            "entities": self.gold,
            "presence_accuracy": round(self.claims_right / self.claims, 4) if self.claims else None,
            "by_label": {
                label: _rates(counts["right"], counts["found"], counts["gold"])["f1"]
                for label, counts in sorted(self.by_label.items())
                if counts["gold"] >= 10
            },
        }


def read_examples(path: Path, *, sources: Path | None, limit: int | None = None) -> list[Example]:
    """The examples of a file, JSON lines, gzipped where the name says so; `sources` says which labels each annotates.

    Raises: InputError.
    """
    annotated = _annotated(sources) if sources is not None else {}
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read; give a file of labelled sentences, JSON lines") from error
    return [_example(row, annotated) for row in rows[:limit]]


def _annotated(path: Path) -> dict[str, frozenset[str]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read; give the table of sources") from error
    return {name: frozenset(source["labels"]) for name, source in table.items() if "labels" in source}


def _example(row: Mapping[str, object], annotated: Mapping[str, frozenset[str]]) -> Example:
    entities = row["entities"]
    assert isinstance(entities, list)
    return Example(
        id=str(row["id"]),
        language=str(row["language"]),
        form=str(row["form"]),
        text=str(row["text"]),
        entities=tuple(
            Entity(
                each["start"], each["end"], tuple(each.get("allowed") or (each["label"],)), each.get("presence") or ""
            )
            for each in entities
            if each["label"] not in (None, _UNKNOWN)
        ),
        ignored=tuple((each["start"], each["end"]) for each in entities if each["label"] == _UNKNOWN),
        annotated=annotated.get(str(row["source"]), frozenset(Label)),
    )


def scored(pairs: Iterable[tuple[Example, Sequence[Entity]]], *, one_problem: bool = False) -> Score:
    """What was found against what is there: right when characters and label are the same.

    `one_problem`: finding, symptom and disease count as one label.
    """
    score = Score()
    for example, found in pairs:
        rest = {(each.start, each.end): each for each in example.entities}
        for each in _countable(example, found, one_problem=one_problem):
            label = _named(each.labels[0], one_problem=one_problem)
            same = rest.get((each.start, each.end))
            right = same is not None and label in {_named(name, one_problem=one_problem) for name in same.labels}
            if not right and each.labels[0] not in example.annotated:
                continue
            score.found += 1
            counts = score.by_label.setdefault(label, Counter())
            counts["found"] += 1
            if right and same is not None:
                del rest[each.start, each.end]
                score.right += 1
                counts["right"] += 1
                if same.presence:
                    score.claims += 1
                    score.claims_right += same.presence == each.presence
        for each in example.entities:
            score.gold += 1
            score.by_label.setdefault(_named(each.labels[0], one_problem=one_problem), Counter())["gold"] += 1
    return score


def _countable(example: Example, found: Sequence[Entity], *, one_problem: bool) -> Iterator[Entity]:
    """Found entities, each place and label once, without those over what nobody knows."""
    seen: set[tuple[int, int, str]] = set()
    for each in found:
        key = (each.start, each.end, _named(each.labels[0], one_problem=one_problem))
        if key not in seen and not any(start < each.end and each.start < end for start, end in example.ignored):
            seen.add(key)
            yield each


def _named(label: str, *, one_problem: bool) -> str:
    return "problem" if one_problem and label in PROBLEMS else label


def _rates(right: int, found: int, gold: int) -> dict[str, float]:
    precision, recall = right / max(found, 1), right / max(gold, 1)
    f1 = 2 * right / max(found + gold, 1)
    return {"f1": round(f1, 4), "precision": round(precision, 4), "recall": round(recall, 4)}
