"""Reads gold that comes as tokens with IOB tags, one token a line and an empty line after each sentence.

Owns rebuilding sentences and mentions from tokens. Must not know which labels we have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.training.examples import SchemeSpan
from models.training.gold.sentences import joined_tokens


class BadGold(ValueError):
    """A file of gold that does not read as its source promises. Names file and line."""


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence as natural text with the mentions of its source's scheme, in order, not overlapping."""

    text: str
    spans: tuple[SchemeSpan, ...]


def tagged_sentences(path: Path) -> Iterator[TaggedSentence]:
    """The sentences of a file.

    Raises:
        BadGold: a line is not token, tab, tag.
    """
    tokens: list[str] = []
    tags: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            if tokens:
                yield _sentence(tokens, tags)
            tokens, tags = [], []
            continue
        token, tab, tag = line.partition("\t")
        if not tab or tag[:2] not in ("B-", "I-", "O"):
            raise BadGold(f"{path}:{number}: not a token, a tab and an IOB tag; fetch the corpus again")
        tokens.append(token)
        tags.append(tag)
    if tokens:
        yield _sentence(tokens, tags)


def _sentence(tokens: list[str], tags: list[str]) -> TaggedSentence:
    text, starts = joined_tokens(tokens)
    spans: list[SchemeSpan] = []
    begun: tuple[int, str] | None = None
    for at in range(len(tags) + 1):
        tag = tags[at] if at < len(tags) else "O"
        if begun is not None and tag != f"I-{begun[1]}":
            spans.append(SchemeSpan(start=begun[0], end=starts[at - 1] + len(tokens[at - 1]), kind=begun[1]))
            begun = None
        if tag.startswith("B-") or (tag.startswith("I-") and begun is None):
            begun = (starts[at], tag[2:])
    return TaggedSentence(text, tuple(spans))
