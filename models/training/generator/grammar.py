"""Grammars as files: rules and frames of a language, read, checked and split.

Owns the TOML files under `grammar/LANGUAGE`: `[rules]` gives a rule's alternatives one a line, `[[frames]]` the
sentences of a section. `3* ` before an alternative makes it three times as likely. Must not know the lexicon.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.training.generator.notation import BadGrammar, Sequence, parsed, slots
from models.training.labels import SECTIONS

GRAMMARS: Final = Path(__file__).parent / "grammar"
SPLITS: Final = ("train", "dev", "test")
_FRAMES_OF: Final = {"train": 80, "dev": 8, "test": 12}  # percent
_PARTS: Final = frozenset(("its_side", "its_place", "its_thing"))  # of a finding at its place, in the rule `placing`
_MARKUP: Final = re.compile(r"\{[^}]*\}|\[[a-z]+ |<(?:[a-z ]+:)?|[^\w]")
_WEIGHT: Final = re.compile(r"(\d+)\* ")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to say a rule."""

    body: Sequence
    weight: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence to be filled; `section` is empty where it can stand anywhere."""

    line: str
    body: Sequence
    weight: int
    section: str
    topic: str


@dataclass(frozen=True, slots=True)
class Grammar:
    """All rules and frames of a language."""

    language: str
    rules: Mapping[str, tuple[Alternative, ...]]
    frames: tuple[Frame, ...]

    def of_split(self, split: str) -> "Grammar":
        """The same rules with the frames of one split; none that is held out says the same as one for training."""
        frames = tuple(frame for frame in self.frames if split_of(frame.line, _FRAMES_OF) == split)
        if split != "train":
            known = {skeleton(frame.line) for frame in self.of_split("train").frames}
            frames = tuple(frame for frame in frames if skeleton(frame.line) not in known)
        return Grammar(self.language, self.rules, frames)


def skeleton(line: str) -> str:
    """What a frame says beside its slots: two frames that share it are one."""
    return "".join(_MARKUP.sub("", line).split()).lower()


def split_of(key: str, shares: Mapping[str, int]) -> str:
    """The split of whatever has this key, the same for ever: `shares` are percent, in order."""
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 100
    for split, share in shares.items():
        place -= share
        if place < 0:
            return split
    raise ValueError("the shares do not add up to 100")


def load(language: str, *, folder: Path = GRAMMARS) -> Grammar:
    """The grammar of a language.

    Raises:
        BadGrammar: a file does not follow the notation; names file and line.
    """
    rules: dict[str, tuple[Alternative, ...]] = {}
    frames: list[Frame] = []
    for path in sorted((folder / language).glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            raise BadGrammar(f"{path}: not readable as TOML: {problem}") from None
        for name, lines in document.get("rules", {}).items():
            if name in rules:
                raise BadGrammar(f"{path}:{_line_of(text, name)}: rule {name} stands twice; rename one")
            rules[name] = tuple(Alternative(body, weight) for _, body, weight in _alternatives(path, text, lines))
        for block in document.get("frames", []):
            section = block.get("section", "")
            if section and section not in SECTIONS:
                raise BadGrammar(f"{path}: section {section} is not known; write one of {', '.join(SECTIONS)}")
            topic = block.get("topic", path.stem)
            frames += [Frame(line, *rest, section, topic) for line, *rest in _alternatives(path, text, block["lines"])]
    grammar = Grammar(language, rules, tuple(frames))
    _all_known(grammar)
    return grammar


def _alternatives(path: Path, text: str, lines: str) -> Iterator[tuple[str, Sequence, int]]:
    for line in lines.strip("\n").split("\n"):
        if not line.strip():
            continue
        weight = _WEIGHT.match(line)
        told = line[weight.end() :] if weight else line
        try:
            yield told, parsed(told.strip()), int(weight[1]) if weight else 1
        except BadGrammar as problem:
            raise BadGrammar(f"{path}:{_line_of(text, line)}: {problem}") from None


def _all_known(grammar: Grammar) -> None:
    bodies = [(name, alternative.body) for name, ways in grammar.rules.items() for alternative in ways]
    bodies += [(frame.line, frame.body) for frame in grammar.frames]
    for where, body in bodies:
        for name in slots(body):
            if name[:1] not in ("@", "#") and name not in grammar.rules and name not in _PARTS:
                raise BadGrammar(f"{grammar.language}: {where}: there is no rule {name}; add it or correct the name")


def _line_of(text: str, line: str) -> int:
    return text[: max(text.find(line), 0)].count("\n") + 1
