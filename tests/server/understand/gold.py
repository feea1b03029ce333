"""Slot-by-slot comparison of filled fields with gold, for the regression cases of these tests.

A slot is a leaf. Gold may say {"any": [...]} (aliases), {"optional": v} and "optional_entry". List entries are paired
by their key; an unpaired entry costs all its slots. Long texts match when 70 % of the gold's units are there.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

KEYS = ("finding", "problem", "drug", "test", "substance", "device", "procedure", "lesion", "action")
CRITICAL = ("presence", "laterality", "dose", "dose_unit", "value", "size_mm", "route", "frequency")
_MEASURED = ("_mmhg", "_mm", "_ml", "_c", "_bpm")
_SIGNS = re.compile(r"[\s.,;:!?，。；：！？、()（）'\"/-]+")


@dataclass
class Score:
    right: int = 0
    missed: int = 0
    extra: int = 0
    wrong: int = 0
    critical: int = 0  # wrong sides, presences, numbers, doses; counted in `wrong` too

    @property
    def f1(self) -> float:
        return 2 * self.right / max(2 * self.right + self.missed + self.extra + 2 * self.wrong, 1)


def compare(gold: Any, said: Any, score: Score, *, key: str = "") -> None:
    if isinstance(gold, dict) and set(gold) == {"optional"}:
        if said is None:
            return
        gold = gold["optional"]
    if isinstance(gold, dict) and "any" not in gold:
        said = said if isinstance(said, dict) else {}
        for key in gold.keys() | said.keys():
            if key in gold:
                compare(gold[key], said.get(key), score, key=key)
            else:
                score.extra += _leaves(said[key])
    elif isinstance(gold, list) and any(isinstance(entry, dict) and not _wrapped(entry) for entry in gold):
        _compare_entries(gold, said if isinstance(said, list) else [], score)
    elif isinstance(gold, list) and gold and isinstance(gold[0], str | dict):
        _compare_texts(gold, said if isinstance(said, list) else [], score)
    elif said is None:
        score.missed += 1
    elif _matches(gold, said):
        score.right += 1
    else:
        score.wrong += 1
        score.critical += key in CRITICAL or key.endswith(_MEASURED)


def _wrapped(value: dict[str, Any]) -> bool:
    return "any" in value or "optional" in value


def _compare_texts(gold: list[Any], said: list[Any], score: Score) -> None:
    rest = list(said)
    for want in gold:
        optional = isinstance(want, dict) and "optional" in want
        hit = next((text for text in rest if _matches(want["optional"] if optional else want, text)), None)
        if hit is not None:
            rest.remove(hit)
            score.right += 1
        elif not optional:
            score.missed += 1
    score.extra += len(rest)


def _compare_entries(gold: list[Any], said: list[Any], score: Score) -> None:
    pairs = []
    for at, entry in enumerate(gold):
        required = {key: value for key, value in entry.items() if key != "optional_entry"}
        key = next((key for key in KEYS if key in required), None)
        for other, candidate in enumerate(said):
            if key is not None and not (key in candidate and _matches(required[key], candidate[key])):
                continue
            trial = Score()
            compare(required, candidate, trial)
            if trial.right:
                pairs.append((-(trial.right - 0.5 * (trial.wrong + trial.extra)), at, other, required))
    taken: set[int] = set()
    used: set[int] = set()
    for _, at, other, required in sorted(pairs, key=lambda pair: pair[:3]):
        if at not in taken and other not in used:
            taken.add(at)
            used.add(other)
            compare(required, said[other], score)
    for at, entry in enumerate(gold):
        if at not in taken and not entry.get("optional_entry"):
            score.missed += _leaves({key: value for key, value in entry.items() if key != "optional_entry"})
    score.extra += sum(_leaves(entry) for other, entry in enumerate(said) if other not in used)


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        if "optional" in value:
            return 0
        return 1 if "any" in value else sum(map(_leaves, value.values()))
    if isinstance(value, list) and any(isinstance(entry, dict) and "any" not in entry for entry in value):
        return sum(map(_leaves, value))
    return 1


def _matches(gold: Any, said: Any) -> bool:
    if isinstance(gold, dict) and "any" in gold:
        return any(_matches(alias, said) for alias in gold["any"])
    if isinstance(gold, int | float):
        return isinstance(said, int | float) and abs(said - gold) <= abs(gold) * 0.005 + 1e-9
    if isinstance(gold, list):
        return isinstance(said, list) and len(gold) == len(said) and all(map(_matches, gold, said))
    want, have = _units(str(gold)), _units(str(said))
    if want == have:
        return True
    common = sum((Counter(want) & Counter(have)).values())
    return len(want) >= 4 and common / len(want) >= 0.7 and len(have) <= 2 * len(want) + 2


def _units(text: str) -> list[str]:
    plain = _SIGNS.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()
    if any("\u4e00" <= char <= "\u9fff" for char in plain):
        return list(plain.replace(" ", ""))
    words = [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in plain.split()
    ]
    return [word for word in words if word not in ("the", "a", "an", "of")]
