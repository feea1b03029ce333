"""What is counted when heard text is compared with spoken text: error rates and medical terms found.

Pure functions of texts. Owns when two words count as the same; must not know the product, so that a change there never
changes the yardstick.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Self

from wardscribe_protocol.record import Language

# Said aloud, rightly written as a mark or not at all: a recogniser may leave these out without loss, as with the
# optionally deletable words of NIST sclite. Writing something else in their place is an error.
_UNWRITTEN = {
    Language.EN: (
        *("period", "full stop", "comma", "colon", "semicolon", "semi colon", "question mark", "exclamation mark"),
        *("exclamation point", "hyphen", "dash", "slash", "forward slash", "open parenthesis", "close parenthesis"),
        *("open paren", "close paren", "left parenthesis", "right parenthesis", "open quote", "close quote", "unquote"),
        *("um", "umm", "uh", "uhm", "er", "erm", "hmm"),
    ),
    Language.ZH: (
        *("逗号", "句号", "冒号", "分号", "顿号", "问号", "感叹号", "叹号", "左括号", "右括号", "前括号", "后括号"),
        *("左引号", "右引号", "前引号", "后引号", "破折号", "省略号", "斜杠", "连字符", "嗯", "呃"),
    ),
}
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_WORD = re.compile(r"\d+(?:[./:]\d+)*|[^\W\d_]+")
_CHARACTER = re.compile(r"[^\W_]|%|(?<=\d)[./:](?=\d)")
_BRITISH = (
    (re.compile("[ao]e"), "e"),
    (re.compile(r"(?<=[a-z])(met|lit|cent|fib|calib)re(s?)$"), r"\1er\2"),
    (re.compile(r"^(met|lit|cent|fib|calib)re(s?)$"), r"\1er\2"),
    (re.compile(r"^(tum|col|lab|vap|od)our"), r"\1or"),
    (re.compile("sulph"), "sulf"),
)


@dataclass(frozen=True, slots=True)
class Edits:
    """The cheapest way from what was said to what was heard, in words (English) or characters (Chinese)."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference: int = 0  # length of what was said

    def __add__(self, other: Self) -> "Edits":
        return Edits(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference + other.reference,
        )

    @property
    def errors(self) -> int:
        """How many edits."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors a reference unit; for an empty reference 0, or 1 when anything was heard."""
        return self.errors / self.reference if self.reference else float(self.errors > 0)


@dataclass(frozen=True, slots=True)
class TermCount:
    """How many of the terms that should be there are there."""

    found: int = 0
    terms: int = 0

    def __add__(self, other: Self) -> "TermCount":
        return TermCount(self.found + other.found, self.terms + other.terms)

    @property
    def recall(self) -> float | None:
        """Share found; None where no term was asked for."""
        return self.found / self.terms if self.terms else None


def compare(said: str, heard: str, *, language: Language) -> Edits:
    """Errors of `heard` against `said`: words in English, characters in Chinese."""
    reference = units(said, language)
    return edits(reference, units(heard, language), optional=unwritten(reference, language))


def units(text: str, language: Language) -> list[str]:
    """What is counted: half-width, lower case, without punctuation, British spellings as American ones.

    A mark between two digits stays (2.5, 120/80), letters and digits are apart (5mg is 5 mg).
    """
    plain = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())
    if language is Language.ZH:
        return _CHARACTER.findall(plain)
    plain = plain.replace("’", "").replace("'", "").replace("%", " percent ")
    return [american(word) for word in _WORD.findall(plain)]


def american(word: str) -> str:
    """One spelling for British and American English, as far as medical words differ regularly."""
    for pattern, replacement in _BRITISH:
        word = pattern.sub(replacement, word)
    return word


def unwritten(reference: Sequence[str], language: Language) -> frozenset[int]:
    """Places in `reference` of spoken punctuation and hesitations."""
    places: set[int] = set()
    for phrase in _UNWRITTEN[language]:
        pattern = units(phrase, language)
        for start in range(len(reference) - len(pattern) + 1):
            if list(reference[start : start + len(pattern)]) == pattern:
                places.update(range(start, start + len(pattern)))
    return frozenset(places)


def edits(reference: Sequence[str], heard: Sequence[str], *, optional: AbstractSet[int] = frozenset()) -> Edits:
    """Levenshtein's alignment of two sequences; leaving out a place of `reference` that is `optional` is free."""
    # A row holds (errors, substitutions, deletions, insertions) for each prefix of what was heard.
    row = [(count, 0, 0, count) for count in range(len(heard) + 1)]
    for place, said in enumerate(reference):
        price = 0 if place in optional else 1
        above, row = row, [_plus(row[0], deletions=price)]
        for column, word in enumerate(heard):
            substituted = _plus(above[column], substitutions=int(word != said))
            deleted = _plus(above[column + 1], deletions=price)
            inserted = _plus(row[column], insertions=1)
            row.append(min(substituted, deleted, inserted))
    _, substitutions, deletions, insertions = row[-1]
    return Edits(substitutions, deletions, insertions, len(reference))


def _plus(
    cost: tuple[int, int, int, int], *, substitutions: int = 0, deletions: int = 0, insertions: int = 0
) -> tuple[int, int, int, int]:
    more = substitutions + deletions + insertions
    return cost[0] + more, cost[1] + substitutions, cost[2] + deletions, cost[3] + insertions


def count_terms(terms: Sequence[Sequence[str]], text: str, *, language: Language) -> TermCount:
    """Which of `terms` stand in `text`; each is a list of forms, any of which will do."""
    heard = _term_units(text, language)
    found = sum(any(_stands_in(_term_units(form, language), heard, language) for form in forms) for forms in terms)
    return TermCount(found, len(terms))


def _term_units(text: str, language: Language) -> list[str]:
    counted = units(text, language)
    if language is Language.ZH:
        return counted
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in counted]


def _stands_in(term: Sequence[str], heard: Sequence[str], language: Language) -> bool:
    """Whether the term is a run of whole words, however they are joined (co-amoxiclav, A 1 c); in Chinese any run."""
    joined = "".join(term)
    if not joined:
        return False
    if language is Language.ZH:
        return joined in "".join(heard)
    return any(joined in _joined_from(heard, start, len(joined)) for start in range(len(heard)))


def _joined_from(words: Sequence[str], start: int, length: int) -> Iterator[str]:
    joined = ""
    for word in words[start:]:
        joined += word
        if len(joined) > length:
            return
        yield joined
