"""Mandarin correction: a run of characters that is no word and sounds exactly like one core term.

Syllables are compared without tones; from four characters on, near initials and finals count as the same. Must not
touch numbers, sides, negation or units.
"""

import logging
import re
import tomllib
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Protocol

from pypinyin import Style, lazy_pinyin

from wardscribe_lexicons import Lexicon
from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.lexicon.matcher import Matcher

_SHORTEST = 3
_NEAR_FROM = 4  # characters from which near sounds count as the same
_LONGEST = 12
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class _Target:
    written: str
    same: tuple[str, ...]


class MandarinCorrector:
    """Corrections by pinyin over the core terms of one lexicon. Immutable after building."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._matcher = Matcher(lexicon)
        self._jieba = _jieba()
        self._fenced = frozenset("".join(_rules().fenced.split()))
        self._small = frozenset("".join(_rules().small.split()))
        self._targets: dict[str, dict[str, _Target]] = defaultdict(dict)
        for term in lexicon.terms:
            if term.weight < 1:
                continue
            for surface in term.surfaces():
                if _SHORTEST <= len(surface) <= _LONGEST and _HAN_RUN.fullmatch(surface):
                    same = syllables(surface)
                    self._targets["".join(map(near, same))][surface] = _Target(surface, same)

    def propose(self, text: str) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping."""
        known = [False] * len(text)
        for hit in self._matcher.find(text):
            if hit.end - hit.start > 1:
                known[hit.start : hit.end] = [True] * (hit.end - hit.start)
        found: list[Correction] = []
        for run in _HAN_RUN.finditer(text):
            found += self._in_run(run.group(), run.start(), known)
        return tuple(sorted(found, key=lambda correction: correction.start))

    def _in_run(self, run: str, offset: int, known: list[bool]) -> list[Correction]:
        """Corrections of one run; where two overlap the one that explains more strange characters stands."""
        sounds = syllables(run)
        if len(sounds) != len(run):
            return []
        ranked = sorted(self._candidates(run, sounds), key=lambda found: (-found[0], found[1].start))
        taken = [False] * len(run)
        chosen = []
        for _, correction in ranked:
            at = slice(correction.start, correction.end)
            changed = [a != b for a, b in zip(correction.heard, correction.written, strict=True)]
            if any(taken[at]) or any(change and word for change, word in zip(changed, known[offset:][at], strict=True)):
                continue
            taken[at] = [True] * (correction.end - correction.start)
            chosen.append(replace(correction, start=offset + correction.start, end=offset + correction.end))
        return chosen

    def _candidates(self, run: str, sounds: tuple[str, ...]) -> Iterator[tuple[int, Correction]]:
        nears = [near(sound) for sound in sounds]
        edges, single = self._words(run)
        for length in range(min(_LONGEST, len(run)), _SHORTEST - 1, -1):
            for start in range(len(run) - length + 1):
                end = start + length
                if start not in edges or end not in edges or not any(single[start:end]):
                    continue
                same = tuple(sounds[start:end])
                target = self._one(run[start:end], same, "".join(nears[start:end]))
                if target is not None:
                    heard = run[start:end]
                    why, score = ("same_sound", 1.0) if target.same == same else ("near_sound", 0.8)
                    n_changed = sum(a != b for a, b in zip(heard, target.written, strict=True))
                    yield n_changed, Correction(heard, target.written, why, score, start, end)

    def _words(self, run: str) -> tuple[set[int], list[bool]]:
        """Word edges of `run` as jieba cuts it, and which characters stand alone as no word of two or more."""
        edges = {0}
        single: list[bool] = []
        for word in self._jieba.cut(run, HMM=False):
            single += [len(word) == 1] * len(word)
            edges.add(len(single))
        return edges, single

    def _one(self, heard: str, same: tuple[str, ...], key: str) -> _Target | None:
        candidates = self._targets.get(key)
        if not candidates or self._jieba.FREQ.get(heard, 0) > 0:
            return None
        exact = [target for target in candidates.values() if target.same == same]
        allowed = exact or (list(candidates.values()) if len(heard) >= _NEAR_FROM else [])
        if len(allowed) != 1 or heard in candidates:
            return None
        return allowed[0] if self._may_change(heard, allowed[0].written) else None

    def _may_change(self, heard: str, written: str) -> bool:
        changed = [(a, b) for a, b in zip(heard, written, strict=True) if a != b]
        return not any(a in self._fenced or b in self._fenced or a in self._small for a, b in changed)


@dataclass(frozen=True, slots=True)
class _Rules:
    fenced: str
    small: str
    near_initials: tuple[tuple[str, str], ...]
    near_finals: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    text = resources.files("wardscribe_lexicons").joinpath("zh/correction.toml").read_text(encoding="utf-8")
    values = tomllib.loads(text)
    initials, finals = (tuple((str(a), str(b)) for a, b in values[key]) for key in ("near_initials", "near_finals"))
    return _Rules(str(values["fenced"]), str(values["small"]), initials, finals)


class _Segmenter(Protocol):
    FREQ: dict[str, int]

    def cut(self, sentence: str, *, HMM: bool) -> Iterator[str]: ...  # noqa: N803 - jieba's name


@lru_cache(maxsize=1)
def _jieba() -> _Segmenter:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 warns on import under current Pythons
        import jieba
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    segmenter: _Segmenter = jieba.dt
    return segmenter


@lru_cache(maxsize=50_000)
def syllables(text: str) -> tuple[str, ...]:
    """Toneless pinyin, one a character."""
    return tuple(lazy_pinyin(text, style=Style.NORMAL))


@lru_cache(maxsize=2_000)
def near(syllable: str) -> str:
    """The syllable with near initials and finals merged (zh/z, n/l, h/f, ing/in, ang/an ...)."""
    for initial, merged in _rules().near_initials:
        if syllable.startswith(initial):
            syllable = merged + syllable[len(initial) :]
            break
    for final, merged in _rules().near_finals:
        if syllable.endswith(final):
            return syllable[: -len(final)] + merged
    return syllable
