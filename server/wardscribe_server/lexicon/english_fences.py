"""What English correction must leave alone: numbers, units, sides, negation, names, and words of opposite meaning.

Owns every rule that forbids a change whatever sound and context say; the words are data (`en/correction.toml`).
"""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from wardscribe_lexicons.spoken import NUMBER, UNIT, Token


@dataclass(frozen=True, slots=True)
class Fences:
    """The rules of `en/correction.toml`."""

    words: frozenset[str]
    titles: frozenset[str]
    negative: tuple[str, ...]
    opposites: tuple[tuple[str, str], ...]
    unlike_beginnings: tuple[tuple[str, str], ...]
    unlike: tuple[frozenset[str], ...]
    evidence: tuple[float, ...]

    def fenced(self, token: Token, before: Token | None) -> bool:
        """Whether `token` may be no part of a correction; `before` is the word in front of it."""
        if (
            token.key in (NUMBER, UNIT)
            or token.key in self.words
            or token.key in self.titles
            or not token.key.isascii()
        ):
            return True
        if not token.key.replace("'", "").isalpha():
            return True
        if token.text.isupper() and len(token.text) > 1:
            return True
        return before is not None and before.key in self.titles and token.text[0].isupper()

    def forbids(self, heard: str, written: str, *, known: bool) -> bool:
        """Whether `written` for `heard` would turn a meaning round or bring in or lose a fenced word.

        Of a stretch that is no known word the less certain beginnings (`peri-`, `para-`) may be misheard.
        """
        one, other = heard.lower(), written.lower()
        if self._fenced_words(one) != self._fenced_words(other):
            return True
        pairs = zip(one.split(), other.split(), strict=False) if one.count(" ") == other.count(" ") else ()
        joined = (one.replace(" ", ""), other.replace(" ", ""))
        beginnings = (*self.opposites, *self.unlike_beginnings) if known else self.opposites
        return any(self._opposite(a, b, beginnings) for a, b in (*pairs, joined))

    def negates(self, heard: str, written: str) -> bool:
        """Whether one of the two is the other with a prefix that denies it ("a febrile", "afebrile")."""
        one, other = sorted((heard.lower().replace(" ", ""), written.lower().replace(" ", "")), key=len)
        if heard.lower().split()[0] in self.negative and " " in heard:
            return True
        if any(written.lower() == prefix + word for prefix in self.negative for word in heard.lower().split()):
            return True
        return any(other == prefix + one for prefix in self.negative)

    def other_beginning(self, heard: str, written: str, exists: Callable[[str], bool]) -> bool:
        """Whether the opposite of `written` exists and `heard` does not plainly begin as `written` does."""
        one, other = heard.lower(), written.lower()
        return any(
            other.startswith(a) and not one.startswith(a) and exists(b + other[len(a) :])
            for pair in self.opposites
            for a, b in (pair, pair[::-1])
        )

    def _fenced_words(self, text: str) -> list[str]:
        return [word for word in text.replace("-", " ").split() if word in self.words]

    def _opposite(self, one: str, other: str, beginnings: Iterable[tuple[str, str]]) -> bool:
        if any(one in pair and other in pair and one != other for pair in self.unlike):
            return True
        return any(
            (one.startswith(a) and not one.startswith(b) and other.startswith(b) and not other.startswith(a))
            or (one.startswith(b) and not one.startswith(a) and other.startswith(a) and not other.startswith(b))
            for a, b in beginnings
        )


@lru_cache(maxsize=1)
def fences() -> Fences:
    """The shipped rules."""
    text = resources.files("wardscribe_lexicons").joinpath("en/correction.toml").read_text(encoding="utf-8")
    rules = tomllib.loads(text)
    return Fences(
        words=frozenset(rules["fenced"].split()),
        titles=frozenset(rules["titles"].split()),
        negative=tuple(rules["negative"]),
        opposites=tuple((str(one), str(other)) for one, other in rules["opposites"]),
        unlike_beginnings=tuple((str(one), str(other)) for one, other in rules["unlike_beginnings"]),
        evidence=tuple(float(weight) for weight in rules["evidence"].values()),
        unlike=tuple(frozenset(group) for group in rules["unlike"]),
    )
