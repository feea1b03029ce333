"""Learns what is heard for what is said from pairs of spoken and recognised Mandarin.

    python lexicons/build/channel.py --pairs PAIRS.jsonl [...]

A pair is a JSON object a line with `text` (as spoken) and `heard` (as recognised). Syllables are aligned the cheapest
way, confusions of initials, finals and syllables are counted, and the counts align again. Only counts are kept.
"""

import argparse
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pypinyin import Style, lazy_pinyin
from writing import PACKAGE

from wardscribe_server.lexicon.syllables import parts

_ROUNDS = 4
_GAP = 4.5
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# What is known of Mandarin speech before anything was counted, in pseudo-counts either way.
_NEAR_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("h", "f"), ("b", "p"), ("d", "t"), ("g", "k"))
_NEAR_FINALS = (("in", "ing"), ("en", "eng"), ("an", "ang"), ("ian", "iang"), ("uan", "uang"), ("uen", "ong"))
_PRIOR_SAME, _PRIOR_NEAR, _PRIOR_ANY = 20.0, 1.0, 0.02

Pair = tuple[str, str]


@dataclass(slots=True)
class Confusions:
    """Counts of (said, heard)."""

    initials: Counter[Pair] = field(default_factory=Counter)
    finals: Counter[Pair] = field(default_factory=Counter)
    syllables: Counter[Pair] = field(default_factory=Counter)
    tones: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    n_gaps: int = 0


def main() -> None:
    """Writes `zh/sounds/channel.tsv`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True)
    pairs = [pair for path in parser.parse_args().pairs for pair in _pairs(path)]
    counted = _seed()
    for _ in range(_ROUNDS):
        costs = _shares(counted)
        counted = _seed()
        for said, heard in pairs:
            _count(said, heard, costs, counted)
    _write(counted, len(pairs))


def _pairs(path: Path) -> list[tuple[list[str], list[str]]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(_syllables(str(row["text"])), _syllables(str(row["heard"]))) for row in rows]


def _syllables(text: str) -> list[str]:
    """Syllables with tone; what is not Han is one `#`, which aligns with anything."""
    found: list[str] = []
    at = 0
    for run in _HAN.finditer(text):
        if run.start() > at:
            found.append("#")
        found += lazy_pinyin(run.group(), style=Style.TONE3, neutral_tone_with_five=True)
        at = run.end()
    return found


def _seed() -> Confusions:
    counted = Confusions()
    for near, counter in ((_NEAR_INITIALS, counted.initials), (_NEAR_FINALS, counted.finals)):
        for one, other in near:
            counter[one, other] += _PRIOR_NEAR
            counter[other, one] += _PRIOR_NEAR
    return counted


def _shares(counted: Confusions) -> tuple[Mapping[Pair, float], Mapping[Pair, float]]:
    """P(heard | said) of initials and finals, every pair that can be."""
    bases = _all_bases()
    return (
        _normalised(counted.initials, sorted({parts(base).initial for base in bases})),
        _normalised(counted.finals, sorted({parts(base).final for base in bases})),
    )


def _all_bases() -> list[str]:
    from wardscribe_server.lexicon.language_model import LanguageModel

    return sorted({base for base, _ in LanguageModel().sounds})


def _normalised(counts: Counter[Pair], values: list[str]) -> dict[Pair, float]:
    shares: dict[Pair, float] = {}
    for said in values:
        row = {heard: counts[said, heard] + (_PRIOR_SAME if said == heard else _PRIOR_ANY) for heard in values}
        total = sum(row.values())
        shares.update({(said, heard): count / total for heard, count in row.items()})
    return shares


def _count(
    said: list[str], heard: list[str], shares: tuple[Mapping[Pair, float], Mapping[Pair, float]], counted: Confusions
) -> None:
    for one, other in _aligned(said, heard, shares):
        if one is None or other is None:
            counted.n_gaps += 1
        elif "#" not in (one, other):
            base, heard_base = one[:-1], other[:-1]
            counted.initials[parts(base).initial, parts(heard_base).initial] += 1
            counted.finals[parts(base).final, parts(heard_base).final] += 1
            counted.syllables[base, heard_base] += 1
            counted.tones[base == heard_base, one[-1] == other[-1]] += 1


def _aligned(
    said: list[str], heard: list[str], shares: tuple[Mapping[Pair, float], Mapping[Pair, float]]
) -> list[tuple[str | None, str | None]]:
    def cost(one: str, other: str) -> float:
        if "#" in (one, other):
            return 0.0 if one == other else 4.0
        a, b = parts(one[:-1]), parts(other[:-1])
        initial = shares[0].get((a.initial, b.initial), 1e-4)
        return -math.log(initial * shares[1].get((a.final, b.final), 1e-4))

    best = [[0.0] * (len(heard) + 1) for _ in range(len(said) + 1)]
    for i in range(len(said) + 1):
        for j in range(len(heard) + 1):
            ways = []
            if i and j:
                ways.append(best[i - 1][j - 1] + cost(said[i - 1], heard[j - 1]))
            if i:
                ways.append(best[i - 1][j] + (1.0 if said[i - 1] == "#" else _GAP))
            if j:
                ways.append(best[i][j - 1] + (1.0 if heard[j - 1] == "#" else _GAP))
            best[i][j] = min(ways, default=0.0)
    path: list[tuple[str | None, str | None]] = []
    i, j = len(said), len(heard)
    while i or j:
        if i and j and math.isclose(best[i][j], best[i - 1][j - 1] + cost(said[i - 1], heard[j - 1])):
            i, j = i - 1, j - 1
            path.append((said[i], heard[j]))
        elif i and math.isclose(best[i][j], best[i - 1][j] + (1.0 if said[i - 1] == "#" else _GAP)):
            i -= 1
            path.append((said[i], None))
        else:
            j -= 1
            path.append((None, heard[j]))
    return path


def _write(counted: Confusions, n_pairs: int) -> None:
    initials, finals = _shares(counted)
    lines = [
        "# What Whisper base hears for what is said: shares of initials and finals, counts of whole syllables.",
        f"# Source: Wardscribe project, learned by lexicons/build/channel.py from {n_pairs} of our own dictations,",
        "# spoken by synthetic voices. Licence: Apache-2.0.",
        "kind\tsaid\theard\tfigure",
    ]
    for kind, shares in (("initial", initials), ("final", finals)):
        lines += [
            f"{kind}\t{one}\t{other}\t{share:.5f}" for (one, other), share in sorted(shares.items()) if share > 2e-4
        ]
    lines += [f"syllable\t{one}\t{other}\t{count:g}" for (one, other), count in sorted(counted.syllables.items())]
    (PACKAGE / "zh/sounds/channel.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    same, total = sum(n for (a, b), n in counted.syllables.items() if a == b), sum(counted.syllables.values())
    sys.stdout.write(f"{n_pairs} pairs, {total} syllables, {same / total:.3f} heard right, {counted.n_gaps} gaps\n")
    sys.stdout.write(f"tones {dict(counted.tones)}\n")


if __name__ == "__main__":
    main()
