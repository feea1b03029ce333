"""Sound for the review: what the spool of this machine still has of a dictation."""

from collections.abc import Sequence

from wardscribe_client.desktop.player import Player, in_a_row
from wardscribe_client.spool import Spool
from wardscribe_protocol.errors import WardscribeError


class SpoolSound:
    """Plays from the spool; a dictation that was made elsewhere cannot be heard here."""

    def __init__(self, spool: Spool, player: Player) -> None:
        self._spool = spool
        self._player = player

    def has(self, session: str) -> bool:
        """Whether the dictation of a session is here."""
        return self._spool.of_session(session) is not None

    def play(self, session: str, stretches: Sequence[tuple[int, int]]) -> None:
        """Play these stretches, one after the other; nothing where they cannot be."""
        dictation_id = self._spool.of_session(session)
        if dictation_id is None:
            return
        try:
            sound = [self._spool.audio(dictation_id, start, end) for start, end in stretches]
            self._player.play(in_a_row(sound))
        except WardscribeError:
            self._player.stop()
