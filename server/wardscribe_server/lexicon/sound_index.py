"""Finds, among many English targets, those that sound like what was heard, and says how alike they are.

Targets are strings of phones (`wardscribe_lexicons.pronouncing`). Candidates come from shared groups of consonants; a
weighted edit distance over phones ranks them, all pairs of a segment at once. Must not know words or contexts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from wardscribe_lexicons.pronouncing import PHONES, VOWELS

_N_NEAREST = 36  # candidates of one stretch that are measured ...
_N_NEAREST_SHORT = 90  # ... and of a short one, which shares its consonants with many
_SHORT = 6  # phones
_LONGEST = 40  # phones
_ALL = "".join(sorted({phone for phones in PHONES.values() for phone in phones}))
_CODE = {phone: at + 1 for at, phone in enumerate(_ALL)}
_TO_CODES = str.maketrans({phone: chr(code) for phone, code in _CODE.items()})
# Phones that are easily heard for each other share a group; h and y are often not heard at all.
_GROUPS = ("pb", "td", "kg", "fvTD", "sz", "SZCJ", "mnN", "l", "r", "w")
_VOWEL = len(_GROUPS) + 1
_BASE = _VOWEL + 1
_SKELETON = str.maketrans(
    {phone: chr(at + 1) for at, group in enumerate(_GROUPS) for phone in group} | dict.fromkeys((*VOWELS, "h", "y"), "")
)
_OUTLINE = str.maketrans(
    {phone: chr(at + 1) for at, group in enumerate(_GROUPS) for phone in group}
    | dict.fromkeys(VOWELS, chr(_VOWEL))
    | dict.fromkeys("hy", "")
)

Matrix = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Near:
    """Target `target` at `distance` from query `query`; one is about one unrelated phone."""

    query: int
    target: int
    distance: float


@dataclass(frozen=True, slots=True)
class _Costs:
    change: Matrix  # [heard, said]
    unsaid: Matrix  # heard but not said
    unheard: Matrix  # said but not heard


class SoundIndex:
    """All targets by sound. Immutable after building; safe to share between threads."""

    def __init__(self, targets: Sequence[str]) -> None:
        kept = [target[:_LONGEST] for target in targets]
        self._codes = _matrix(kept, _TO_CODES)
        self._lengths = np.array([len(target) for target in kept], np.int32)
        features, owners = _features(kept)
        order = np.argsort(features, kind="stable")
        self._owners = owners[order].astype(np.int32)
        self._starts = np.searchsorted(features[order], np.arange(_N_FEATURES + 1))
        held = np.diff(self._starts)
        self._idf = np.log((len(kept) + 1) / (held + 1)).astype(np.float32)
        norms = np.bincount(owners, self._idf[features] ** 2, minlength=len(kept))
        self._norms = (1 / np.sqrt(np.maximum(norms, 1e-6))).astype(np.float32)

    def near(self, queries: Sequence[str], *, share: float) -> list[Near]:
        """Targets whose distance to a query is at most `share` of the phones of the longer one, nearest first."""
        asked: list[int] = []
        wanted: list[npt.NDArray[np.intp]] = []
        for number, query in enumerate(queries):
            if 0 < len(query) <= _LONGEST:
                found = self._alike(query)
                asked += [number] * len(found)
                wanted.append(found)
        if not asked:
            return []
        targets = np.concatenate(wanted)
        numbers = np.array(asked)
        far = self._distances(queries, numbers, targets)
        lengths = np.array([len(query) for query in queries])
        close = far <= share * np.maximum(lengths[numbers], self._lengths[targets])
        found_pairs = zip(numbers[close].tolist(), targets[close].tolist(), far[close].tolist(), strict=True)
        return sorted((Near(*pair) for pair in found_pairs), key=lambda near: (near.query, near.distance))

    def _alike(self, query: str) -> npt.NDArray[np.intp]:
        features = np.unique(_features([query])[0])
        weights = self._idf[features]
        slices = [self._owners[self._starts[at] : self._starts[at + 1]] for at in features]
        if not slices:
            return np.empty(0, np.intp)
        repeated = np.repeat(weights * weights, [len(part) for part in slices])
        shared = np.bincount(np.concatenate(slices), repeated, minlength=len(self._norms)) * self._norms
        wanted = _N_NEAREST_SHORT if len(query) <= _SHORT else _N_NEAREST
        if len(shared) <= wanted:
            return np.flatnonzero(shared)
        top = np.argpartition(shared, -wanted)[-wanted:]
        return top[shared[top] > 0]

    def _distances(
        self, queries: Sequence[str], numbers: npt.NDArray[np.intp], targets: npt.NDArray[np.intp]
    ) -> Matrix:
        """Distance of each pair (query, target), by rows of the edit table for all pairs together."""
        costs = _costs()
        heard = _matrix(queries, _TO_CODES)[numbers]
        lengths = np.array([len(query) for query in queries])[numbers]
        said = self._codes[targets][:, : int(self._lengths[targets].max())]
        ends = self._lengths[targets]
        unheard = np.zeros((len(said), said.shape[1] + 1), np.float32)
        np.cumsum(costs.unheard[said], axis=1, out=unheard[:, 1:])
        row = unheard.copy()
        result = np.zeros(len(said), np.float32)
        everyone = np.arange(len(said))
        for at in range(heard.shape[1]):
            phone = heard[:, at]
            gone = row + costs.unsaid[phone][:, None]
            changed = row[:, :-1] + costs.change[phone[:, None], said]
            best = gone
            best[:, 1:] = np.minimum(gone[:, 1:], changed)
            row = unheard + np.minimum.accumulate(best - unheard, axis=1)
            done = lengths == at + 1
            result[done] = row[everyone[done], ends[done]]
        return result


def _matrix(strings: Sequence[str], table: "dict[int, str]") -> Codes:
    width = max((len(string) for string in strings), default=1)
    padded = "".join(string.translate(table).ljust(width, "\0") for string in strings)
    return np.frombuffer(padded.encode("latin-1"), np.uint8).reshape(len(strings), width)


_SIZES = (_BASE, _BASE**2, _BASE**2, _BASE**3, _BASE**2, _BASE**3, _BASE, _BASE)
_OFFSETS = np.cumsum((0, *_SIZES))
_N_FEATURES = int(_OFFSETS[-1])


def _features(strings: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Feature and owner of every group of phones in `strings`, each once an owner."""
    bones = _groups(strings, _SKELETON)
    outline = _groups(strings, _OUTLINE)
    lengths = (bones > 0).sum(axis=1)
    last = bones[np.arange(len(strings)), np.maximum(lengths - 1, 0)]
    found = [
        (bones, bones > 0),
        (bones[:, :-1] * _BASE + bones[:, 1:], bones[:, 1:] > 0),
        (bones[:, :-2] * _BASE + bones[:, 2:], bones[:, 2:] > 0),
        ((bones[:, :-2] * _BASE + bones[:, 1:-1]) * _BASE + bones[:, 2:], bones[:, 2:] > 0),
        (outline[:, :-1] * _BASE + outline[:, 1:], outline[:, 1:] > 0),
        ((outline[:, :-2] * _BASE + outline[:, 1:-1]) * _BASE + outline[:, 2:], outline[:, 2:] > 0),
        (bones[:, :1], bones[:, :1] > 0),
        (last[:, None], last[:, None] > 0),
    ]
    keys = []
    for offset, (values, valid) in zip(_OFFSETS, found, strict=False):
        owners, places = np.nonzero(valid)
        keys.append((values[owners, places] + offset) * len(strings) + owners)
    unique = np.unique(np.concatenate(keys))
    return unique // len(strings), unique % len(strings)


def _groups(strings: Sequence[str], table: "dict[int, str]") -> npt.NDArray[np.int64]:
    shortened = [string.translate(table) for string in strings]
    width = max(3, max((len(string) for string in shortened), default=0))
    padded = "".join(string.ljust(width, "\0") for string in shortened)
    return np.frombuffer(padded.encode("latin-1"), np.uint8).reshape(len(strings), width).astype(np.int64)


@lru_cache(maxsize=1)
def _costs() -> _Costs:
    size = len(_ALL) + 1
    change = np.ones((size, size), np.float32)
    np.fill_diagonal(change, 0)
    unsaid, unheard = np.zeros(size, np.float32), np.zeros(size, np.float32)
    text = resources.files("wardscribe_lexicons").joinpath("en/sounds_confusions.txt").read_text(encoding="utf-8")
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        heard, said, cost = line.split(" ")
        if heard == "-":
            unheard[_CODE[said]] = float(cost)
        elif said == "-":
            unsaid[_CODE[heard]] = float(cost)
        else:
            change[_CODE[heard], _CODE[said]] = float(cost)
    return _Costs(change, unsaid, unheard)
