"""How long to wait before the next connection, and when to give up. Owns no clock: `now` is an argument, in seconds."""

import random
from collections.abc import Callable

_FIRST_S, _LONGEST_S = 0.25, 5.0
_STEADY_S = 5.0  # a connection that held this long was a good one, even if nothing new was made safe on it


def _chance(low: float, high: float) -> float:
    return random.uniform(low, high)  # noqa: S311 - spreads clients after a restart, guards nothing


class Pauses:
    """Growing pauses with jitter, within a time that starts with the first loss after a good connection."""

    def __init__(self, *, give_up_s: float, spread: Callable[[float, float], float] = _chance) -> None:
        self._give_up_s = give_up_s
        self._spread = spread
        self._next_s = _FIRST_S
        self._lost_at: float | None = None
        self._asked_s = 0.0

    def asked_for(self, retry_after_s: float) -> None:
        """The server says when to come back: the next pause is no shorter."""
        self._asked_s = max(self._asked_s, retry_after_s)

    def held(self, *, for_s: float, progress: bool) -> None:
        """A connection is over that the session was attached to for `for_s`; a good one makes up for those before."""
        if progress or for_s >= _STEADY_S:
            self._next_s, self._lost_at = _FIRST_S, None

    def after_loss(self, now: float) -> float | None:
        """How long to wait now; None when it is time to give up.

        The last pause is cut so that the last try falls at the end of the time allowed.
        """
        if self._lost_at is None:
            self._lost_at = now
        left_s = self._lost_at + self._give_up_s - now
        if left_s <= 0:
            return None
        grown_s = self._spread(self._next_s / 2, self._next_s)
        # Everyone is told the same time to come back; spread beyond it, never before it.
        asked_s = self._spread(self._asked_s, self._asked_s * 1.25)
        self._next_s = min(self._next_s * 2, _LONGEST_S)
        self._asked_s = 0.0
        return min(max(grown_s, asked_s), left_s)
