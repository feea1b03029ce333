"""How often a session asks for words: as often as the engine answers in good time, and never more often than helps;
and whether its audio comes faster than anybody speaks.

A busy engine answers late; asking it less often gives everybody's questions a place. Must not know a clock.
"""

from wardscribe_protocol.timeline import SAMPLE_RATE

_FASTEST_S = 0.5
_SLOWEST_S = 3.0
_REST = 1.5  # new audio per second that the last answer took: leaves a third of the engine to others
_ALLOWED_S = 5.0  # audio that may come at once: a line that stalled, a buffer that was full
_SAVED_S = 120.0  # a client that was away this long, or longer, may make up for it: what its own backlog holds
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


class Haste:
    """How far the audio of a session is ahead of what can have been spoken since it began."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._at: float | None = None

    def received(self, samples: int, *, now_s: float) -> None:
        """Audio came in."""
        self._ahead_s = self._ahead(now_s) + samples / SAMPLE_RATE
        self._at = now_s

    def is_ahead(self, *, now_s: float) -> bool:
        """Whether more came than can have been spoken: a recording or a flood, for which nobody waits."""
        return self._ahead(now_s) > _ALLOWED_S

    def _ahead(self, now_s: float) -> float:
        return max(self._ahead_s - (0.0 if self._at is None else now_s - self._at), -_SAVED_S)
