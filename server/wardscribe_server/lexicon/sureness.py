"""How sure a change to recognised Mandarin is: the probability that it puts right what was wrong.

Owns the learned logistic weights (`zh/sounds/sureness.toml`, made by lexicons/build/sureness.py). Must not know how a
change was found.
"""

import math
import tomllib
from dataclasses import asdict, dataclass
from importlib import resources

_FARTHEST_MARGIN = 16.0  # nats beyond which a change is no surer


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a change and against it. Log odds are of standing in a clinical text rather than anywhere."""

    margin: float  # nats that it is ahead of what was heard
    gain: float  # nats a character by which all changes around are ahead of what was heard: how garbled that is
    clinical: float  # mean log odds of the words of the best path, by character
    odds: float  # log odds of the word written
    odds_before: float  # mean log odds of the words heard there
    length: int  # characters written
    is_term: bool  # the word written is a term of the lexicon
    was_term: bool  # so is what was heard
    was_words: float  # share of the characters heard that stand in words of two or more
    sound: float  # nats of the farthest syllable
    other_length: bool  # a syllable too many or too few
    guarded: bool  # writes a side, a negation or a numeral that was not heard, or drops a numeral
    has_alternatives: bool
    voted: bool  # an alternative has it so
    doubt: float  # mean nats that the alternatives take from what was heard


class Sureness:
    """The learned weights."""

    def __init__(self) -> None:
        path = resources.files("wardscribe_lexicons").joinpath("zh/sounds/sureness.toml")
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        self._weights = {str(name): float(weight) for name, weight in values["weights"].items()}
        thresholds = values["thresholds"]
        self.sure = float(thresholds["sure"])
        self.sure_of_guarded = float(thresholds["sure_of_guarded"])
        self.sure_of_term = float(thresholds["sure_of_term"])
        self.worth_saying = float(thresholds["worth_saying"])

    def probability(self, evidence: Evidence) -> float:
        """That the change is right, 0..1."""
        total = sum(self._weights.get(name, 0.0) * value for name, value in features(evidence).items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def is_sure(self, evidence: Evidence, probability: float) -> bool:
        """Whether a change may be applied without evidence from the audio."""
        needed = self.sure
        if evidence.guarded and not evidence.voted:
            if evidence.length == 1:
                return False  # a lone 无 or 左 is all that a sentence turns on
            needed = max(needed, self.sure_of_guarded)
        if evidence.was_term and not evidence.voted:
            needed = max(needed, self.sure_of_term)
        return probability >= needed


def features(evidence: Evidence) -> dict[str, float]:
    """The terms of the logistic sum, by name."""
    margin = max(0.0, min(evidence.margin, _FARTHEST_MARGIN))
    found = {name: float(value) for name, value in asdict(evidence).items()}
    found["margin"] = margin
    found["log_margin"] = math.log1p(margin)
    found["clinical"] = max(-3.0, min(evidence.clinical, 4.0))
    found["gain"] = max(0.0, min(evidence.gain, 6.0))
    found["log_gain"] = math.log(0.02 + found["gain"])
    found["length"] = float(min(evidence.length, 5))
    found["one_character"] = float(evidence.length == 1)
    found["constant"] = 1.0
    return found
