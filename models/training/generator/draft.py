"""A sentence while it is made: words and marks, each knowing the entity that it belongs to.

Owns tokens, entities before they have places, and the text that they make. Must not know grammars.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

MARKS: Final = frozenset(",.;:?!，。；：？！、（）()")
ASSERTED: Final = frozenset(
    ("finding", "symptom", "disease", "drug", "procedure", "test", "device", "allergen", "reaction", "organism")
)
_TOKEN_ZH: Final = re.compile(r"[A-Za-zα-ωΑ-Ω][A-Za-z0-9α-ω+\-'./]*(?<![./])|\d+(?:\.\d+)?|\S")
_TOKEN_EN: Final = re.compile(r"\d+(?:[.,:/]\d+)*|[^\s,.;:?!()]+(?:\.[^\s,.;:?!()]+)*|\S")
_VOWEL: Final = re.compile(
    r"(?i:[aeio](?!ne\b|nce\b)|u(?!ni(?!n|m)|se|su|ti|ri[na]|re[tm])|hour|honest|8|11\b|18\b)|[FHLMNRSX](?=[A-Z]|\b)"
)
_NOT_AN: Final = re.compile(r"(?i:eu|one\b|once\b)")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a Chinese character or a mark; `owner` is its entity, -1 for none."""

    text: str
    owner: int = -1

    @property
    def is_mark(self) -> bool:
        """Whether it is punctuation."""
        return self.text in MARKS


@dataclass(frozen=True, slots=True)
class Annotation:
    """An entity without its place: label and what is claimed of it (none for labels that nothing is claimed of)."""

    label: str
    claim: tuple[tuple[str, str], ...] = ()
    allowed: tuple[str, ...] = ()  # labels that are right as well, its own among them


@dataclass(frozen=True, slots=True)
class Draft:
    """Tokens, the entities that they belong to, and pairs (dependent, head) of those."""

    language: str
    tokens: tuple[Token, ...]
    entities: tuple[Annotation, ...] = ()
    relations: tuple[tuple[int, int], ...] = ()
    section: str = ""

    def saying(self, tokens: tuple[Token, ...]) -> "Draft":
        """The same with other tokens."""
        return replace(self, tokens=tokens)

    def followed_by(self, other: "Draft") -> "Draft":
        """This and then `other`; the section stays when both have the same."""
        shift = len(self.entities)
        return Draft(
            self.language,
            self.tokens
            + tuple(Token(token.text, token.owner + shift if token.owner >= 0 else -1) for token in other.tokens),
            self.entities + other.entities,
            self.relations + tuple((a + shift, b + shift) for a, b in other.relations),
            self.section if self.section == other.section else "",
        )


def tokens_of(text: str, language: str) -> list[str]:
    """Words, characters and marks of a stretch of a grammar."""
    return (_TOKEN_ZH if language == "zh" else _TOKEN_EN).findall(text)


@dataclass(slots=True)
class Laid:
    """The text of a draft with the characters of each token."""

    text: str = ""
    spans: list[tuple[int, int]] = field(default_factory=list)


def laid_out(draft: Draft) -> Laid:
    """The text as it is typed: English with spaces and a/an as it sounds, Chinese without."""
    laid = Laid()
    texts = [token.text for token in draft.tokens]
    for place, text in enumerate(texts):
        following = texts[place + 1] if place + 1 < len(texts) else ""
        if draft.language == "en" and text in ("a", "A") and _VOWEL.match(following) and not _NOT_AN.match(following):
            text += "n"
        if laid.text and _spaced(laid.text[-1], text, draft.language):
            laid.text += " "
        laid.spans.append((len(laid.text), len(laid.text) + len(text)))
        laid.text += text
    return laid


def _spaced(before: str, text: str, language: str) -> bool:
    if language == "en":
        return before not in "(" and text not in MARKS - {"("}
    return before.isascii() and before.isalnum() and text[0].isascii() and text[0].isalnum()


def places(draft: Draft, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """(entity, start, end) of every entity, by the characters of its tokens."""
    found: dict[int, tuple[int, int]] = {}
    for token, (start, end) in zip(draft.tokens, spans, strict=True):
        if token.owner >= 0 and not token.is_mark:
            first, _ = found.get(token.owner, (start, end))
            found[token.owner] = (first, end)
    for owner, (start, end) in sorted(found.items(), key=lambda item: item[1]):
        yield owner, start, end
