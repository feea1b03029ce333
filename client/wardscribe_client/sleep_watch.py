"""Notices that this machine slept: time went by that nobody lived through. Owns no clock; seconds are arguments."""

_TICK_S = 1.0
_GAP_S = 5.0  # a busy machine is late by less; a lid that is closed for less breaks no connection


class SleepWatch:
    """Told both clocks about once a second.

    Some systems stop the monotonic clock during sleep (Linux), then only the wall clock has moved on; some do not
    (Windows), then the tick itself is late. A wall clock that is put right looks like sleep too, which does no harm.
    """

    every_s = _TICK_S

    def __init__(self, *, monotonic_s: float, wall_s: float) -> None:
        self._monotonic_s = monotonic_s
        self._wall_s = wall_s

    def slept(self, *, monotonic_s: float, wall_s: float) -> bool:
        """Whether there was a gap since the last time."""
        ticked, passed = monotonic_s - self._monotonic_s, wall_s - self._wall_s
        self._monotonic_s, self._wall_s = monotonic_s, wall_s
        return ticked > _TICK_S + _GAP_S or abs(passed - ticked) > _GAP_S
