"""Two versions of a report beside each other, differences marked, and below them which values changed.

What went is struck through, what came is underlined: the marks are not told by colour alone.
"""

from collections.abc import Sequence
from html import escape

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.review.comparing import Pair, Side, side_by_side
from wardscribe_client.desktop.review.desk import ReviewDesk
from wardscribe_client.desktop.review.words import value_place
from wardscribe_client.desktop.wording import Wording
from wardscribe_client.report_values import ValueChange, VersionHead


class CompareDialog(QDialog):
    """The two newest versions at first; any two can be chosen."""

    def __init__(self, interface: Interface, desk: ReviewDesk, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert desk.reviewed is not None, "a report is read before its versions are compared"
        self._interface, self._desk, self._wording = interface, desk, wording
        self._phrases = say = Phrases("review", interface.language)
        self._versions = desk.reviewed.versions
        self.setWindowTitle(say("compare_title"))
        self.resize(980, 640)
        self._choosers = [self._chooser(say("older")), self._chooser(say("newer"))]
        self._texts = [self._browser(say("older")), self._browser(say("newer"))]
        for here, other in (self._texts, self._texts[::-1]):
            here.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)
        self._values = QTableWidget(0, 3)
        self._values.setAccessibleName(say("changed_values"))
        self._values.setHorizontalHeaderLabels([say("field"), say("before"), say("after")])
        self._values.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._values.verticalHeader().hide()
        header = self._values.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._said = QLabel()
        close = QPushButton(say("close"))
        close.setShortcut(QKeySequence("Esc"))
        close.clicked.connect(self.accept)
        heads, texts = QHBoxLayout(), QHBoxLayout()
        for chooser, text in zip(self._choosers, self._texts, strict=True):
            heads.addWidget(chooser)
            texts.addWidget(text)
        foot = QHBoxLayout()
        foot.addWidget(self._said, 1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(heads)
        layout.addLayout(texts, 3)
        layout.addWidget(self._values, 1)
        layout.addLayout(foot)
        old, new = self._choosers
        old.setCurrentIndex(max(0, len(self._versions) - 2))
        new.setCurrentIndex(len(self._versions) - 1)
        for chooser in self._choosers:
            chooser.currentIndexChanged.connect(self._compare)
        self._compare()

    def shown(self) -> tuple[str, str]:
        """Both texts as they are read."""
        return self._texts[0].toPlainText(), self._texts[1].toPlainText()

    def changed_values(self) -> list[tuple[str, str, str]]:
        """Field, before and after of every value that differs."""
        rows = range(self._values.rowCount())
        cells = [[self._values.item(row, column) for column in range(3)] for row in rows]
        return [
            (a.text(), b.text(), c.text()) for a, b, c in cells if a is not None and b is not None and c is not None
        ]

    def summary(self) -> str:
        """How much differs, in a line."""
        return self._said.text()

    def _compare(self) -> None:
        old, new = (self._versions[chooser.currentIndex()].number for chooser in self._choosers)
        self._said.setText(self._phrases("reading"))
        self._desk.versions_apart(old, new, self._show)

    def _show(self, old: str, new: str, changes: tuple[ValueChange, ...]) -> None:
        pairs = side_by_side(old, new)
        for text, html in zip(self._texts, self._pages(pairs), strict=True):
            text.setHtml(html)
        self._values.setRowCount(len(changes))
        for row, change in enumerate(changes):
            cells = (value_place(change.pointer, self._desk.form, self._wording), *self._told(change))
            for column, cell in enumerate(cells):
                self._values.setItem(row, column, QTableWidgetItem(cell))
        lines = sum(pair.differs for pair in pairs)
        say = self._phrases
        self._said.setText(
            say("no_difference") if not lines and not changes else say("differences", lines=lines, values=len(changes))
        )

    def _told(self, change: ValueChange) -> tuple[str, str]:
        before, after = (
            self._phrases("no_value") if value is None else self._wording.code(value)
            for value in (change.before, change.after)
        )
        return before, after

    def _pages(self, pairs: Sequence[Pair]) -> tuple[str, str]:
        gone = f"background-color: {self._interface.colour('error_soft').name()}; text-decoration: line-through;"
        come = f"background-color: {self._interface.colour('accent_soft').name()}; text-decoration: underline;"
        return (
            "".join(_line(pair.old, gone) for pair in pairs),
            "".join(_line(pair.new, come) for pair in pairs),
        )

    def _chooser(self, name: str) -> QComboBox:
        chooser = QComboBox()
        chooser.setAccessibleName(name)
        for head in self._versions:
            chooser.addItem(self._version(head))
        return chooser

    def _version(self, head: VersionHead) -> str:
        say = self._phrases
        at = (head.closed_at or head.opened_at).astimezone()
        return say(
            "version_line",
            number=head.number,
            state=say(f"state_{head.state.value}"),
            by=head.by,
            at=f"{at:%Y-%m-%d %H:%M}",
        )

    def _browser(self, name: str) -> QTextBrowser:
        browser = QTextBrowser()
        browser.setAccessibleName(name)
        browser.setTabChangesFocus(True)
        return browser


def _line(side: Side, style: str) -> str:
    if side.pieces is None:
        return '<p style="margin: 0;">&nbsp;</p>'
    said = "".join(
        f'<span style="{style}">{escape(piece.text)}</span>' if piece.differs else escape(piece.text)
        for piece in side.pieces
    )
    return f'<p style="margin: 0; white-space: pre-wrap;">{said or "&nbsp;"}</p>'
