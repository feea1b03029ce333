"""How often a session asks for words: as often as the engine answers in good time, and never more often than helps.

A busy engine answers late; asking it less often gives everybody's questions a place. Must not know a clock.
"""

from wardscribe_protocol.timeline import SAMPLE_RATE

_FASTEST_S = 0.5
_SLOWEST_S = 3.0
_REST = 1.5  # new audio per second that the last answer took: leaves a third of the engine to others
_SHARE = 0.5  # of the newest answer in the running average


class Pace:
    """The step of one session, from how long its tails took, waiting included."""

    def __init__(self) -> None:
        self._usual_s = 0.0

    def after(self, took_s: float) -> int:
        """Samples of new audio to wait for now that a tail took `took_s`; in tenths of a second."""
        self._usual_s += _SHARE * (took_s - self._usual_s)
        step_s = min(max(self._usual_s * _REST, _FASTEST_S), _SLOWEST_S)
        return round(step_s * 10) * SAMPLE_RATE // 10
