"""Dictations that are on this machine only: go on with one, send it as it is, or delete it after asking.

Shown at the start when there are any, and as the queue of notes that were taken without a network.
"""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.trouble import told
from wardscribe_client.desktop.uploading import Upload, Uploader, UploadStep
from wardscribe_client.spool import Spool, SpoolItem, Standing
from wardscribe_protocol.errors import InputError

_ID: Final = Qt.ItemDataRole.UserRole
_COLUMNS: Final = ("begun", "template", "patient", "length", "standing")


class UnsentDialog(QDialog):
    """All that waits, oldest first."""

    resume_wanted = Signal(str)  # a dictation to go on with
    sent = Signal(str, str)  # dictation and session

    def __init__(
        self,
        interface: Interface,
        spool: Spool,
        uploader: Uploader,
        *,
        forms: Forms,
        server: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._interface, self._spool, self._uploader, self._forms = interface, spool, uploader, forms
        self._server = server
        self._phrases = say = Phrases("unsent", interface.language)
        self._items: dict[str, SpoolItem] = {}
        self._steps: dict[str, Upload] = {}
        self.setWindowTitle(say("title"))
        self.resize(820, 420)
        self._about = QLabel(say("about"))
        self._about.setWordWrap(True)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setHorizontalHeaderLabels([say(key) for key in _COLUMNS])
        self.table.setAccessibleName(say("title"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._offer)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setObjectName("hint")
        self.buttons = {
            "resume": self._button("resume", "Ctrl+Return", self.resume),
            "upload": self._button("upload", "Ctrl+U", self.upload),
            "upload_all": self._button("upload_all", "Ctrl+Shift+U", self.upload_all),
            "delete": self._button("delete", "Ctrl+Del", self.ask_delete),
            "close": self._button("close", "Esc", self.reject),
        }
        row = QHBoxLayout()
        for key, button in self.buttons.items():
            row.addWidget(button)
            if key == "delete":
                row.addStretch()
        layout = QVBoxLayout(self)
        layout.addWidget(self._about)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.said)
        layout.addLayout(row)
        uploader.told.connect(self._told)
        self.refresh()

    def refresh(self) -> None:
        """Look what is there now; what was sent stays in the list until it is closed."""
        kept = {item.id: item for item in self._spool.items() if _waits(item)}
        gone = {id_: item for id_, item in self._items.items() if id_ in self._steps and id_ not in kept}
        chosen = self.chosen
        self._items = dict(sorted((gone | kept).items()))
        self.table.setRowCount(len(self._items))
        for row, item in enumerate(self._items.values()):
            for column, cell in enumerate(self._cells(item)):
                made = QTableWidgetItem(cell)
                made.setData(_ID, item.id)
                self.table.setItem(row, column, made)
        for row, id_ in enumerate(self._items):
            if id_ in chosen or (not chosen and row == 0):
                self.table.selectRow(row)
        self._about.setText(self._phrases("about" if self._items else "none"))
        self._offer()

    @property
    def chosen(self) -> list[str]:
        """The dictations that are chosen, oldest first."""
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        cells = (self.table.item(row, 0) for row in rows)
        return [str(cell.data(_ID)) for cell in cells if cell is not None]

    def shown(self) -> list[list[str]]:
        """What each row says."""
        rows = range(self.table.rowCount())
        return [
            [cell.text() for column in range(len(_COLUMNS)) if (cell := self.table.item(row, column))] for row in rows
        ]

    def resume(self) -> None:
        """Go on with the one that is chosen, in the live window."""
        if len(self.chosen) == 1:
            self.resume_wanted.emit(self.chosen[0])
            self.accept()

    def upload(self) -> None:
        """Send what is chosen as it is."""
        self._uploader.send([id_ for id_ in self.chosen if self._sendable(id_)])

    def upload_all(self) -> None:
        """Send everything as it is."""
        self._uploader.send([id_ for id_ in self._items if self._sendable(id_)])

    def ask_delete(self) -> QMessageBox | None:
        """Ask before anything is lost."""
        chosen = [id_ for id_ in self.chosen if self._deletable(id_)]
        if not chosen:
            return None
        say = self._phrases
        box = QMessageBox(
            QMessageBox.Icon.Warning, say("delete_title"), say("delete_ask", count=len(chosen)), parent=self
        )
        do = box.addButton(say("delete_now"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(say("keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        do.clicked.connect(lambda: self._delete(chosen))
        box.open()
        return box

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's own
        """What is being sent goes on."""
        self._uploader.told.disconnect(self._told)
        super().closeEvent(event)

    def _delete(self, chosen: list[str]) -> None:
        for id_ in chosen:
            try:
                self._spool.discard(id_)
            except InputError as error:
                self._say(error.message, wrong=True)
                return
        self._say(self._phrases("deleted", count=len(chosen)))
        self.refresh()

    def _told(self, upload: Upload) -> None:
        self._steps[upload.id] = upload
        say = self._phrases
        match upload.step:
            case UploadStep.SENT:
                self._say(say("sent"))
                self.sent.emit(upload.id, upload.session or "")
            case UploadStep.FAILED if upload.error is not None:
                self._say(told(upload.error, self._interface.language, server=self._server), wrong=True)
        self.refresh()

    def _offer(self) -> None:
        chosen = self.chosen
        one = self._items.get(chosen[0]) if len(chosen) == 1 else None
        self.buttons["resume"].setEnabled(
            one is not None and one.standing is Standing.OPEN and one.id not in self._underway()
        )
        self.buttons["upload"].setEnabled(any(self._sendable(id_) for id_ in chosen))
        self.buttons["upload_all"].setEnabled(any(self._sendable(id_) for id_ in self._items))
        self.buttons["delete"].setEnabled(any(self._deletable(id_) for id_ in chosen))

    def _underway(self) -> set[str]:
        going = (UploadStep.WAITING, UploadStep.SENDING)
        return {upload.id for upload in self._steps.values() if upload.step in going}

    def _sendable(self, id_: str) -> bool:
        return self._items[id_].unsent and id_ not in self._underway()

    def _deletable(self, id_: str) -> bool:
        return self._items[id_].unsent and id_ not in self._underway()

    def _cells(self, item: SpoolItem) -> tuple[str, ...]:
        say, start = self._phrases, item.start
        begun = f"{item.begun_at.astimezone():%Y-%m-%d %H:%M}" if item.begun_at is not None else "?"
        template = self._forms.form(start.template).labels.of(self._interface.language) if start is not None else ""
        patient = start.context.patient if start is not None and start.context is not None else None
        who = " · ".join(filter(None, (patient.name, patient.mrn))) if patient is not None else say("no_patient")
        minutes, seconds = divmod(round(item.seconds), 60)
        return begun, template, who, f"{minutes}:{seconds:02d}", self._standing(item)

    def _standing(self, item: SpoolItem) -> str:
        say = self._phrases
        upload = self._steps.get(item.id)
        if upload is not None:
            return say(f"step_{upload.step.value}")
        said = say(f"standing_{item.standing.value}")
        damaged = round(item.damaged_seconds)
        return said + (say("damaged", seconds=damaged) if damaged else "")

    def _say(self, what: str, *, wrong: bool = False) -> None:
        self.said.setText(what)
        self.said.setProperty("severity", "error" if wrong else "")
        self.said.style().polish(self.said)

    def _button(self, key: str, keys: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(self._phrases(key))
        button.setAccessibleName(self._phrases(key))
        button.setToolTip(f"{self._phrases(f'{key}_about')} ({keys})")
        button.setShortcut(QKeySequence(keys))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button


def _waits(item: SpoolItem) -> bool:
    return item.unsent or item.standing in (Standing.IN_USE, Standing.UNREADABLE)
