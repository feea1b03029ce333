"""Counts the words of openly licensed clinical talk and notes into `en/common_words.txt`.

    python lexicons/build/common_words.py --text ../shared/data/text/en

A word in this list is never taken for a misheard term, and a brand that is such a word is never taken for a term. Only
the parts named train (and four fifths of MTSamples) are read, so that the rest stays for measuring.
"""

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from writing import PACKAGE

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_HEAD = """\
# Words of openly licensed clinical conversations and notes, most frequent first; word counts only, no running text.
# Source: MTS-Dialog training set and ACI-Bench training set (human transcripts and notes), CC BY 4.0;
#   PriMock57 notes and transcripts, days 1-2, CC BY 4.0; simulated OSCE interviews (Fareez et al. 2022), CC BY 4.0;
#   MTSamples, contributed samples for free use. Built by lexicons/build/common_words.py.
# Licence of this list: CC BY 4.0.
"""


def main() -> None:
    """Reads the texts and writes the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, required=True)
    folder: Path = parser.parse_args().text
    talk: Counter[str] = Counter()
    for text in _talk(folder):
        talk.update(_WORD.findall(text.lower()))
    notes: Counter[str] = Counter()
    for text in _notes(folder):
        notes.update(_WORD.findall(text.lower()))
    words = {word: n for word, n in talk.items() if n >= 2}
    words.update({word: n + talk[word] for word, n in notes.items() if n >= 4})
    ordered = sorted(words, key=lambda word: (-words[word], word))
    (PACKAGE / "en/common_words.txt").write_text(_HEAD + "\n".join(ordered) + "\n", encoding="utf-8")


def _talk(folder: Path) -> Iterator[str]:
    csv.field_size_limit(10_000_000)
    with (folder / "mts_dialog/MTS-Dialog-TrainingSet.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield row["dialogue"]
    with (folder / "aci_bench/challenge_data/train.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield row["dialogue"]
    for path in sorted((folder / "osce_transcripts").glob("*.txt")):
        raw = path.read_bytes()
        yield raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="ignore")
    for path in sorted((folder / "primock57").rglob("day[12]*")):
        if path.is_file():
            yield path.read_text(encoding="utf-8", errors="ignore")


def _notes(folder: Path) -> Iterator[str]:
    with (folder / "mts_dialog/MTS-Dialog-TrainingSet.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield row["section_text"]
    with (folder / "aci_bench/challenge_data/train.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield row["note"]
    samples = json.loads((folder / "mtsamples/mtsamples.json").read_text(encoding="utf-8"))
    rows = samples if isinstance(samples, list) else list(samples.values())
    for number, row in enumerate(rows):
        if number % 5 != 4:
            yield json.dumps(row)


if __name__ == "__main__":
    main()
