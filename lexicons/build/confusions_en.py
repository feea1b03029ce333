"""How easily one English phone is heard as another: articulation as a start, recognised dictations on top.

    python lexicons/build/confusions_en.py [--pairs PAIRS.jsonl ...]

A pair record has `text` (what was said) and `segments`, each with `nbest`: pairs of a hypothesis and its score. Writes
`en/sounds_confusions.txt`: `heard said cost`, one is an unrelated phone, `-` is none. Costs are -log of the share of
hearings in units of `_NATS`, with the articulatory costs as prior counts; only counts of phones leave the pairs.
"""

import argparse
import difflib
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from writing import PACKAGE

from wardscribe_lexicons.pronouncing import PHONES, VOWELS, pronouncer

_NATS = 4.0  # one unrelated phone
_PRIOR = 60.0  # hearings of each phone that the articulatory costs are worth
_ROUNDS = 3
_LEAST, _MOST = 0.55, 1.3  # how far data may move a cost
_HYPOTHESES = 4  # of each segment
_ALL = sorted({phone for phones in PHONES.values() for phone in phones})
_CLOSE = {  # one group, one cost
    0.25: ("bp", "dt", "gk", "vf", "zs", "JC", "ZS", "DT", "nN", "mn", "ZJ"),
    0.45: ("sS", "zZ", "CS", "JZ", "fT", "vD", "sT", "zD", "tT", "dD", "lr", "vw", "bv", "pf", "mN", "kx", "CT", "tC",
           "dJ", "ln", "wr", "yI", "yi", "wU", "wu", "bm", "dn", "lw", "gN", "kC", "ks"),
    0.2: ("iI", "uU", "ac", "ax", "xi", "xe", "x@", "xU", "xc", "e@", "ei", "Ae", "oc", "xI"),
    0.35: ("AI", "Ya", "YI", "Yi", "ou", "oU", "ox", "Wa", "Wo", "Oc", "Oo", "@a", "@A", "Ai", "xA", "xu", "xY", "xW",
           "ao", "ei", "@i"),
}  # fmt: skip
_VOWEL_FOR_VOWEL = 0.5
_GONE = {**dict.fromkeys(VOWELS, 0.5), "x": 0.25, "i": 0.35, "h": 0.35, "t": 0.5, "d": 0.45, "y": 0.3, "r": 0.55,
         "n": 0.65, "l": 0.65, "w": 0.5, "D": 0.5, "g": 0.7, "k": 0.75, "z": 0.7, "s": 0.75}  # fmt: skip
_HEAD = """\
# What one phone costs to be heard as another (heard said cost; - is none): 1 is an unrelated phone.
# Source: Wardscribe project: articulatory classes by hand{learned}. Built by lexicons/build/confusions_en.py.
# Licence: Apache-2.0.
"""
_SPOKEN = re.compile(r"[a-z']+")
Costs = dict[tuple[str, str], float]


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    pairs: list[Path] = parser.parse_args().pairs
    prior = costs = _articulation()
    learned = ""
    if pairs:
        stretches = [stretch for path in pairs for stretch in _stretches(path)]
        for _ in range(_ROUNDS):
            costs = _learned(stretches, costs, prior)
        learned = f", adapted to {len(stretches)} misheard stretches of synthesised speech"
    lines = (f"{heard} {said} {cost:.2f}" for (heard, said), cost in sorted(costs.items()) if heard != said)
    text = _HEAD.format(learned=learned) + "\n".join(lines) + "\n"
    (PACKAGE / "en/sounds_confusions.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(costs)} costs{learned}\n")


def _articulation() -> Costs:
    costs = {(a, b): 1.0 if {a, b} - VOWELS else _VOWEL_FOR_VOWEL for a, b in product(_ALL, _ALL) if a != b}
    for price, groups in sorted(_CLOSE.items(), reverse=True):
        for a, b in groups:
            costs[a, b] = costs[b, a] = price
    for phone in _ALL:
        costs[phone, "-"] = costs["-", phone] = _GONE.get(phone, 0.85)
        costs[phone, phone] = 0.0
    return costs


def _stretches(path: Path) -> Iterator[tuple[str, str]]:
    """Phones heard and said where recogniser and text differ, for its first few hypotheses."""
    say = pronouncer().phones
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        record = json.loads(line)
        said = _SPOKEN.findall(record["text"].lower())
        for rank in range(_HYPOTHESES):
            segments = [segment["nbest"] for segment in record["segments"] if segment["nbest"]]
            heard = _SPOKEN.findall(" ".join(nbest[min(rank, len(nbest) - 1)][0] for nbest in segments).lower())
            for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(None, heard, said, autojunk=False).get_opcodes():
                if tag == "replace" and a2 - a1 <= 4 and b2 - b1 <= 3:
                    pair = "".join(map(say, heard[a1:a2])), "".join(map(say, said[b1:b2]))
                    if all(pair) and abs(len(pair[0]) - len(pair[1])) <= 3:
                        yield pair


def _learned(stretches: list[tuple[str, str]], costs: Costs, prior: Costs) -> Costs:
    counts: Counter[tuple[str, str]] = Counter()
    for heard, said in stretches:
        path, cost = _path(heard, said, costs)
        if cost <= 0.45 * max(len(heard), len(said)):
            counts.update(path)
    totals: Counter[str] = Counter()
    for (_, said), n in counts.items():
        totals[said] += n
    mass: dict[str, float] = defaultdict(float)
    for (_, said), price in prior.items():
        mass[said] += math.exp(-_NATS * price)
    learned: Costs = {}
    for (heard, said), price in prior.items():
        expected = _PRIOR * math.exp(-_NATS * price) / mass[said]
        share = (counts[heard, said] + expected) / (totals[said] + _PRIOR)
        shift = -math.log(expected / _PRIOR) / _NATS - price  # the prior's own scale, so that only the change counts
        cost = -math.log(share) / _NATS - shift
        learned[heard, said] = max(_LEAST * price, min(_MOST * price, cost)) if heard != said else 0.0
    return learned


def _path(heard: str, said: str, costs: Costs) -> tuple[list[tuple[str, str]], float]:
    rows: list[list[tuple[float, tuple[str, str] | None]]] = []
    for i in range(len(heard) + 1):
        row: list[tuple[float, tuple[str, str] | None]] = []
        for j in range(len(said) + 1):
            ways: list[tuple[float, tuple[str, str] | None]] = [(0.0, None)] if not i and not j else []
            if i and j:
                step = heard[i - 1], said[j - 1]
                ways.append((rows[i - 1][j - 1][0] + costs[step], step))
            if i:
                ways.append((rows[i - 1][j][0] + costs[heard[i - 1], "-"], (heard[i - 1], "-")))
            if j:
                ways.append((row[j - 1][0] + costs["-", said[j - 1]], ("-", said[j - 1])))
            row.append(min(ways, key=lambda way: way[0]))
        rows.append(row)
    path, i, j = [], len(heard), len(said)
    while (step := rows[i][j][1]) is not None:
        path.append(step)
        i -= step[0] != "-"
        j -= step[1] != "-"
    return path, rows[-1][-1][0]


if __name__ == "__main__":
    main()
