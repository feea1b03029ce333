"""Reads the English texts that the clinical language model learns from, as lines of running text.

Owns where each collection keeps its words and which part of it stays out for measuring; must not know what is counted.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

_OWN = Path(__file__).parent / "corpus/en"
_TIER_TEXT = re.compile(r'text = "(.*)"')
_MARKUP = re.compile(r"<[^>]*>|\[[a-z_ ]+\]|^[DP]:", re.MULTILINE)


def own_lines() -> Iterator[str]:
    """The project's own clinical sentences."""
    for path in sorted(_OWN.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line and not line.startswith("#"):
                yield line.replace("|", ". ")


def open_lines(text: Path, ner: Path) -> Iterator[str]:
    """Openly licensed notes, conversations and case reports; the parts named valid and each fifth sample stay out."""
    csv.field_size_limit(10_000_000)
    with (text / "mts_dialog/MTS-Dialog-TrainingSet.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield from (_plain(row["dialogue"]), row["section_text"])
    with (text / "aci_bench/challenge_data/train.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield from (_plain(row["dialogue"]), row["note"])
    for path in sorted((text / "osce_transcripts").glob("*.txt")):
        raw = path.read_bytes()
        yield _plain(raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="ignore"))
    yield from _primock(text / "primock57")
    samples = json.loads((text / "mtsamples/mtsamples.json").read_text(encoding="utf-8"))
    for number, row in enumerate(samples if isinstance(samples, list) else samples.values()):
        if number % 5 != 4:
            yield str(row["transcription"]).replace(".,", ". ").replace(":,", ": ")
    yield from _reports(ner)


def _primock(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("day[12]*")):
        if path.suffix == ".TextGrid":
            for said in _TIER_TEXT.findall(path.read_text(encoding="utf-8", errors="ignore")):
                yield _plain(said)
        elif path.suffix == ".json":
            note = json.loads(path.read_text(encoding="utf-8"))
            yield str(note.get("note", ""))


def _reports(folder: Path) -> Iterator[str]:
    for name in ("BC5CDR-IOB/train.tsv", "NCBI-disease-IOB/train.tsv"):
        words: list[str] = []
        for line in (folder / name).read_text(encoding="utf-8").split("\n"):
            if line.strip():
                words.append(line.split("\t")[0])
            else:
                yield " ".join(words)
                words = []
    for line in (folder / "phee/train.json").read_text(encoding="utf-8").split("\n"):
        if line.strip():
            yield str(json.loads(line)["context"])
    for number, path in enumerate(sorted((folder / "maccrobat2020").glob("*.txt"))):
        if number % 5 != 4:
            yield path.read_text(encoding="utf-8")


def _plain(talk: str) -> str:
    return _MARKUP.sub(" ", talk)
