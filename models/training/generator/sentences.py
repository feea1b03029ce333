"""Sentences without end: frames drawn, filled, joined to passages and spoken in one of the forms.

Owns what is drawn how often. Must not know files or the command line.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from models.training.examples import Example
from models.training.generator.derivation import Derivation
from models.training.generator.draft import Draft
from models.training.generator.grammar import Frame, Grammar
from models.training.generator.misheard import misheard
from models.training.generator.numerals import Chinese, Digits, English, Numerals
from models.training.generator.speaking import Rendering, bare, hesitant, punctuated, voiced, written
from models.training.generator.terms import Terms

_FORMS: Final[tuple[tuple[Rendering, int], ...]] = ((bare, 38), (punctuated, 17), (voiced, 7), (written, 38))
_DIGITS_SHARE, _PASSAGE_SHARE, _MIXED_SHARE, _HESITANT_SHARE = 0.4, 0.3, 0.15, 0.15
_ANYWHERE_SHARE: Final = 0.1  # identities, talk and commands, which belong to no section
_MISHEARD_SHARE: Final = 0.12
_LONGEST_PASSAGE: Final = 4


class Sentences:
    """The examples of one split."""

    def __init__(self, grammar: Grammar, terms: Terms, *, split: str, seed: int) -> None:
        self._grammar, self._terms, self._split, self._seed = grammar, terms, split, seed
        self._sections: dict[str, list[Frame]] = defaultdict(list)
        for frame in grammar.frames:
            self._sections[frame.section].append(frame)
        self._anywhere = self._sections[""]
        self._somewhere = tuple(frame for frame in grammar.frames if frame.section)

    def __iter__(self) -> Iterator[Example]:
        number = 0
        while True:
            yield self.example(number)
            number += 1

    def example(self, number: int) -> Example:
        """The example with this number, the same for the same seed and grammar."""
        language = self._grammar.language
        name = f"{language}/{self._split}/{self._seed}/{number}"
        rng = random.Random(name)  # noqa: S311 - the same every time
        (rendering,) = rng.choices([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
        draft = self._draft(rng, digits=rendering in (punctuated, written) and rng.random() < _DIGITS_SHARE)
        if rng.random() < _HESITANT_SHARE:
            draft = hesitant(draft, rng)
        is_misheard = self._split == "train" and rng.random() < _MISHEARD_SHARE
        if is_misheard:
            draft = misheard(draft, rng)
        made = rendering(draft, rng) or punctuated(draft, rng)
        if is_misheard:
            made = replace(made, form="heard")
        return replace(made, id=f"generated/{name}")

    def sentence(self, number: int) -> Draft:
        """A fluent draft with numbers in words, to be read aloud."""
        rng = random.Random(f"{self._grammar.language}/{self._split}/{self._seed}/aloud/{number}")  # noqa: S311 - the same every time
        return self._draft(rng, digits=False)

    def _draft(self, rng: random.Random, *, digits: bool) -> Draft:
        frame = self._frame(self._anywhere if rng.random() < _ANYWHERE_SHARE else self._somewhere, rng)
        numerals = _numerals(self._grammar.language, rng, digits=digits)
        draft = self._filled(frame, numerals, rng)
        if rng.random() < _PASSAGE_SHARE:
            same = self._grammar.frames if rng.random() < _MIXED_SHARE else self._sections[frame.section]
            frames = {
                frame.line: frame
                for frame in (self._frame(same, rng) for _ in range(rng.randrange(1, _LONGEST_PASSAGE)))
            }
            frames.pop(frame.line, None)
            for following in frames.values():
                draft = draft.followed_by(self._filled(following, numerals, rng))
        return draft

    def _filled(self, frame: Frame, numerals: Numerals, rng: random.Random) -> Draft:
        return Derivation(self._grammar, self._terms, numerals, rng).of(frame)

    @staticmethod
    def _frame(frames: list[Frame] | tuple[Frame, ...], rng: random.Random) -> Frame:
        return rng.choices(frames, [frame.weight for frame in frames])[0]


def _numerals(language: str, rng: random.Random, *, digits: bool) -> Numerals:
    if digits:
        return Digits(language)
    return Chinese(rng) if language == "zh" else English(rng)
