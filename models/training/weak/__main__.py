"""Completes the gold by rule and labels open text: `python -m models.training.weak --shared DIR --gold DIR --out DIR`.

`--gold` is a folder that `models.training.gold` wrote. Under `--out`: `gold/` with the training parts completed and all
other parts as they were, and `weak/` with open text.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.training.examples import Example, read, write
from models.training.sources import Source, sources
from models.training.weak import notes
from models.training.weak.agreement import Agreements, measure
from models.training.weak.completion import completed, fillings
from models.training.weak.identities import Identities
from models.training.weak.labelling import Labeller
from models.training.weak.teacher import Teacher

_ASSERTED = frozenset(("cehrner", "maccrobat"))  # clinical texts; abstracts and questions claim nothing of a patient
_MEASURED = {"en": ("maccrobat", "bc5cdr"), "zh": ("cmedqaner", "cehrner")}
_NOTES: Mapping[str, Callable[[Path], Iterator[notes.NoteSentence]]] = {
    "mts_notes": notes.mts_dialog,
    "aci_notes": notes.aci_bench,
    "mtsamples": notes.mtsamples,
}
_MOST_OF_A_SECTION = 1500  # sentences of one source; MTSamples is half operations
_IDENTITIES = 3000
_SEED = 20261123


@dataclass(frozen=True, slots=True)
class _Work:
    known: Mapping[str, Source]
    teachers: Mapping[str, Teacher]
    agreements: Mapping[str, Agreements]

    def labeller(self, language: str) -> Labeller:
        return Labeller(self.teachers[language], language, self.agreements.get(language))


def main(arguments: list[str] | None = None) -> int:
    """Write the completed gold and the weak examples; says what was written."""
    parser = argparse.ArgumentParser(prog="python -m models.training.weak", description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder with the texts (text/en/...)")
    parser.add_argument("--gold", type=Path, required=True, help="folder that models.training.gold wrote")
    parser.add_argument(
        "--corpus", type=Path, default=Path("lexicons/build/corpus"), help="the project's dictated lines"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--only", nargs="*", default=None, help="names of sources; all when not given")
    options = parser.parse_args(arguments)
    if not options.gold.is_dir():
        print(f"{options.gold}: no such folder; run models.training.gold first", file=sys.stderr)
        return 2
    teachers = {language: Teacher(language) for language in ("en", "zh")}
    known = sources()
    wanted = set(known) if options.only is None else set(options.only)
    asked = _MEASURED if wanted - set(fillings()) else {}  # open text is believed as far as people agree
    agreements = {
        language: measure(_training(options.gold, names), teachers[language], known)
        for language, names in asked.items()
    }
    work = _Work(known, teachers, agreements)
    _complete(work, options.gold, options.out / "gold", wanted)
    for name, examples in _weak(work, options.shared, options.corpus):
        if name not in wanted:
            continue
        print(f"weak/{name}: {write(options.out / 'weak' / f'{name}.train.jsonl.gz', examples)} examples")
    return 0


def _training(gold: Path, names: tuple[str, ...]) -> Iterator[Example]:
    for name in names:
        yield from read(gold / f"{name}.train.jsonl.gz")


def _complete(work: _Work, gold: Path, out: Path, wanted: set[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rules = fillings()
    for path in sorted(gold.glob("*.jsonl.gz")):
        name, part = path.name.split(".")[:2]
        if name not in wanted:
            continue
        if part != "train" or name not in rules:
            shutil.copyfile(path, out / path.name)
            continue
        source = work.known[name]
        done = (
            completed(
                example,
                work.teachers[source.language],
                rules=rules[name],
                own=source.labels,
                asserted=name in _ASSERTED,
            )
            for example in read(path)
        )
        print(f"gold/{name}.train: {write(out / path.name, done)} examples completed")


def _weak(work: _Work, shared: Path, corpus: Path) -> Iterator[tuple[str, Iterator[Example]]]:
    for name, sentences in _NOTES.items():
        yield name, _noted(work.labeller("en"), sentences(shared / work.known[name].folder), name)
    for language in ("en", "zh"):
        yield f"dictated_{language}", _dictated(work.labeller(language), corpus / language, f"dictated_{language}")
        yield f"identities_{language}", Identities(language, seed=_SEED).examples(_IDENTITIES)


def _noted(labeller: Labeller, sentences: Iterator[notes.NoteSentence], source: str) -> Iterator[Example]:
    counts: dict[str | None, int] = {}
    for sentence in sentences:
        counts[sentence.section] = counts.get(sentence.section, 0) + 1
        if counts[sentence.section] <= _MOST_OF_A_SECTION:
            yield labeller.written(sentence.text, name=sentence.id, source=source, section=sentence.section)


def _dictated(labeller: Labeller, folder: Path, source: str) -> Iterator[Example]:
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            if line.strip() and not line.startswith("#"):
                yield from labeller.dictated(line, name=f"{path.stem}/{number}", source=source)


if __name__ == "__main__":
    sys.exit(main())
