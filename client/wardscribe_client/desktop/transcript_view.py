"""The transcript as it grows: preview grey, standing words, written text, corrections with what was heard.

Draws passages and changes only the end of the document from the first passage that is another one. Decides nothing.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.live_record import Passage
from wardscribe_client.desktop.runs import Run, RunKind
from wardscribe_protocol.record import Language

_HEARD: Final = QTextCharFormat.Property.UserProperty + 1
_LINE_HEIGHT: Final = 135.0


class TranscriptView(QTextEdit):
    """Read only; the text can be selected and copied."""

    noted = Signal(str)  # what is to be said of the word under the cursor; empty for nothing
    play_asked = Signal(int, int)  # milliseconds

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transcript")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(14)
        self.document().setUndoRedoEnabled(False)
        self._interface = interface
        self._joint = " "
        self._drawn: list[Passage] = []
        self._starts: list[int] = []
        self.drawn_passages = 0  # how many were drawn in all: what did not change is not drawn again
        self.cursorPositionChanged.connect(self._note_here)
        self.retranslate()

    def use_language(self, language: Language) -> None:
        """The language of what is dictated."""
        self._joint = "" if language is Language.ZH else " "

    def retranslate(self) -> None:
        """Language or theme has changed."""
        self.setAccessibleName(self._interface.text("transcript.name"))
        passages, self._drawn = self._drawn, []
        self.show_passages(passages)

    def show_passages(self, passages: Sequence[Passage]) -> None:
        """Show exactly these."""
        same = 0
        while same < min(len(passages), len(self._drawn)) and passages[same] is self._drawn[same]:
            same += 1
        if same == len(passages) == len(self._drawn):
            return
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        self._redraw(passages, same)
        if at_end:
            bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Who saw the end sees it still."""
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        super().resizeEvent(event)
        if at_end:
            bar.setValue(bar.maximum())

    def passage_here(self) -> Passage | None:
        """The passage under the text cursor."""
        at = self.textCursor().position()
        here = [index for index, start in enumerate(self._starts) if start <= at]
        return self._drawn[here[-1]] if here else None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Play the sentence."""
        super().mouseDoubleClickEvent(event)
        self.play_here()

    def play_here(self) -> None:
        """Ask for the sound of the passage under the cursor."""
        passage = self.passage_here()
        if passage is not None and passage.audio_ms is not None:
            self.play_asked.emit(*passage.audio_ms)

    def _redraw(self, passages: Sequence[Passage], same: int) -> None:
        kept = self.textCursor()
        position, anchor = kept.position(), kept.anchor()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setPosition(self._starts[same] if same < len(self._starts) else self._end())
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        if not same:
            block = cursor.blockFormat()
            block.setLineHeight(_LINE_HEIGHT, 1)
            cursor.setBlockFormat(block)
        self._starts = self._starts[:same]
        self._drawn = list(passages)
        for passage in passages[same:]:
            self._starts.append(cursor.position())
            self._draw(cursor, passage)
        cursor.endEditBlock()
        end = self._end()
        kept.setPosition(min(anchor, end))
        kept.setPosition(min(position, end), QTextCursor.MoveMode.KeepAnchor)
        if kept.hasSelection() or self.hasFocus():
            self.setTextCursor(kept)

    def _end(self) -> int:
        return self.document().characterCount() - 1

    def _draw(self, cursor: QTextCursor, passage: Passage) -> None:
        self.drawn_passages += 1
        if cursor.position() and passage.runs and not passage.text.startswith("\n"):
            cursor.insertText(self._joint, QTextCharFormat())
        for run in passage.runs:
            cursor.insertText(run.text, self._format(run, passage))

    def _format(self, run: Run, passage: Passage) -> QTextCharFormat:
        made = QTextCharFormat()
        interface = self._interface
        notes: list[str] = []
        made.setForeground(interface.colour("tail" if run.kind is RunKind.TAIL else "text"))
        if run.kind is RunKind.COMMITTED:
            made.setForeground(interface.colour("muted"))
        if run.kind is RunKind.COMMAND:
            made.setForeground(interface.colour("accent"))
            made.setBackground(interface.colour("accent_soft"))
            made.setFontItalic(True)
            made.setFontWeight(QFont.Weight.Medium)
            notes.append(interface.text("transcript.command", said=run.text))
        if run.doubtful:
            made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            made.setUnderlineColor(interface.colour("doubtful"))
            notes.append(interface.text("transcript.doubtful"))
        if run.heard is not None:
            made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
            made.setUnderlineColor(interface.colour("corrected"))
            heard = run.heard or interface.text("transcript.left_out")
            notes.insert(0, interface.text("transcript.heard", heard=heard))
        elif passage.unplaced and run.kind is RunKind.FINAL:
            heard = "; ".join(one.heard for one in passage.unplaced if one.heard)
            if heard:
                notes.append(interface.text("transcript.heard_here", heard=heard))
        if notes:
            made.setToolTip("\n".join(notes))
            made.setProperty(_HEARD, " · ".join(notes))
        return made

    def _note_here(self) -> None:
        """What a mouse reads in a tooltip, whoever moves by keys reads below the text."""
        said = self.textCursor().charFormat().property(_HEARD) if self.hasFocus() else None
        self.noted.emit(said if isinstance(said, str) else "")
