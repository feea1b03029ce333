"""Flow control of audio, in samples. Knows neither frames nor messages; both ends use the same window.

The limit is absolute: the position in the session up to which audio may be sent. Being absolute, a limit that is
lost, repeated or overtaken does no harm, and it needs no correction after a resume. It never shrinks.
"""

from wardscribe_protocol.errors import ErrorCode, LocalProtocolError
from wardscribe_protocol.timeline import MAX_SAMPLE


class CreditWindow:
    """How far audio may go; the position reached is the caller's."""

    def __init__(self, limit: int = 0) -> None:
        self._limit = _checked(limit)

    @property
    def limit(self) -> int:
        """Position up to which audio may be sent."""
        return self._limit

    def grant(self, limit: int) -> bool:
        """Raises the limit to `limit`; a lower one changes nothing. Whether it rose.

        Raises: LocalProtocolError (`bad_sample_offset`) when `limit` is not a position.
        """
        rose = _checked(limit) > self._limit
        if rose:
            self._limit = limit
        return rose

    def room(self, position: int) -> int:
        """Samples that may be sent from `position` on."""
        return max(0, self._limit - position)

    def allows(self, end: int) -> bool:
        """Whether audio may reach up to `end`."""
        return end <= self._limit


def _checked(limit: int) -> int:
    if not 0 <= limit <= MAX_SAMPLE:
        raise LocalProtocolError(ErrorCode.BAD_SAMPLE_OFFSET)
    return limit
