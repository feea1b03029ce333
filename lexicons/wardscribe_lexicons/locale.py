"""British spelling of terms that the tables write the American way. Owns the word-by-word rules, which are data."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib import resources

from wardscribe_lexicons.spelling import WORD
from wardscribe_lexicons.terms import Term


def in_british(terms: Iterable[Term]) -> Iterator[Term]:
    """`terms` with the British form preferred and the American one among the variants."""
    british = British.load()
    for term in terms:
        preferred = british.spell(term.preferred)
        forms = (british.spell(variant) for variant in term.variants)
        others = dict.fromkeys((*forms, *((term.preferred,) if preferred != term.preferred else ()), *term.variants))
        others.pop(preferred, None)
        concept = british.spell(term.concept) if term.concept else ""
        yield replace(term, preferred=preferred, variants=tuple(others), concept=concept)


@dataclass(slots=True)
class British:
    """American to British, one word at a time, with a memory."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    words: dict[str, str]
    _spelled: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "British":
        """The shipped rules."""
        text = resources.files("wardscribe_lexicons").joinpath("en/british.toml").read_text(encoding="utf-8")
        rules = tomllib.loads(text)
        patterns = tuple((re.compile(pattern), form) for pattern, form in rules["patterns"])
        return cls(patterns, dict(rules["words"]))

    def spell(self, surface: str) -> str:
        """`surface` in British spelling; capitals stay where they were."""
        return WORD.sub(lambda match: self._word(match.group()), surface)

    def _word(self, word: str) -> str:
        known = self._spelled.get(word)
        if known is None:
            low = word.lower()
            spelled = self.words.get(low) or self._by_pattern(low)
            self._spelled[word] = known = word if spelled == low else _cased(spelled, word)
        return known

    def _by_pattern(self, word: str) -> str:
        for pattern, form in self.patterns:
            word = pattern.sub(form, word)
        return word


def _cased(spelled: str, like: str) -> str:
    if like.isupper():
        return spelled.upper()
    return spelled[0].upper() + spelled[1:] if like[0].isupper() else spelled
