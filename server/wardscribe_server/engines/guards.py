"""What tells a decode that has gone wrong: too many tokens for the time, the same tokens again and again, a guess.

Must not know the engine; it sees token ids only.
"""

from collections.abc import Sequence
from statistics import fmean

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE

# Fast dictation stays below (a rare Chinese character is three tokens, 5 of them a second are 15); a loop does not.
_TOKENS_PER_SECOND = {Language.EN: 7.0, Language.ZH: 15.0}
_SPARE_TOKENS = 10
_MAX_TOKENS = 220  # Whisper's text context is 448; CTranslate2 keeps half of it for what went before
_LOOP_RUN = 3  # the same token sequence three times in a row
_LOOP_TOKENS = 6  # in all; less may be stammered, or a number


# Of many far voices at once it makes a lone word now and then of which it believes nothing: its words were under 0.2 on
# average. The least of what is really said and heard badly, in 84 recordings, was at 0.5.
_DOUBTED_LOGPROB, _BELIEVED = -0.75, 0.3


def made_up(confidences: Sequence[float], logprob: float) -> bool:
    """Whether a hypothesis is a guess at sounds that are no speech for us: doubted as a whole and in its words."""
    return bool(confidences) and logprob < _DOUBTED_LOGPROB and fmean(confidences) < _BELIEVED


def token_cap(n_samples: int, language: Language) -> int:
    """The most tokens that can have been said in so much audio."""
    return min(_MAX_TOKENS, int(n_samples / SAMPLE_RATE * _TOKENS_PER_SECOND[language]) + _SPARE_TOKENS)


def loops(tokens: Sequence[int]) -> bool:
    """Whether a hypothesis repeats itself the way a stuck decoder does: the same tokens, again and again, unchanged.

    How well the text compresses is no sign here: "no stone in the left kidney, no stone in the right
    kidney, …" is what is dictated, and compresses as well as a loop.
    """
    for size in range(1, len(tokens) // _LOOP_RUN + 1):
        repeated = 0  # tokens in a row that are the same as `size` tokens before
        for before, token in zip(tokens, tokens[size:], strict=False):
            repeated = repeated + 1 if token == before else 0
            if repeated >= size * (_LOOP_RUN - 1) and size + repeated >= _LOOP_TOKENS:
                return True
    return False
