"""Sides and degrees at the front of a term, which are mentions of their own.

Owns the rule and its exceptions (`edges.toml`). Must not know how sentences are made.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

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
    for kind, edges, names in _edges(language):
        for edge in edges:
            count = len(edge) if language == "zh" else 1
            rest = glue.join(words[count:])
            if glue.join(words[:count]).lower() == edge and rest and not any(_begins(rest, name, glue) for name in names):
                return Front(count, kind)
    return None


def _begins(rest: str, name: str, glue: str) -> bool:
    return rest.lower().startswith(name) if not glue else rest.lower().split()[0] == name


@cache
def _edges(language: str) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    told = tomllib.loads(_FILE.read_text(encoding="utf-8"))[language]
    names = tuple(told["names"])
    return ("laterality", tuple(told["sides"]), names), ("severity", tuple(told["degrees"]), names)
