"""Where an English sentence goes on although the recogniser has ended it, which it does at many a pause.

Owns the weighing: the words behind as what comes next, against the same words as a beginning. Must not know audio, or
where the full stop came from.
"""

import re
import tomllib
from importlib import resources

from wardscribe_lexicons import Lexicon
from wardscribe_lexicons.language_model import NAME, ORDINARY, SEEN, LanguageModel
from wardscribe_lexicons.spoken import Token, tokens

_SURE = 4.0  # nats by which going on must be likelier; tests/server/lexicon/test_sentence_ends.py says what that costs
_LIKELIER = 0.0  # ... behind a word that seldom ends a sentence
_REACH = 60  # characters
_HEADING = re.compile(r"\s*\w+(?:\s+\w+){0,3}:")
_ITEM = re.compile(r"(?:^|[.:;])\s*\d{1,2}$")
_CAPITAL = re.compile(r"\b[A-Z][a-z][\w'’]*")


class SentenceEnds:
    """Immutable after building."""

    def __init__(self, model: LanguageModel, lexicon: Lexicon) -> None:
        path = resources.files("wardscribe_lexicons").joinpath("en/correction.toml")
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
        self._model = model
        self._open = frozenset(str(rules["open_ended"]).split())
        self._capital = frozenset(str(rules["always_capital"]).split()) | {
            match.group().lower()
            for term in lexicon.terms
            for form in (term.preferred, *term.variants)
            for match in _CAPITAL.finditer(form)
        }

    def continued(self, before: str, after: str) -> str | None:
        """The first word of `after` as it is written where the sentence goes on; None where it may well have ended."""
        if _HEADING.match(after) or _ITEM.search(before):
            return None
        said = list(tokens(before[-_REACH:]))[-2:]
        following = list(tokens(after[:_REACH]))[:2]
        if not said or not following:
            return None
        wanted = _LIKELIER if said[-1].key in self._open else _SURE
        if self._gain(self._numbers(said), self._numbers(following)) < wanted:
            return None
        return self._inside(following[0].text)

    def _numbers(self, words: list[Token]) -> list[int]:
        return [self._model.number(word.key) for word in words]

    def _gain(self, said: list[int], following: list[int]) -> float:
        begins, score = self._model.start, self._model.score
        before, last = said if len(said) > 1 else (begins, said[0])
        gain = score(before, last, following[0]) - score(begins, begins, following[0])
        if len(following) > 1:
            gain += score(last, following[0], following[1]) - score(begins, following[0], following[1])
        return gain

    def _inside(self, word: str) -> str:
        """A word as it is written inside a sentence: names, abbreviations and what no list knows keep their capital."""
        low = word.lower()
        flags = self._model.flags(self._model.number(low))
        known = flags & (SEEN | ORDINARY) and not flags & NAME
        return low if known and word[1:] == low[1:] and low not in self._capital and len(word) > 1 else word
