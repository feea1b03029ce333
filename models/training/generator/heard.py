"""The spoken test: test sentences as a table to be read aloud, and what the recogniser heard as examples.

    python -m models.training.generator.heard table --out FOLDER
    (scripts/synthesise_dictations.py --table FOLDER/heard.en.tsv --into AUDIO; wardscribe transcribe --format json ...)
    python -m models.training.generator.heard align --out FOLDER --records RECORDS

Owns the choice of sentences and the way from what was meant to what was heard. Must not know the recogniser.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from models.training.examples import Example, read, write
from models.training.generator.alignment import carried
from models.training.generator.grammar import load
from models.training.generator.sentences import Sentences
from models.training.generator.speaking import written
from models.training.generator.terms import terms

# Kept back for evaluation everywhere in this project.
VOICES: Final = ("af_heart", "am_adam", "am_michael", "bf_emma", "bm_george", "bm_lewis")
_SEED: Final = 77
_SENTENCES: Final = 150
_WORDS: Final = range(6, 32)


def main() -> int:
    """Write the table and the clean sentences, or align the records with them."""
    parser = argparse.ArgumentParser(prog="models.training.generator.heard", description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("table", "align"))
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--records", type=Path, metavar="FOLDER", help="what `wardscribe transcribe` wrote, ID.json")
    options = parser.parse_args()
    clean = options.out / "heard.clean.test.en.jsonl.gz"
    if options.step == "table":
        rows = list(_rows())
        (options.out / "heard.en.tsv").write_text(_table(rows), encoding="utf-8")
        sys.stdout.write(f"{write(clean, (example for example, _ in rows))} sentences\n")
        return 0
    heard = list(_heard(clean, options.records))
    sys.stdout.write(f"{write(options.out / 'heard.test.en.jsonl.gz', heard)} sentences heard\n")
    return 0


def _rows() -> Iterator[tuple[Example, str]]:
    """Examples as our formatter writes them from clean words, and what is read aloud."""
    sentences = Sentences(load("en").of_split("test"), terms("en", "test"), split="test", seed=_SEED)
    made = 0
    for number in count():
        draft = sentences.sentence(number)
        if sum(not token.is_mark for token in draft.tokens) not in _WORDS or not draft.entities:
            continue
        bare = draft.saying(tuple(token for token in draft.tokens if not token.is_mark))
        example = written(bare, Random(number))  # noqa: S311 - the same every time
        if example is None or len(example.entities) != len(draft.entities):
            continue
        aloud = " ".join(token.text for token in draft.tokens).replace(" ,", ",").replace(" .", ".").replace(" :", ",")
        yield replace(example, id=f"heard_{made:03d}"), aloud
        made += 1
        if made == _SENTENCES:
            return


def _table(rows: list[tuple[Example, str]]) -> str:
    lines = ["id\ttemplate\tlanguage\tvoice\tspeed\ttext\tterms"]
    for number, (example, aloud) in enumerate(rows):
        lines.append(f"{example.id}\toutpatient\ten\t{VOICES[number % len(VOICES)]}\t1.0\t{aloud}\t")
    return "\n".join(lines) + "\n"


def _heard(clean: Path, records: Path) -> Iterator[Example]:
    for example in read(clean):
        path = records / f"{example.id}.json"
        if path.is_file():
            text = str(json.loads(path.read_text(encoding="utf-8"))["transcript"]["text"]).replace("\n", " ")
            yield carried(example, text)


if __name__ == "__main__":
    sys.exit(main())
