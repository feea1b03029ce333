"""Sides and degrees at the front of a term, which are mentions of their own, and what in a term names a place.

Owns these rules and their exceptions (`edges.toml`). Must not know how sentences are made.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from wardscribe_lexicons import Lexicon

_FILE: Final = Path(__file__).with_name("edges.toml")
DIVIDED: Final = frozenset(("finding", "symptom", "disease", "anatomy", "procedure", "specimen"))


@dataclass(frozen=True, slots=True)
class Front:
    """How many tokens at the front of a term are a mention of their own, and its label."""

    n_tokens: int
    label: str


def front(words: Sequence[str], label: str, language: str) -> Front | None:
    """What is divided from the front of the term `words`; None where it is a term as it stands."""
    if label not in DIVIDED:
        return None
    glue = "" if language == "zh" else " "
    for kind, key in (("laterality", "sides"), ("severity", "degrees")):
        for edge in _edges(language)[key]:
            count = len(edge) if language == "zh" else 1
            if glue.join(words[:count]).lower() == edge and not _is_name(glue.join(words[count:]), language):
                return Front(count, kind)
    return None


def side_of(term: str, language: str) -> tuple[str, str]:
    """The side at the front of a term (or nothing) and the rest."""
    words = list(term) if language == "zh" else term.split()
    found = front(words, "anatomy", language)
    if found is None or found.label != "laterality":
        return "", term
    glue = "" if language == "zh" else " "
    return glue.join(words[: found.n_tokens]), glue.join(words[found.n_tokens :])


def without_side(term: str, language: str) -> str:
    """The term without a side at its front."""
    return side_of(term, language)[1]


def bodily(lexicon: Lexicon) -> re.Pattern[str]:
    """Finds whatever names a place of the body, inside a term."""
    words = {surface for term in lexicon.terms if term.term_class == "anatomy" for surface in term.surfaces()}
    if lexicon.language == "zh":
        short = {word for word in words if len(word) <= 3} | set(_edges("zh")["bodily"])
        return re.compile("|".join(map(re.escape, sorted(short, key=len, reverse=True))))
    single = {word.lower() for word in words if " " not in word} | set(_edges("en")["bodily"])
    return re.compile(rf"(?i)\b(?:{'|'.join(map(re.escape, sorted(single)))})s?\b")


def _is_name(rest: str, language: str) -> bool:
    """Whether what follows makes side and all one name, or nothing follows."""
    if not rest:
        return True
    names = _edges(language)["names"]
    return any(rest.startswith(name) for name in names) if language == "zh" else rest.lower().split()[0] in names


@cache
def _edges(language: str) -> Mapping[str, Sequence[str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))[language]
