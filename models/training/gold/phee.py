"""Reads PHEE: sentences of case reports with the events of drugs and their effects.

Owns collecting the arguments of the events as flat mentions. Must not know which labels we have.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, cast

from models.training.examples import SchemeSpan
from models.training.gold.iob import BadGold, TaggedSentence

_OF_SUBJECT: Final = {"Age": "Age", "Gender": "Gender", "Disorder": "Disorder"}
_OF_TREATMENT: Final = {
    "Drug": "Drug",
    "Dosage": "Dosage",
    "Route": "Route",
    "Freq": "Freq",
    "Duration": "Duration",
    "Disorder": "Disorder",
}
_LONGEST_EFFECT: Final = 60  # characters; a longer effect is a clause, not a term


def tagged_sentences(path: Path) -> Iterator[tuple[str, TaggedSentence]]:
    """The sentences of a file, each with its id in PubMed and its number.

    Raises:
        BadGold: a line is not an event record.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = cast("dict[str, object]", json.loads(line))
            text = cast("str", row["context"])
            spans = set(_spans(cast("list[dict[str, object]]", row["annotations"])))
            name = cast("str", row["id"])
        except (ValueError, KeyError, TypeError):
            raise BadGold(f"{path}:{number}: not a record of events; fetch the corpus again") from None
        kept: list[SchemeSpan] = []
        for span in sorted(spans, key=lambda one: (one.end - one.start, one.start, one.kind)):
            inner = 0 <= span.start < span.end <= len(text)
            if inner and all(span.end <= other.start or other.end <= span.start for other in kept):
                kept.append(span)
        yield name, TaggedSentence(text, tuple(sorted(kept, key=lambda one: one.start)))


def _spans(annotations: list[dict[str, object]]) -> Iterator[SchemeSpan]:
    for annotation in annotations:
        for event in cast("list[dict[str, object]]", annotation["events"]):
            yield from (
                span for span in _argument(event, "Effect", "Effect") if span.end - span.start <= _LONGEST_EFFECT
            )
            for owner, kinds in (("Subject", _OF_SUBJECT), ("Treatment", _OF_TREATMENT)):
                parts = cast("Mapping[str, object]", event.get(owner, {}))
                for key, kind in kinds.items():
                    yield from _argument(parts, key, kind)


def _argument(event: Mapping[str, object], key: str, kind: str) -> Iterator[SchemeSpan]:
    argument = cast("dict[str, list[list[object]]]", event.get(key, {}))
    for texts, starts in zip(argument.get("text", []), argument.get("start", []), strict=True):
        for text, start in zip(cast("list[str]", texts), cast("list[int]", starts), strict=True):
            yield SchemeSpan(start=start, end=start + len(text), kind=kind)
