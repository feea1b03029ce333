"""Reports on the server: by state, or of one patient. Choosing one opens its review."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client import report_calls as calls
from wardscribe_client.desktop.asking import Asking
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.trouble import told
from wardscribe_client.report_values import About, Page, Report
from wardscribe_client.reports import Reports
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.record import ReportState

_ID: Final = Qt.ItemDataRole.UserRole
_COLUMNS: Final = ("changed", "template", "state", "author")


class ReportList(QDialog):
    """Pages of reports. An attending begins with what waits for a signature."""

    report_wanted = Signal(str)

    def __init__(
        self, interface: Interface, reports: Reports, *, forms: Forms, server: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._interface, self._forms, self._server = interface, forms, server
        self._asking = Asking(reports, self)
        self._next_after: str | None = None
        self._listed: list[Report] = []
        self._phrases = say = Phrases("report_list", interface.language)
        review = Phrases("review", interface.language)
        self.setWindowTitle(say("title"))
        self.resize(760, 520)
        self.state = QComboBox()
        self.state.setAccessibleName(say("state"))
        self.state.addItem(say("all"), None)
        for state in ReportState:
            self.state.addItem(review(f"state_{state.value}"), state)
        self.patient = QLineEdit()
        self.patient.setAccessibleName(say("patient"))
        self.patient.setPlaceholderText(say("patient_hint"))
        self.patient.returnPressed.connect(self.find_patient)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setAccessibleName(say("title"))
        self.table.setHorizontalHeaderLabels([say(key) for key in _COLUMNS])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.itemActivated.connect(lambda _: self.open_chosen())
        self.said = QLabel()
        self.said.setObjectName("hint")
        self.said.setWordWrap(True)
        self.buttons = {
            "open": self._button("open", "Ctrl+Return"),
            "refresh": self._button("refresh", "Ctrl+R"),
            "more": self._button("more", "Ctrl+M"),
            "close": self._button("close", "Esc"),
        }
        self.buttons["open"].clicked.connect(self.open_chosen)
        self.buttons["refresh"].clicked.connect(self.refresh)
        self.buttons["more"].clicked.connect(self.more)
        self.buttons["close"].clicked.connect(self.reject)
        self.state.currentIndexChanged.connect(self.refresh)
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.state)
        head.addWidget(self.patient, 1)
        for button in self.buttons.values():
            foot.addWidget(button)
        foot.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)
        self._asking.ask(calls.about(), self._begin, self._failed)

    @property
    def busy(self) -> bool:
        """Whether the server is being asked."""
        return self._asking.busy

    def refresh(self) -> None:
        """The first page of the state that is chosen."""
        self.patient.clear()
        self._listed = []
        self._asking.ask(calls.page(state=self.state.currentData()), self._take, self._failed)

    def more(self) -> None:
        """The next page."""
        if self._next_after is not None:
            call = calls.page(state=self.state.currentData(), after=self._next_after)
            self._asking.ask(call, self._take, self._failed)

    def find_patient(self) -> None:
        """The reports of the patient whose number was typed."""
        number = self.patient.text().strip()
        if not number:
            self.refresh()
            return
        self._listed = []
        self._asking.ask(
            calls.of_patient(mrn=number), lambda found: self._take(Page(reports=found, next_after=None)), self._failed
        )

    def open_chosen(self) -> None:
        """Review the report that is chosen."""
        cell = self.table.item(self.table.currentRow(), 0)
        if cell is not None:
            self.report_wanted.emit(str(cell.data(_ID)))

    def shown(self) -> list[str]:
        """Ids in the order shown."""
        cells = (self.table.item(row, 0) for row in range(self.table.rowCount()))
        return [str(cell.data(_ID)) for cell in cells if cell is not None]

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's own
        """Ask nothing more."""
        self._asking.close()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Ask nothing more."""
        self._asking.close()
        super().done(result)

    def _begin(self, about: About) -> None:
        if "attending" in about.roles:
            self.state.blockSignals(True)  # noqa: FBT003 - Qt's own
            self.state.setCurrentIndex(self.state.findData(ReportState.PENDING_SIGNATURE))
            self.state.blockSignals(False)  # noqa: FBT003 - Qt's own
        self.refresh()

    def _take(self, page: Page) -> None:
        self._listed += page.reports
        self._next_after = page.next_after
        review = Phrases("review", self._interface.language)
        self.table.setRowCount(len(self._listed))
        for row, report in enumerate(self._listed):
            cells = (
                f"{report.changed_at.astimezone():%Y-%m-%d %H:%M}",
                self._forms.form(report.template).labels.of(self._interface.language),
                review(f"state_{report.state.value}"),
                report.author,
            )
            for column, cell in enumerate(cells):
                made = QTableWidgetItem(cell)
                made.setData(_ID, report.id)
                self.table.setItem(row, column, made)
        if self._listed and self.table.currentRow() < 0:
            self.table.selectRow(0)
        self.buttons["more"].setEnabled(self._next_after is not None)
        self.buttons["open"].setEnabled(bool(self._listed))
        self.said.setText(self._phrases("found" if self._listed else "none", count=len(self._listed)))
        self.said.setProperty("severity", "")
        self.said.style().polish(self.said)

    def _failed(self, error: WardscribeError) -> None:
        self.said.setText(told(error, self._interface.language, server=self._server))
        self.said.setProperty("severity", "error")
        self.said.style().polish(self.said)

    def _button(self, key: str, keys: str) -> QPushButton:
        button = QPushButton(self._phrases(key))
        button.setAccessibleName(self._phrases(key))
        button.setToolTip(f"{self._phrases(key)} ({keys})")
        button.setShortcut(QKeySequence(keys))
        button.setAutoDefault(False)
        return button
