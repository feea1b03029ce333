"""How words sound where the spelling or the usual dictionary misleads: a small table a language.

Owns that table and the choice between it and a term's own column. Must not know phonetics.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from itertools import product

from wardscribe_lexicons.spelling import WORD
from wardscribe_lexicons.terms import Term

_MOST = 8  # ways to say one term


@lru_cache(maxsize=2)
def sounds(language: str) -> Mapping[str, tuple[str, ...]]:
    """Word (English, lower case) or phrase (Chinese) -> how it sounds, likeliest first.

    English is spelled by ear ("zolair"), Chinese one syllable with its tone a character ("qia3 ya1").
    """
    text = resources.files("wardscribe_lexicons").joinpath(f"{language}/sounds.toml").read_text(encoding="utf-8")
    table: Mapping[str, str] = tomllib.loads(text)["sounds"]
    return {word.lower(): tuple(said.split("|")) for word, said in table.items()}


def said(term: Term, surface: str, language: str) -> tuple[str, ...]:
    """How `surface` of `term` sounds, likeliest first; empty when it sounds as it is spelled.

    The term's own column counts for its preferred form. Chinese phrases inside a longer term are for the caller to
    find: only the whole surface is looked up.
    """
    if term.pronounced and surface == term.preferred:
        return term.pronounced
    table = sounds(language)
    whole = table.get(surface.lower())
    if whole is not None or language == "zh":
        return whole or ()
    words = WORD.findall(surface)
    ways = [table.get(word.lower().removesuffix("'s"), (word.lower(),)) for word in words]
    if all(way == (word.lower(),) for way, word in zip(ways, words, strict=True)):
        return ()
    return tuple(" ".join(way) for way in product(*ways))[:_MOST]
