"""What a fetch tells whoever watches it. How it is drawn belongs to the command line."""

from typing import Protocol


class Progress(Protocol):
    """Receives what happens during a fetch, in order, from the thread that fetches."""

    def begin(self, what: str, total_bytes: int | None, have_bytes: int) -> None:
        """A transfer of `what` starts (again) with `have_bytes` already here; `total_bytes` where known."""

    def advance(self, received_bytes: int) -> None:
        """So many more bytes of the current transfer are here."""

    def end(self) -> None:
        """The current transfer is over, complete or not."""

    def note(self, message: str) -> None:
        """One line worth showing: a source that failed, a digest recorded, a wait for another process."""


class Unwatched:
    """Nobody watches."""

    def begin(self, what: str, total_bytes: int | None, have_bytes: int) -> None:
        """Ignored."""

    def advance(self, received_bytes: int) -> None:
        """Ignored."""

    def end(self) -> None:
        """Ignored."""

    def note(self, message: str) -> None:
        """Ignored."""
