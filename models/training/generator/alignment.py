"""Entities carried from a text to what was heard or written of it.

Owns the alignment of two versions of a sentence, word by word (Chinese: character by character), the cheapest way with
words that look alike cheap to exchange. Must not know where the versions come from.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from models.training.examples import Entity, Example

# A word, a number, a Chinese character or a mark.
_UNIT: Final = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+(?:[.'/,-][^\W\u4e00-\u9fff]+)*|[^\w\s]")
_GAP: Final = 0.6
Span = tuple[int, int]


def carried(example: Example, text: str) -> Example:
    """The example with the same entities in `text`; what was heard of them is what stands in their place.

    An entity of which nothing was heard is left out, with its relations.
    """
    said, heard = _units(example.text), _units(text)
    pairs = _aligned([example.text[a:b] for a, b in said], [text[a:b] for a, b in heard])
    kept: dict[int, Entity] = {}
    reached = 0
    for place, entity in enumerate(example.entities):
        own = [heard[j] for i, j in pairs if said[i][0] >= entity.start and said[i][1] <= entity.end]
        own = [span for span in own if span[0] >= reached]
        if own:
            kept[place] = replace(entity, start=own[0][0], end=own[-1][1])
            reached = own[-1][1]
    order = {place: number for number, place in enumerate(kept)}
    relations = tuple((order[a], order[b]) for a, b in example.relations or () if a in order and b in order)
    return replace(example, form="heard", text=text, entities=tuple(kept.values()), relations=relations)


def _units(text: str) -> list[Span]:
    return [match.span() for match in _UNIT.finditer(text)]


def _aligned(said: Sequence[str], heard: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of units that stand for each other; several units may stand for one."""
    costs = [[0.0] * (len(heard) + 1) for _ in range(len(said) + 1)]
    for i in range(len(said) + 1):
        for j in range(len(heard) + 1):
            ways = [costs[i - 1][j - 1] + _unlike(said[i - 1], heard[j - 1])] if i and j else []
            ways += [costs[i - 1][j] + _GAP] if i else []
            ways += [costs[i][j - 1] + _GAP] if j else []
            costs[i][j] = min(ways, default=0.0)
    pairs: list[tuple[int, int]] = []
    extra: list[int] = []
    i, j = len(said), len(heard)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + _unlike(said[i - 1], heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif j and costs[i][j] == costs[i][j - 1] + _GAP:
            j -= 1
            extra.append(j)
        else:
            i -= 1
    # What is left over is part of a neighbour that was heard otherwise: "numeral thorax", "pg per milliliter".
    partner = {j: i for i, j in pairs if said[i].lower() != heard[j].lower()}
    for order, step in ((sorted(extra), -1), (sorted(extra, reverse=True), 1)):
        for j in order:
            if j not in partner and j + step in partner and heard[j].isalnum():
                partner[j] = partner[j + step]
                pairs.append((partner[j], j))
    return sorted(pairs)


def _unlike(one: str, other: str) -> float:
    if one.lower() == other.lower():
        return 0.0
    if one[-1].isalnum() != other[-1].isalnum():
        return 2 * _GAP + 0.1
    return 1.15 - SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()
