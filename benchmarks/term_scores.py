"""Terms of a fixed list in what was said and in what was written: recall, precision, errors over long transcripts.

English follows the MedWER protocol (PyPI `medwer` 1.0.0, MIT): both sides normalised, terms found greedily and longest
first, a phrase counts as one. With the package installed its normaliser is used, else this project's. Must not know
the product: its lexicon never is the yardstick.
"""

import importlib
import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from measures import units

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language

Normaliser = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """Terms said, terms written, and how many of them are the same."""

    said: int = 0
    written: int = 0
    both: int = 0

    def __add__(self, other: Self) -> "Found":
        return Found(self.said + other.said, self.written + other.written, self.both + other.both)

    @property
    def recall(self) -> float | None:
        """Share of what was said; None where nothing was."""
        return self.both / self.said if self.said else None

    @property
    def precision(self) -> float | None:
        """Share of what was written; None where nothing was."""
        return self.both / self.written if self.written else None


class TermList:
    """Terms as tuples of what the normaliser makes of them, to be found in texts of one language."""

    def __init__(self, terms: Iterable[str], *, language: Language, normaliser: Normaliser | None = None) -> None:
        self._normalised = normaliser or (lambda text: units(text, language))
        self._terms = {tuple(self._normalised(term)) for term in terms} - {()}
        self._longest = max(map(len, self._terms), default=0)

    def __len__(self) -> int:
        return len(self._terms)

    def of(self, text: str) -> Counter[tuple[str, ...]]:
        """The terms in a text, each as often as it stands there, greedily and longest first."""
        words = self._normalised(text)
        found: Counter[tuple[str, ...]] = Counter()
        at = 0
        while at < len(words):
            length = self._term_at(words, at)
            if length:
                found[tuple(words[at : at + length])] += 1
            at += length or 1
        return found

    def _term_at(self, words: Sequence[str], at: int) -> int:
        for length in range(min(self._longest, len(words) - at), 0, -1):
            if tuple(words[at : at + length]) in self._terms:
                return length
        return 0

    def compare(self, said: str, written: str) -> Found:
        """Terms of `written` against those of `said`."""
        wanted, got = self.of(said), self.of(written)
        return Found(wanted.total(), got.total(), (wanted & got).total())

    def term_errors(self, said: str, written: str) -> Counter[tuple[str, ...]]:
        """How often each term is missing from or too many in `written`."""
        wanted, got = self.of(said), self.of(written)
        return (wanted - got) + (got - wanted)


def read_terms(path: Path) -> list[str]:
    """A list of terms, one a line; lines that begin with # are comments.

    Raises: InputError.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a UTF-8 text file with one term a line") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def medwer_normaliser() -> Normaliser | None:
    """The protocol's own normaliser where the package is installed."""
    if importlib.util.find_spec("medwer") is None:
        return None
    normalised = importlib.import_module("medwer").Normalizer()
    return lambda text: str(normalised(text)).split()
