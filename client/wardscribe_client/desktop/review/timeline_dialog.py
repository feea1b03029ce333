"""A patient over time, as the signed reports say. Shows; draws no conclusion."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.review.course import groups
from wardscribe_client.desktop.wording import Wording
from wardscribe_client.timeline_values import Timeline

_REPORT: Final = Qt.ItemDataRole.UserRole


class TimelineDialog(QDialog):
    """Enter on a line opens the report that says it."""

    report_wanted = Signal(str)

    def __init__(self, interface: Interface, wording: Wording, forms: Forms, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phrases = say = Phrases("timeline", interface.language)
        self._wording, self._forms = wording, forms
        self.setWindowTitle(say("title"))
        self.resize(820, 560)
        self._tree = QTreeWidget()
        self._tree.setAccessibleName(say("title"))
        self._tree.setHeaderLabels([say("what"), say("when"), say("value"), say("note")])
        self._tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._tree.itemActivated.connect(self._open)
        self._said = QLabel(say("reading"))
        self._said.setWordWrap(True)
        close = QPushButton(say("close"))
        close.setShortcut(QKeySequence("Esc"))
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(self._said, 1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self._tree, 1)
        layout.addLayout(foot)

    def show_course(self, timeline: Timeline) -> None:
        """All of it."""
        found = groups(timeline, self._phrases, self._wording)
        self._tree.clear()
        for group in found:
            top = QTreeWidgetItem(self._tree, [group.title])
            for course in group.courses:
                one = QTreeWidgetItem(top, [course.name, "", course.summary, ""])
                for line in course.lines:
                    entry = QTreeWidgetItem(one, ["", line.when, line.what, line.note])
                    entry.setData(0, _REPORT, line.source.report)
        self._tree.expandAll()
        self._said.setText(self._phrases("about" if found else "nothing"))

    def shown(self) -> list[list[str]]:
        """Every line of the tree, in order."""
        lines = []
        waiting = [self._tree.topLevelItem(at) for at in range(self._tree.topLevelItemCount())]
        while waiting:
            item = waiting.pop(0)
            if item is not None:
                lines.append([item.text(column) for column in range(4)])
                waiting = [*(item.child(at) for at in range(item.childCount())), *waiting]
        return lines

    def _open(self, item: QTreeWidgetItem) -> None:
        report = item.data(0, _REPORT)
        if report:
            self.report_wanted.emit(str(report))
