"""What English correction may write: words and short phrases with their sound and their written form.

Owns which lexicon surfaces and which words of clinical text are targets. Must not know what was heard.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wardscribe_lexicons import Lexicon, TermClass
from wardscribe_lexicons.language_model import LanguageModel, class_of
from wardscribe_lexicons.pronouncing import Pronouncer
from wardscribe_lexicons.spelling import WORD
from wardscribe_server.lexicon.english_fences import Fences
from wardscribe_server.lexicon.sound_index import Near, SoundIndex

_LEAST_WEIGHT = 0.3
_LEAST_LETTERS = 3
_FUNCTION_SHARE = 0.0008  # words more frequent than this in ordinary English are no targets by themselves
_CLINICAL_SHARE = 2e-6
_CLINICAL_RATIO = 4.0
_LONGEST_PHRASE = 3


_COUNTABLE = frozenset(
    (TermClass.FINDING, TermClass.DISEASE, TermClass.ANATOMY, TermClass.DEVICE, TermClass.PROCEDURE, TermClass.TEST)
)


@dataclass(frozen=True, slots=True)
class Target:
    """A word or phrase that may have been said."""

    written: str
    numbers: tuple[int, ...]  # its words in the language model
    phones: str
    term: bool  # a lexicon surface by itself
    group: str  # spellings and synonyms of one term share it


class Targets:
    """All targets of one lexicon, by sound. Immutable after building."""

    def __init__(self, lexicon: Lexicon, *, model: LanguageModel, voice: Pronouncer, fences: Fences) -> None:
        self._model = model
        self._voice = voice
        written_forms: dict[str, bool] = {}
        for written, term in self._written(lexicon, fences):
            written_forms[written] = written_forms.get(written, False) or term
        groups = {surface: term.preferred for term in lexicon.terms for surface in term.surfaces()}
        unique: dict[tuple[str, str], Target] = {}
        for written, term in written_forms.items():
            keys = WORD.findall(written.lower())
            phones = self.say(keys)
            if len(phones) < 3:
                continue
            numbers = tuple(map(model.number, keys))
            if numbers[-1] < 0 and keys[-1].endswith("s"):
                numbers = (*numbers[:-1], model.number(keys[-1][:-1]))  # a plural nobody counted is as likely
            key = lexicon.key(written), phones
            target = Target(written, numbers, phones, term, groups.get(written, key[0]))
            known = unique.get(key)
            if known is None or (self._use(target), term) > (self._use(known), known.term):
                unique[key] = target
        self.all = tuple(unique.values())
        self._index = SoundIndex([target.phones for target in self.all])

    def near(self, queries: list[str], *, share: float) -> list[Near]:
        """Targets that sound like each of `queries`; distances at most `share` of the phones."""
        return self._index.near(queries, share=share) if self.all else []

    def say(self, keys: list[str]) -> str:
        """The phones of words in a row; a phone said twice across a boundary is one."""
        phones = ""
        for key in keys:
            more = self._voice.phones(key)
            phones += more[1:] if phones and more and phones[-1] == more[0] else more
        return phones

    def _written(self, lexicon: Lexicon, fences: Fences) -> Iterator[tuple[str, bool]]:
        parts: set[str] = set()
        for term in lexicon.terms:
            if term.weight < _LEAST_WEIGHT:
                continue
            for surface in term.surfaces():
                if "/" in surface or "," in surface:
                    continue
                words = WORD.findall(surface)
                plain = all(word.isascii() and word.isalpha() for word in words)
                if len(words) == 1 and plain and self._speakable(surface, fences):
                    yield surface, True
                    if term.term_class in _COUNTABLE and words[0].islower() and not words[0].endswith(("s", "y", "x")):
                        yield surface + "s", False
                elif len(words) > 1:
                    parts.update(words)
                    if term.weight >= 1 and class_of(term.term_class) and self._is_phrase(words, fences):
                        yield surface, True
        parts.update(self._model.clinical_words(share=_CLINICAL_SHARE, ratio=_CLINICAL_RATIO))
        for word in parts:
            if word.islower() and word.isascii() and word.isalpha() and self._speakable(word, fences):
                yield word, False

    def _is_phrase(self, words: list[str], fences: Fences) -> bool:
        plain = all(word.isascii() and word.isalpha() and not word.isupper() for word in words)
        return plain and len(words) <= _LONGEST_PHRASE and fences.words.isdisjoint(word.lower() for word in words)

    def _speakable(self, word: str, fences: Fences) -> bool:
        if any(char.isupper() for char in word[1:]) and not word.isupper():
            return False
        if len(word) < _LEAST_LETTERS or word.lower() in fences.words or (word.isupper() and len(word) < 6):
            return False
        _, general = self._model.commonness(self._model.number(word.lower()))
        return general < _FUNCTION_SHARE

    def _use(self, target: Target) -> float:
        return sum(self._model.commonness(number)[0] for number in target.numbers) / len(target.numbers)
