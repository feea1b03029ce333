"""Cue phrases as data, and finding them in tokens.

Owns reading `cues/*.toml` and the longest match of each kind. Must not know what a kind is for.
"""

import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.tokens import Token, tokenise


class CueError(ValueError):
    """A cue file that cannot be used; the text names file and remedy."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase of one kind at the characters `[start, end)`, tokens `[first, last)`, with the value it stands for."""

    kind: str
    value: str
    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class CueTable:
    """Phrases by their first token: `(tokens, kind, value)`, longest first."""

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], str, str], ...]]

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, str, str]]) -> "CueTable":
        """A table of `(phrase, kind, value)`."""
        found: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for phrase, kind, value in phrases:
            tokens = tuple(token.text for token in tokenise(phrase))
            if tokens:
                found.setdefault(tokens[0], []).append((tokens, kind, value))
        return cls({first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in found.items()})

    def find(self, tokens: Sequence[Token], *, gaps: Sequence[int] = ()) -> "Cues":
        """All cues, of each kind the longest from left to right without overlap within the kind.

        None goes on over one of `gaps`, characters before which the speaker paused.
        """
        texts = [token.text for token in tokens]
        whole = _whole_runs(tokens, gaps)
        found: dict[str, list[Cue]] = {}
        reached: dict[str, int] = {}
        for first, text in enumerate(texts):
            for phrase, kind, value in self.by_first.get(text, ()):
                last = first + len(phrase)
                if reached.get(kind, 0) > first or (len(phrase) > 1 and tuple(texts[first:last]) != phrase):
                    continue
                if whole and last > whole[first]:
                    continue
                reached[kind] = last
                cue = Cue(kind, value, tokens[first].start, tokens[last - 1].end, first, last)
                found.setdefault(kind, []).append(cue)
        return Cues({kind: tuple(cues) for kind, cues in found.items()})


def _whole_runs(tokens: Sequence[Token], gaps: Sequence[int]) -> list[int]:
    """For each token the index after the last one before the next of `gaps`; nothing where there are none."""
    if not gaps:
        return []
    paused = set(gaps)
    runs = [len(tokens)] * len(tokens)
    end = len(tokens)
    for at in range(len(tokens) - 1, -1, -1):
        runs[at] = end
        if tokens[at].start in paused:
            end = at
    return runs


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one text by kind, each in text order."""

    by_kind: Mapping[str, tuple[Cue, ...]]
    _bounds: dict[str, "_Bounds"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def _of_kind(self, kind: str) -> "_Bounds":
        found = self._bounds.get(kind)
        if found is None:
            found = self._bounds[kind] = _Bounds.of(self.by_kind.get(kind, ()))
        return found

    def of(self, kind: str) -> tuple[Cue, ...]:
        """Cues of `kind` in order."""
        return self.by_kind.get(kind, ())

    def within(self, kind: str, start: int, end: int) -> tuple[Cue, ...]:
        """Cues of `kind` that lie wholly inside the characters `[start, end)`."""
        bounds = self._of_kind(kind)
        return bounds.cues[bisect_left(bounds.starts, start) : bisect_right(bounds.ends, end)]

    def near(self, kind: str, start: int, end: int) -> tuple[Cue, ...]:
        """Cues of `kind` that begin inside the characters `[start, end)`."""
        bounds = self._of_kind(kind)
        return bounds.cues[bisect_left(bounds.starts, start) : bisect_left(bounds.starts, end)]

    def first(self, kind: str, start: int, end: int) -> Cue | None:
        """The first cue of `kind` inside `[start, end)`."""
        bounds = self._of_kind(kind)
        at = bisect_left(bounds.starts, start)
        return bounds.cues[at] if at < len(bounds.cues) and bounds.ends[at] <= end else None

    def covers(self, kind: str, token: int) -> Cue | None:
        """The cue of `kind` that the token lies in."""
        bounds = self._of_kind(kind)
        at = bisect_right(bounds.firsts, token) - 1
        return bounds.cues[at] if at >= 0 and bounds.cues[at].last > token else None


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where the cues of one kind lie, to look them up by."""

    cues: tuple[Cue, ...]
    starts: list[int]
    ends: list[int]
    firsts: list[int]

    @classmethod
    def of(cls, cues: tuple[Cue, ...]) -> "_Bounds":
        return cls(cues, [cue.start for cue in cues], [cue.end for cue in cues], [cue.first for cue in cues])


@cache
def cue_phrases(language: Language) -> tuple[tuple[str, str, str], ...]:
    """Every `(phrase, kind, value)` of the shipped cue files for `language`.

    Raises:
        CueError: a file is malformed or has no source and licence.
    """
    folder = resources.files("wardscribe_server.pipeline.understanding").joinpath("cues")
    phrases: list[tuple[str, str, str]] = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            phrases += read_cues(path, language)
    return tuple(phrases)


@cache
def words_of(language: Language, kind: str) -> frozenset[str]:
    """The phrases of one kind, for looking up single words."""
    return frozenset(phrase for phrase, found, _ in cue_phrases(language) if found == kind)


def read_cues(path: Traversable, language: Language) -> list[tuple[str, str, str]]:
    """`(phrase, kind, value)` of one file.

    Raises:
        CueError: it is not TOML, lacks its head, or a table is not value -> list of phrases.
    """
    text = path.read_text(encoding="utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CueError(f"{path}: not readable as TOML: {error}") from error
    head = content.get("head", {})
    if not (isinstance(head, dict) and head.get("source") and head.get("licence")):
        raise CueError(f"{path}:1: a cue file begins with [head], source and licence")
    rows: list[tuple[str, str, str]] = []
    for kind, values in content.get(language.value, {}).items():
        for value, phrases in values.items():
            if not (isinstance(phrases, list) and all(isinstance(phrase, str) for phrase in phrases)):
                line = _line_of(text, f"[{language.value}.{kind}]")
                raise CueError(f"{path}:{line}: {kind}.{value} must be a list of phrases")
            rows += [(phrase, kind, value) for phrase in phrases]
    return rows


def _line_of(text: str, fragment: str) -> int:
    at = text.find(fragment)
    return text.count("\n", 0, max(at, 0)) + 1
