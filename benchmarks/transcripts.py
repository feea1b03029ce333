"""Published recogniser transcripts beside people's transcripts of the same visits: pairing them.

Owns the two CSV files' shape (columns `id` or `encounter_id`, `dialogue`, `note`, as in ACI-Bench) and how a
transcript is cut into lines. Must not know who corrects them.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wardscribe_protocol.errors import InputError

_LONGEST_FIELD = 1 << 20
_LINE_WORDS = 40  # a line is about what is said in one breath; a transcript may have no full stop for pages
_SPEAKER = re.compile(r"\[\w+\]")
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Transcribed:
    """One visit: what a person heard and what a recogniser heard, without the names of the speakers' parts."""

    id: str
    said: str
    heard: str


def read_transcripts(heard: Path, said: Path) -> list[Transcribed]:
    """The visits that both files have, in the order of `heard`: those with the same id, or else with the same note.

    ACI-Bench numbers its visits anew in each part; the note that was written about a visit is the same in all.

    Raises: InputError.
    """
    by_id, by_note = {}, {}
    for visit in _visits(said):
        by_id[visit.id] = by_note[visit.note] = visit.dialogue
    visits = list(_visits(heard))
    both = [Transcribed(one.id, by_id[one.id], one.dialogue) for one in visits if one.id in by_id]
    if not both:
        both = [Transcribed(one.id, by_note[one.note], one.dialogue) for one in visits if one.note in by_note]
    if not both:
        raise InputError(f"{heard} and {said} have no id and no note in common; give two files of the same visits")
    return both


@dataclass(frozen=True, slots=True)
class _Visit:
    id: str
    note: str
    dialogue: str


def _visits(path: Path) -> Iterator[_Visit]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=1):
                id_, text = row.get("id") or row.get("encounter_id"), row.get("dialogue")
                if not id_ or not text:
                    raise InputError(f"{path}: row {number} has no id or no dialogue; columns id, dialogue are needed")
                note = " ".join((row.get("note") or id_).split())
                yield _Visit(id_, note, _SPEAKER.sub("\n", text))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a UTF-8 CSV file") from error


def lines_of(text: str) -> list[str]:
    """Sentences, and where there is no end of one, runs of words."""
    lines = []
    for sentence in _SENTENCE.split(text):
        words = sentence.split()
        lines += [" ".join(words[at : at + _LINE_WORDS]) for at in range(0, len(words), _LINE_WORDS)]
    return lines
