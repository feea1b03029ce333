"""Look-up keys: what makes two spellings of a term the same.

English keys forgive case, hyphens, accents, possessives, plurals and British against American spelling; Chinese keys
forgive full-width forms, case of Latin letters and spaces. Must not know any term; irregular pairs are data.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

WORD = re.compile(r"[^\W_]+(?:['’][a-zA-Z]+)?")
_POSSESSIVE = re.compile(r"['’]s?$|['’](?=[a-z])")
_ABBREVIATION = re.compile(r"[A-Z][A-Z0-9]{1,5}")


@lru_cache(maxsize=1)
def _irregular() -> Mapping[str, str]:
    text = resources.files("wardscribe_lexicons").joinpath("en/spelling.toml").read_text(encoding="utf-8")
    pairs: dict[str, str] = {}
    for group in tomllib.loads(text)["same"].values():
        pairs.update(group)
    return pairs


def _singular(word: str) -> str:
    if len(word) < 4:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("sis"):
        return word[:-2]
    if word.endswith("ae") and len(word) > 4:
        return word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


_AMERICAN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("[ao]e"), "e"),
    (re.compile("our"), "or"),
    (re.compile(r"([bt])r$"), r"\1er"),
    (re.compile(r"(.[aeiouylnrst])is(ed|ing|ation|er|)$"), r"\1iz\2"),
    (re.compile(r"lys(ed|ing|er|)$"), r"lyz\1"),
    (re.compile("sulph"), "sulf"),
    (re.compile("leuc"), "leuk"),
    (re.compile("([a-z])ll(ed|ing)$"), r"\1l\2"),
)


def _american(word: str) -> str:
    if len(word) < 5:
        return word.replace("ae", "e").replace("oe", "e")
    for pattern, replacement in _AMERICAN:
        word = pattern.sub(replacement, word)
    return word


@dataclass(slots=True)
class Spelling:
    """English folding with a memory of the words seen, bounded by clearing."""

    _folded: dict[str, str] = field(default_factory=dict)

    def fold(self, word: str) -> str:
        """One key for all spellings and numbers of `word`."""
        known = self._folded.get(word)
        if known is not None:
            return known
        if len(self._folded) > 200_000:
            self._folded.clear()
        low = word.lower()
        if not low.isascii():
            low = "".join(char for char in unicodedata.normalize("NFKD", low) if not unicodedata.combining(char))
        low = _POSSESSIVE.sub("", low)
        low = _irregular().get(low, low)
        if not any(char.isdigit() for char in low):
            low = _american(_singular(low))
        self._folded[word] = low
        return low

    def key(self, surface: str) -> str:
        """The words of `surface`, folded, one space between."""
        return " ".join([self.fold(word) for word in WORD.findall(surface)])

    def keys(self, surface: str) -> Iterator[str]:
        """All keys under which `surface` is to be found: as written, hyphens closed up, letters said one by one."""
        yield self.key(surface)
        if "-" in surface:
            yield self.key(surface.replace("-", ""))
        if _ABBREVIATION.fullmatch(surface) and (len(surface) > 2 or not set(surface) & {"A", "I"}):
            yield " ".join(surface.lower())


def han_key(surface: str) -> str:
    """`surface` with half-width characters, lower case, without spaces."""
    return "".join(plain_char(char) for char in surface if not char.isspace())


def plain_char(char: str) -> str:
    """The half-width lower-case form of one character, never longer than one character; 粘 and 黏 are one."""
    if "\u4e00" <= char <= "\u9fff":
        return "黏" if char == "粘" else char
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain if len(plain) == 1 else char
