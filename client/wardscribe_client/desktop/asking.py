"""Questions to the server from a window: asked on a thread of their own, answered on the window's.

One question after the other, in the order asked. Owns the thread; knows neither questions nor windows.
"""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from wardscribe_protocol.errors import WardscribeError

if TYPE_CHECKING:  # the library for HTTP takes longer to load than a window to appear
    from wardscribe_client.report_calls import Call
    from wardscribe_client.reports import Reports

T = TypeVar("T")
Failed = Callable[[WardscribeError], None]


class Background(QObject):
    """Work that may wait, away from the window."""

    changed = Signal()  # whether something is under way
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="asking")
        self._waiting = 0
        self._closed = False
        self._finished.connect(self._deliver)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._waiting > 0

    def run(self, work: Callable[[], T], *, then: Callable[[T], None], failed: Failed) -> None:
        """Do `work` there; then one of the two here."""
        if self._closed:
            return
        self._waiting += 1
        self.changed.emit()
        done = self._thread.submit(work)
        done.add_done_callback(lambda future: self._tell(lambda: _hand_over(future, then, failed)))

    def close(self, *, wait: bool = False) -> None:
        """Nothing is delivered any more. What is under way ends by itself; a window does not hang on it."""
        self._closed = True
        self._thread.shutdown(wait=wait, cancel_futures=True)

    def _tell(self, deliver: Callable[[], None]) -> None:
        if not self._closed:
            with suppress(RuntimeError):  # the window has gone in this very moment
                self._finished.emit(deliver)

    def _deliver(self, deliver: Callable[[], None]) -> None:
        self._waiting -= 1
        if not self._closed:
            deliver()
            self.changed.emit()


class Asking(Background):
    """Asks one server."""

    def __init__(self, reports: "Reports", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reports = reports

    def ask(self, call: "Call[T]", then: Callable[[T], None], failed: Failed) -> None:
        """Ask; then one of the two is called with the answer."""
        self.run(lambda: self._reports.ask(call), then=then, failed=failed)


def _hand_over(future: Future[T], then: Callable[[T], None], failed: Failed) -> None:
    try:
        answer = future.result()
    except CancelledError:
        return
    except WardscribeError as error:
        failed(error)
        return
    then(answer)
