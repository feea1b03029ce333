"""What was heard, position by position: the recognised text with what its alternatives say at each place.

Owns the alignment of alternatives and the readings of what was heard. Must not know which words may be written.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from enum import Enum

from wardscribe_server.lexicon.channel import Channel, Costs
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.lexicon.fences import NEGATIONS, NUMERALS, SIDES, fences
from wardscribe_server.lexicon.language_model import LanguageModel

_LATIN = re.compile(r"[A-Za-z]")
_DIGIT = re.compile(r"[0-9.:/%×+\-]")
# Numbers that terms begin with: what was written 12 may be the first half of 十二指肠.
_NUMERALS_OF = {"1": "一", "2": "二", "3": "三", "4": "四", "12": "十二"}
_SMALL_NUMBER = re.compile(r"(?<![0-9.:/%×+\-])(?:12|[1-4])(?![0-9.:/%×+\-])")
_TOKENS_A_CHARACTER = 1.4  # the recogniser's tokens; its scores are averages over them
_OTHER_READING = 0.12  # share of each further reading of a character


class Kind(Enum):
    """What stands at a place."""

    HAN = "han"
    NUMERAL = "numeral"  # a number word, which may also be part of a term (二尖瓣)
    DIGIT = "digit"
    LATIN = "latin"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Place:
    """One character of the recognised text. `near` are the syllables that may have been said, cheapest first."""

    char: str
    kind: Kind
    kept: Mapping[str, float] = field(default_factory=dict)  # characters heard here, with the cost of writing them
    costs: Costs | None = None  # of each toneless syllable
    near: tuple[tuple[int, float], ...] = ()
    tones: frozenset[tuple[int, int]] = frozenset()  # syllables by number, with the tone heard
    fenced: bool = False  # stays as it is


def places(
    text: str, alternatives: Sequence[Alternative], *, model: LanguageModel, channel: Channel
) -> tuple[Place, ...]:
    """The characters of `text` with what may have been said for them."""
    shares = _shares(text, alternatives, channel.weights.alternative)
    sounds = _sounds(text, model)
    fenced = fences().fenced(text)
    found = []
    for at, char in enumerate(text):
        kind = _kind(char)
        if kind in (Kind.HAN, Kind.NUMERAL):
            fixed = at in fenced or char in SIDES or char in NEGATIONS
            found.append(_place(char, kind, shares[at], sounds[at], model, channel, fenced=fixed))
        else:
            found.append(Place(char, kind))
    for match in _SMALL_NUMBER.finditer(text):
        for at, numeral in zip(range(*match.span()), _NUMERALS_OF[match.group()], strict=True):
            said = _place(numeral, Kind.DIGIT, {numeral: 1.0}, model.sounds_of(numeral), model, channel, fenced=False)
            found[at] = replace(said, char=text[at])
    return tuple(found)


def _kind(char: str) -> Kind:
    if char in NUMERALS:
        return Kind.NUMERAL
    if "\u4e00" <= char <= "\u9fff":
        return Kind.HAN
    if _LATIN.match(char):
        return Kind.LATIN
    return Kind.DIGIT if _DIGIT.match(char) else Kind.MARK


def _place(
    char: str,
    kind: Kind,
    shares: dict[str, float],
    sounds: tuple[tuple[str, int], ...],
    model: LanguageModel,
    channel: Channel,
    *,
    fenced: bool,
) -> Place:
    heard: dict[str, float] = {}
    tones: set[tuple[int, int]] = set()
    for option, share in shares.items():
        readings = sounds if option == char else model.sounds_of(option)
        for rank, (base, tone) in enumerate(readings):
            heard[base] = heard.get(base, 0.0) + share * (1.0 if rank == 0 else _OTHER_READING)
            tones.add((channel.number[base], tone))
    weights = channel.weights
    kept = {option: weights.kept - math.log(share) for option, share in shares.items()}
    if not heard:
        return Place(char, kind, kept, fenced=True)
    costs = channel.costs(heard.items())
    order = costs.argsort()
    near = tuple((int(base), float(costs[base])) for base in order[:60] if costs[base] <= weights.dearest)
    return Place(char, kind, kept, costs, near, frozenset(tones), fenced)


def _sounds(text: str, model: LanguageModel) -> list[tuple[tuple[str, int], ...]]:
    """Readings of each character, that of the longest known word around it first."""
    found: list[tuple[tuple[str, int], ...]] = []
    while (at := len(found)) < len(text):
        for length in range(min(6, len(text) - at), 0, -1):
            number = model.number.get(text[at : at + length])
            reading = model.reading(number) if number is not None else ()
            if len(reading) == length:
                for char, sound in zip(text[at : at + length], reading, strict=True):
                    others = tuple(other for other in model.sounds_of(char) if other != sound)
                    found.append((sound, *others))
                break
        else:
            found.append(())
    return found


def _shares(text: str, alternatives: Sequence[Alternative], factor: float) -> list[dict[str, float]]:
    """For each character of `text` what stands there in the alternatives, with its share of the probability."""
    votes: list[dict[str, float]] = [{} for _ in text]
    if not alternatives:
        return [{char: 1.0} for char in text]
    best = max(alternative.logprob for alternative in alternatives)
    length = max(len(text), 1) * _TOKENS_A_CHARACTER
    for alternative in alternatives:
        weight = math.exp(factor * length * (alternative.logprob - best))
        matcher = SequenceMatcher(None, text, alternative.text, autojunk=False)
        for tag, start, end, other_start, other_end in matcher.get_opcodes():
            if tag == "equal" or (tag == "replace" and end - start == other_end - other_start):
                for offset in range(end - start):
                    char = alternative.text[other_start + offset]
                    here = votes[start + offset]
                    if _kind(char) in (Kind.HAN, Kind.NUMERAL):
                        here[char] = here.get(char, 0.0) + weight
    shares = []
    for char, here in zip(text, votes, strict=True):
        here.setdefault(char, 1e-3)
        total = sum(here.values())
        shares.append(
            {option: weight / total for option, weight in here.items() if option == char or weight > 0.01 * total}
        )
    return shares
