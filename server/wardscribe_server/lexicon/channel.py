"""The noisy channel: how dear it is that one syllable was said and another one heard.

Owns the learned tables in `zh/sounds`: `channel.toml` (weights) and `channel.tsv` (confusions of initials, finals and
whole syllables; see lexicons/build/channel.py). Must not know words.
"""

import math
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from wardscribe_server.lexicon.syllables import parts

_RARE = math.exp(-9)  # share of a confusion that was never counted

Costs = npt.NDArray[np.float64]  # [n_bases], nats


@dataclass(frozen=True, slots=True)
class Weights:
    """What decoding weighs against each other, in nats unless said otherwise."""

    language_model: float  # factor of the language model's log probability
    change: float  # writing another character than the one heard, of the same sound
    tone: float  # ... in another tone
    kept: float  # writing the character that was heard
    alternative: float  # factor of an alternative's log probability
    skipped: float  # a syllable heard that was not said
    added: float  # a syllable said that was not heard
    dearest: float  # syllables beyond this cost are not tried
    unseen: float  # share of the plain product of initial and final beside counted syllables, in syllables


class Channel:
    """Costs between the toneless syllables `bases`. Immutable after building."""

    def __init__(self, bases: Sequence[str]) -> None:
        folder = resources.files("wardscribe_lexicons").joinpath("zh/sounds")
        values = tomllib.loads(folder.joinpath("channel.toml").read_text(encoding="utf-8"))
        self.weights = Weights(**{name: float(value) for name, value in values["weights"].items()})
        rows = [line.split("\t") for line in folder.joinpath("channel.tsv").read_text(encoding="utf-8").splitlines()]
        self.bases = tuple(bases)
        self.number = {base: number for number, base in enumerate(self.bases)}
        self._heard = _heard_given_said(self.bases, (row for row in rows if len(row) == 4), self.weights.unseen)

    def costs(self, heard: Iterable[tuple[str, float]]) -> Costs:
        """For each syllable the cost of having been said where `heard` (syllables with shares) was heard."""
        mixed = np.full(len(self.bases), 1e-9)
        for base, share in heard:
            if base in self.number:
                mixed += share * self._heard[self.number[base]]
        costs: Costs = -np.log(mixed)
        return costs


def _heard_given_said(bases: Sequence[str], rows: Iterable[Sequence[str]], unseen: float) -> npt.NDArray[np.float64]:
    """P(heard | said) as [heard, said]: counted syllables over the product of initial and final."""
    split = [parts(base) for base in bases]
    initials = {initial: index for index, initial in enumerate(sorted({part.initial for part in split}))}
    finals = {final: index for index, final in enumerate(sorted({part.final for part in split}))}
    shares = {"initial": np.full((len(initials),) * 2, _RARE), "final": np.full((len(finals),) * 2, _RARE)}
    index = {"initial": initials, "final": finals}
    counted: dict[str, dict[str, float]] = defaultdict(dict)
    for kind, said, heard, figure in rows:
        if kind == "syllable":
            counted[said][heard] = float(figure)
        elif kind in shares and said in index[kind] and heard in index[kind]:
            shares[kind][index[kind][heard], index[kind][said]] = float(figure)
    of_initial = np.array([initials[part.initial] for part in split])
    of_final = np.array([finals[part.final] for part in split])
    product: npt.NDArray[np.float64] = (
        shares["initial"][np.ix_(of_initial, of_initial)] * shares["final"][np.ix_(of_final, of_final)]
    )
    product /= product.sum(axis=0, keepdims=True)
    number = {base: at for at, base in enumerate(bases)}
    for said, heards in counted.items():
        if said in number:
            column = product[:, number[said]] * unseen
            for heard, count in heards.items():
                if heard in number:
                    column[number[heard]] += count
            product[:, number[said]] = column / column.sum()
    return product
