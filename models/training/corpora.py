"""Plain clinical text and word lists, as lines: what the vocabulary is counted on.

Owns where in the folder of sources such text lies and how each kind of file is read. Must not know labels or networks.
"""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

_LEXICON_FIELDS = re.compile(r"\t")
_OBO = re.compile(r'^(?:name: (?P<name>.+)|synonym: "(?P<synonym>[^"]+)")')
_TEXT_GRID = re.compile(r'text = "(.*)"')
_TAG = re.compile(r"<[^>]*>")


def vocabulary_lines(shared: Path) -> Iterator[str]:
    """Every line of text, labelled or not, and every term of the English word lists."""
    yield from text_lines(shared)
    yield from gold_lines(shared)
    yield from _term_lines(shared / "lexicon" / "en")


def text_lines(shared: Path) -> Iterator[str]:
    """Lines of the unlabelled English text: notes, dialogues, transcripts."""
    for path in sorted((shared / "text" / "en").rglob("*")):
        if not path.is_file() or path.stem.startswith("LICENSE"):
            continue
        text = _decoded(path)
        if path.suffix == ".TextGrid":
            yield from (_TAG.sub(" ", line) for line in _TEXT_GRID.findall(text))
        elif path.suffix == ".json":
            yield from _strings(json.loads(text))
        else:
            yield from filter(None, map(str.strip, text.splitlines()))


def gold_lines(shared: Path) -> Iterator[str]:
    """Training texts of the labelled corpora, without their labels."""
    for path in sorted((shared / "ner" / "en").glob("*-IOB/train.tsv")):
        for sentence in path.read_text(encoding="utf-8").split("\n\n"):
            yield " ".join(line.split("\t")[0] for line in sentence.splitlines())
    for path in sorted((shared / "ner" / "en" / "maccrobat2020").glob("*.txt")):
        yield from filter(None, path.read_text(encoding="utf-8").splitlines())
    for path in sorted((shared / "ner" / "zh").glob("*/train.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["text"]


def _term_lines(lexicon: Path) -> Iterator[str]:
    for name in ("medwer/medical_terms.txt", "icd10cm_2026/code-list-April-2026.txt", "disease_ontology/HumanDO.tsv"):
        for line in (lexicon / name).read_text(encoding="utf-8").splitlines():
            yield from _LEXICON_FIELDS.split(line)
    for line in (lexicon / "hpo" / "hp.obo").read_text(encoding="utf-8").splitlines():
        if found := _OBO.match(line):
            yield found["name"] or found["synonym"]
    with gzip.open(lexicon / "fda_unii" / "UNII_Names_official_brand.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.split("\t")[0].lower()


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    return raw.decode("utf-8", errors="replace")


def chinese_lines(shared: Path, *, longest: int = 120) -> Iterator[str]:
    """Chinese clinical text: the training texts of the labelled corpora, in short pieces."""
    for path in sorted((shared / "ner" / "zh").glob("*/train.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from cut(json.loads(line)["text"], longest)


def knowledge_lines(shared: Path, *, longest: int = 120) -> Iterator[str]:
    """What the Chinese knowledge graph CMeKG says of each entity, as a line of kinds and values."""
    with gzip.open(shared / "lexicon" / "zh" / "cmekg" / "cmekg.json.gz", "rt", encoding="utf-8") as file:
        for name, facts in json.load(file).items():
            said = "；".join(f"{kind}：{'、'.join(map(str, values[:6]))}" for kind, values in facts.items() if values)
            yield from cut(f"{name}，{said}", longest)


def cut(text: str, longest: int) -> Iterator[str]:
    """The text in pieces of at most so many characters, cut behind a mark that ends a clause where there is one."""
    while len(text) > longest:
        at = max(text.rfind(mark, longest // 3, longest) for mark in "。；，;,") + 1
        at = at if at > 0 else longest
        yield text[:at]
        text = text[at:]
    if text:
        yield text
