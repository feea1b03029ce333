"""Sentences of openly licensed clinical notes, each with the section that its heading says.

Owns how the note files are laid out and what their headings mean (`headings.toml`). Must not know labels.
"""

import csv
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, cast

from models.training.gold.sentences import sentences

LONGEST: Final = 400
_HEADINGS: Final = Path(__file__).with_name("headings.toml")
_LINE_HEADING: Final = re.compile(r"^[•\s]*(?P<heading>[A-Z][A-Z /&-]{1,50}?):?\s*$")
_INNER_HEADING: Final = re.compile(r"(?:^|(?<=[.,\s]))(?P<heading>[A-Z][A-Z /&-]{1,40}[A-Z]):\s*,?\s*")
_ITEM: Final = re.compile(r"^(?:[•*-]\s*)?(?:[A-Z][A-Za-z ,/]{2,40}:\s*)?")
_KEYWORDS: Final = re.compile(r"(?<=[a-z)]\.)(?=[a-z][a-z &-]+,)")  # some copies end in the list of keywords
_WORD: Final = re.compile(r"[a-z]+")
_FEWEST: Final = 8  # characters; less says nothing


@dataclass(frozen=True, slots=True)
class NoteSentence:
    """A sentence of a note; `section` is None where no heading says it."""

    id: str
    text: str
    section: str | None


def mts_dialog(folder: Path) -> Iterator[NoteSentence]:
    """The note sections of MTS-Dialog's training part."""
    table = _sections("mts_dialog")
    for row in _rows(folder / "MTS-Dialog-TrainingSet.csv"):
        section = table.get(row["section_header"])
        for number, text in enumerate(_sentences(row["section_text"])):
            where = _by_word(text) if section == "by_word" else section
            yield NoteSentence(f"{row['ID']}/{number}", text, where)


def aci_bench(folder: Path) -> Iterator[NoteSentence]:
    """The notes of ACI-Bench's training part."""
    table = _sections("written")
    for row in _rows(folder / "challenge_data" / "train.csv"):
        section: str | None = None
        number = 0
        for line in row["note"].splitlines():
            if heading := _LINE_HEADING.match(line):
                section = table.get(heading["heading"].strip())
                continue
            for text in _sentences(_ITEM.sub("", line.strip())):
                yield NoteSentence(f"{row['encounter_id']}/{number}", text, section)
                number += 1


def mtsamples(folder: Path) -> Iterator[NoteSentence]:
    """The reports of MTSamples; headings stand in the running text there."""
    table = _sections("written")
    with (folder / "mtsamples.json").open(encoding="utf-8") as file:
        reports = cast("list[dict[str, str]]", json.load(file))
    for place, report in enumerate(reports):
        text = re.sub(r"(?<=[.:])\s*,(?=\S)", " ", report.get("transcription") or "")
        text = _KEYWORDS.split(text)[0]
        parts = list(_INNER_HEADING.finditer(text))
        number = 0
        for at, heading in enumerate(parts):
            end = parts[at + 1].start() if at + 1 < len(parts) else len(text)
            for sentence in _sentences(text[heading.end() : end]):
                yield NoteSentence(f"{place}/{number}", sentence, table.get(heading["heading"]))
                number += 1


def _sentences(text: str) -> Iterator[str]:
    text = re.sub(r"\s+", " ", text)
    for start, end in sentences(text, language="en", longest=LONGEST):
        if end - start >= _FEWEST:
            yield text[start:end].strip(" ,")


def _by_word(text: str) -> str | None:
    words = set(_WORD.findall(text.lower()))
    return next((section for section, said in _table()["by_word"].items() if words & set(said)), None)


def _sections(name: str) -> Mapping[str, str]:
    return {heading: section for section, headings in _table()[name].items() for heading in headings}


@cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    with _HEADINGS.open("rb") as file:
        return cast("dict[str, dict[str, list[str]]]", tomllib.load(file))


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
