"""The way into the review for other windows: one call, one window. Owns which connection a review uses."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from wardscribe_client.address import ServerAddress
from wardscribe_client.credentials import Credentials
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.review.desk import ReviewDesk
from wardscribe_client.desktop.review.window import ReportSound, ReviewWindow
from wardscribe_client.reports import Reports


def open_review(
    parent: QWidget | None,
    interface: Interface,
    report: str,
    *,
    server: ServerAddress,
    credentials: Credentials,
    sound: ReportSound | None = None,
) -> ReviewWindow:
    """The review of a report, shown: `report` is its id, or the session of its dictation. It has a connection of its
    own and closes it when it goes.

    Raises: InputError when the file of authorities cannot be used.
    """
    reports = Reports(server, credentials=credentials)
    window = ReviewWindow(interface, ReviewDesk(reports, report), server=server.http, sound=sound, parent=parent)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.destroyed.connect(lambda: reports.close())
    window.report_wanted.connect(
        lambda other: open_review(parent, interface, other, server=server, credentials=credentials, sound=sound)
    )
    window.show()
    return window
