"""What the lexicon says of a mention: which labels it may have besides its own, and whether a place is part of it.

Owns these two rules of `models/LABELS.md` (boundaries 3 and 7). Must not know how sentences are made.
"""

from functools import cache
from typing import Final

from wardscribe_lexicons import Lexicon, load

PROBLEMS: Final = ("finding", "symptom", "disease")
_ONE_TERM: Final = (*PROBLEMS, "procedure")


@cache
def also(text: str, label: str, language: str) -> tuple[str, ...]:
    """The labels that are right for the problem `text`, its own first; empty where only its own is."""
    if label not in PROBLEMS:
        return ()
    known = {str(term.term_class) for term in _lexicon(language).lookup(text, wide=True)}
    others = tuple(kind for kind in PROBLEMS if kind in known and kind != label)
    return (label, *others) if others else ()


@cache
def one_term(text: str, label: str, language: str) -> str:
    """The label of `text`, a place and right behind it a thing labelled `label`, where it is one term; else nothing."""
    known = [str(term.term_class) for term in _lexicon(language).lookup(text)]
    fitting = [kind for kind in known if kind in _ONE_TERM]
    return label if label in fitting else next(iter(fitting), "")


@cache
def _lexicon(language: str) -> Lexicon:
    return load(language)
