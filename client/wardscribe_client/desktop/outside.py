"""The windows beside the live one: first start, settings, what was not sent, reports, the review. Opens them.

Each is imported when it is first asked for, so that the live window is there sooner. `Live` is told what they change.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from wardscribe_client.address import ServerAddress
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.player import Player
from wardscribe_client.desktop.report_sound import SpoolSound
from wardscribe_client.input_device import InputDevice
from wardscribe_client.preferences import Preferences
from wardscribe_client.sending import ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_client.workstation import Workstation


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the live window has and what it is told."""

    server: Callable[[], ServerAddress]
    forms: Callable[[], Forms]
    microphones: Callable[[], list[str]]
    opened: Callable[[str | None], InputDevice]  # a microphone by name, to try it
    take_up: Callable[[str], None]  # go on with a dictation of the spool
    next: Callable[[], None]  # begin the next dictation
    applied: Callable[[Preferences], None]  # preferences were changed
    hot_keys_possible: bool = True


class Outside(QObject):
    """Opens them over the live window, which owns them."""

    def __init__(
        self,
        interface: Interface,
        workstation: Workstation,
        spool: Spool,
        live: Live,
        *,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._interface, self._workstation, self._spool, self._live = interface, workstation, spool, live
        self._player = player

    def first_start(self) -> Preferences | None:
        """Ask for server and microphone where nobody has set a server yet; None when the person closes it."""
        from wardscribe_client.desktop.first_start import first_start

        if self._workstation.server() is not None:
            return self._workstation.preferences
        return first_start(
            self._interface, self._workstation, microphones=self._live.microphones, opened=self._live.opened
        )

    def settings(self, parent: QWidget) -> None:
        """The settings."""
        from wardscribe_client.desktop.settings_dialog import open_settings

        dialog = open_settings(
            parent,
            self._interface,
            self._workstation,
            microphones=self._live.microphones,
            opened=self._live.opened,
            hot_keys_possible=self._live.hot_keys_possible,
        )
        dialog.applied.connect(self._live.applied)

    def unsent(self, parent: QWidget) -> None:
        """What is on this machine only."""
        from wardscribe_client.desktop.unsent import UnsentDialog
        from wardscribe_client.desktop.uploading import Uploader

        server = self._live.server()
        access = ServerAccess(url=server.dictation, credentials=self._workstation.credentials(server))
        uploader = Uploader(self._spool, access, self)
        dialog = UnsentDialog(
            self._interface, self._spool, uploader, forms=self._live.forms(), server=server.http, parent=parent
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.resume_wanted.connect(self._live.take_up)
        dialog.open()

    def reports(self, parent: QWidget) -> None:
        """The reports on the server."""
        from wardscribe_client.desktop.report_list import ReportList
        from wardscribe_client.reports import Reports

        server = self._live.server()
        reports = Reports(server, credentials=self._workstation.credentials(server))
        dialog = ReportList(self._interface, reports, forms=self._live.forms(), server=server.http, parent=parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.destroyed.connect(lambda: reports.close())
        dialog.report_wanted.connect(lambda report: self.review(parent, report))
        dialog.open()

    def review(self, parent: QWidget, report: str) -> None:
        """The review of a report, named by its id or by the session of its dictation."""
        from wardscribe_client.desktop.review.opening import open_review

        server = self._live.server()
        window = open_review(
            parent,
            self._interface,
            report,
            server=server,
            credentials=self._workstation.credentials(server),
            sound=SpoolSound(self._spool, self._player),
        )
        window.signed.connect(self._signed)
        window.next_wanted.connect(self._live.next)

    def _signed(self, _report: str, session: str) -> None:
        dictation = self._spool.of_session(session) if session else None
        if dictation is not None:
            self._spool.mark_signed(dictation)
