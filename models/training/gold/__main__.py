"""Writes all public gold as examples: `python -m models.training.gold --shared DIR --out DIR`."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from models.training.examples import Example, SchemeSpan, settled, write
from models.training.gold import brat, case_reports, chineseblue, iob, phee
from models.training.gold.boundaries import Boundaries
from models.training.sources import Source, sources

_TUNE_EVERY = 20  # one block of twenty of the training part is kept to choose checkpoints by
_BLOCK = 60  # sentences in a row that are kept together, since the token files do not mark documents


def main(arguments: list[str] | None = None) -> int:
    """Write `<source>.<part>.jsonl.gz` for each source; says what was written."""
    parser = argparse.ArgumentParser(prog="python -m models.training.gold", description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder with the corpora (ner/en/..., ner/zh/...)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--only", nargs="*", default=None, help="names of sources; all when not given")
    options = parser.parse_args(arguments)
    made = {language: Boundaries(language) for language in ("en", "zh")}
    for source in sources().values():
        if source.reader not in _READERS or (options.only is not None and source.name not in options.only):
            continue
        folder = options.shared / source.folder
        if not folder.is_dir():
            print(f"{source.name}: no folder {source.folder} under --shared; see {source.url}", file=sys.stderr)
            return 2
        for part, examples in _READERS[source.reader](folder, source, made[source.language]).items():
            count = write(options.out / f"{source.name}.{part}.jsonl.gz", examples)
            print(f"{source.name}.{part}: {count} examples")
    return 0


def _from_iob(folder: Path, source: Source, boundaries: Boundaries) -> Mapping[str, list[Example]]:
    train = _numbered(iob.tagged_sentences(folder / "train.tsv"), "train")
    dev = _numbered(iob.tagged_sentences(folder / "devel.tsv"), "dev")
    return _parts(train, dev, source, boundaries)


def _from_chineseblue(folder: Path, source: Source, boundaries: Boundaries) -> Mapping[str, list[Example]]:
    def named(part: str) -> Iterator[tuple[str, iob.TaggedSentence]]:
        counts: dict[int, int] = {}
        path = folder / f"{part}.json"
        for document, sentence in chineseblue.tagged_sentences(path, health_records=source.name == "cehrner"):
            counts[document] = counts.get(document, -1) + 1
            yield f"{part}-{document}/{counts[document]}", sentence

    return _parts(named("train"), named("dev"), source, boundaries)


def _from_phee(folder: Path, source: Source, boundaries: Boundaries) -> Mapping[str, list[Example]]:
    def named(part: str) -> Iterator[tuple[str, iob.TaggedSentence]]:
        for name, sentence in phee.tagged_sentences(folder / f"{part}.json"):
            yield name.replace("_", "/"), sentence

    return _parts(named("train"), named("dev"), source, boundaries)


def _from_brat(folder: Path, source: Source, boundaries: Boundaries) -> Mapping[str, list[Example]]:
    reports = case_reports.CaseReports(source, boundaries)
    documents = list(brat.documents(folder))
    parts = case_reports.part_of([document.name for document in documents])
    made: dict[str, list[Example]] = {"train": [], "dev": [], "test": []}
    for document in documents:
        made[parts[document.name]].extend(reports.examples(document))
    return made


_READERS = {"iob": _from_iob, "chineseblue": _from_chineseblue, "phee": _from_phee, "brat": _from_brat}


def _numbered(sentences: Iterable[iob.TaggedSentence], part: str) -> Iterator[tuple[str, iob.TaggedSentence]]:
    for number, sentence in enumerate(sentences):
        yield f"{part}-{number // _BLOCK}/{number % _BLOCK}", sentence


def _parts(
    train: Iterable[tuple[str, iob.TaggedSentence]],
    dev: Iterable[tuple[str, iob.TaggedSentence]],
    source: Source,
    boundaries: Boundaries,
) -> Mapping[str, list[Example]]:
    made: dict[str, list[Example]] = {"train": [], "tune": [], "dev": []}
    documents: dict[str, int] = {}
    for name, sentence in train:
        document = documents.setdefault(name.split("/")[0], len(documents))
        part = "tune" if document % _TUNE_EVERY == _TUNE_EVERY - 1 else "train"
        made[part].append(_example(name, sentence, source, boundaries))
    made["dev"] = [_example(name, sentence, source, boundaries) for name, sentence in dev]
    return made


def _example(name: str, sentence: iob.TaggedSentence, source: Source, boundaries: Boundaries) -> Example:
    ours = (
        entity
        for span in sentence.spans
        for entity in boundaries.ours(sentence.text, span.start, span.end, source.mapped(span.kind), span.kind)
    )
    entities = settled(set(boundaries.joined(sentence.text, ours).values()))
    plain = tuple(SchemeSpan(start=one.start, end=one.end, kind=one.scheme) for one in entities if one.scheme)
    return Example(
        id=f"{source.name}/{name}",
        source=source.name,
        language=source.language,
        form="written",
        text=sentence.text,
        entities=entities,
        scheme=None if plain == sentence.spans else sentence.spans,
    )


if __name__ == "__main__":
    sys.exit(main())
