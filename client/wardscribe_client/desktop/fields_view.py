"""The form on the screen: sections and rows, updated where a row is another one, never built anew for a value.

Goes through rows by keys; what is done to a row is told by signals.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from wardscribe_client.desktop.form import TemplateForm
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.review.entry_shape import Slot, is_list, slots
from wardscribe_client.desktop.row_widget import RowWidget
from wardscribe_client.desktop.rows import Row, RowState, nested
from wardscribe_client.desktop.wording import Wording

_SECTION: Final = "§"


class FieldsView(QScrollArea):
    """All rows of one template."""

    play_asked = Signal(object)  # Row
    confirm_asked = Signal(str)
    changed = Signal(object)  # Mapping of pointers to values

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._interface = interface
        self._form = TemplateForm.unknown("")
        self._wording = Wording(interface.language)
        self._codes: Mapping[str, Mapping[str, str]] = {}
        self._rows: tuple[Row, ...] = ()
        self._widgets: dict[str, QWidget] = {}
        self._order: list[str] = []
        self._current: str | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._page = QWidget()
        self._layout = QVBoxLayout(self._page)
        self._layout.setContentsMargins(0, 0, 0, 8)
        self._layout.setSpacing(0)
        self._layout.addStretch(1)
        self.setWidget(self._page)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(0)
        self._settling.timeout.connect(self._settle)
        self._name()

    # Shown

    def use_form(self, form: TemplateForm, codes: Mapping[str, Mapping[str, str]]) -> None:
        """Another template, or its labels have come."""
        self._form, self._codes = form, codes
        self._wording = Wording(self._interface.language, codes)
        rows, self._rows = self._rows, ()
        self._clear()
        self.show_rows(rows)

    def retranslate(self) -> None:
        """Language or theme has changed."""
        self._name()
        self._wording = Wording(self._interface.language, self._codes)
        for key, widget in self._widgets.items():
            if isinstance(widget, RowWidget):
                widget.use_wording(self._wording)
            elif isinstance(widget, QLabel):
                widget.setText(self._section(key.removeprefix(_SECTION)).upper())
        self._settling.start()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show exactly these."""
        if rows is self._rows:
            return
        self._rows = tuple(rows)
        wanted: list[tuple[str, Row | None, bool]] = []
        section = field = None
        for row in self._rows:
            known = self._form.field(row.field)
            own = known.section if known is not None else row.field
            if own != section:
                section, field = own, None
                if self._has_heading(section, row):
                    wanted.append((f"{_SECTION}{section}", None, False))
            wanted.append((row.path, row, row.field != field or bool(row.item)))
            field = row.field
        self._arrange([key for key, _, _ in wanted])
        for key, shown, says_label in wanted:
            widget = self._widgets[key]
            if shown is not None and isinstance(widget, RowWidget):
                widget.show_row(shown, says_label=says_label)
        self._keep_current()
        self._settling.start()

    @property
    def updates(self) -> int:
        """How many rows were drawn anew in all."""
        return sum(widget.updates for widget in self._widgets.values() if isinstance(widget, RowWidget))

    def _settle(self) -> None:
        """Every row as high as its texts need; see `RowWidget.settle`."""
        for widget in self._widgets.values():
            if isinstance(widget, RowWidget):
                widget.settle()
        self._layout.invalidate()
        self._layout.activate()
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.LayoutRequest))

    def _arrange(self, keys: list[str]) -> None:
        if keys == self._order:
            return
        for gone in set(self._order) - set(keys):
            widget = self._widgets.pop(gone)
            self._forget(widget)
        for at, key in enumerate(keys):
            widget = self._widgets.get(key) or self._made(key)
            if self._layout.indexOf(widget) != at:
                self._layout.insertWidget(at, widget)
            widget.show()
        self._order = keys

    def _made(self, key: str) -> QWidget:
        if key.startswith(_SECTION):
            label = QLabel(self._section(key.removeprefix(_SECTION)).upper())
            label.setObjectName("section")
            widget: QWidget = label
        else:
            row = RowWidget(self._interface, wording=self._wording, form=self._form, parent=self._page)
            row.play_asked.connect(self.play_asked)
            row.confirm_asked.connect(lambda shown: self.confirm_asked.emit(shown.path))
            row.edit_asked.connect(self._edit)
            row.changed.connect(lambda _, changes: self.changed.emit(changes))
            row.gone_to.connect(lambda shown: self._go_to(shown.path))
            row.step_asked.connect(self.step)
            widget = row
        self._widgets[key] = widget
        return widget

    def _has_heading(self, section_id: str, first: Row) -> bool:
        """A section that holds one field of its own name needs none."""
        fields = [field for field in self._form.fields if field.section == section_id]
        return len(fields) != 1 or self._section(section_id) != self._wording.label(first, self._form)

    def _section(self, section_id: str) -> str:
        known = next((section for section in self._form.sections if section.id == section_id), None)
        return known.labels.of(self._interface.language) if known is not None else self._wording.key(section_id)

    def _clear(self) -> None:
        for widget in self._widgets.values():
            self._forget(widget)
        self._widgets, self._order = {}, []

    def _forget(self, widget: QWidget) -> None:
        self._layout.removeWidget(widget)
        widget.hide()
        widget.setParent(None)
        widget.deleteLater()

    def _name(self) -> None:
        self.setAccessibleName(self._interface.text("row.fields_name"))
        self._page.setAccessibleName(self._interface.text("row.fields_name"))

    # Gone through

    @property
    def current(self) -> RowWidget | None:
        """The row that keys act on."""
        widget = self._widgets.get(self._current or "")
        return widget if isinstance(widget, RowWidget) else None

    def take_focus(self) -> None:
        """The keys go to the current row."""
        if self.current is None and self._rows:
            self._go_to(self._rows[0].path)
        if self.current is not None:
            self.current.setFocus(Qt.FocusReason.TabFocusReason)

    def step(self, by: int) -> None:
        """To a neighbouring row."""
        paths = [row.path for row in self._rows]
        if paths:
            at = paths.index(self._current) + by if self._current in paths else 0
            self._go_to(paths[max(0, min(at, len(paths) - 1))])
            self.take_focus()

    def to_unconfirmed(self) -> bool:
        """To the next row that waits for a person; whether there is one."""
        paths = [row.path for row in self._rows]
        at = paths.index(self._current) + 1 if self._current in paths else 0
        for row in (*self._rows[at:], *self._rows[:at]):
            if row.state is RowState.PROPOSED:
                self._go_to(row.path)
                self.take_focus()
                return True
        return False

    def _go_to(self, path: str) -> None:
        if path != self._current:
            if self.current is not None:
                self.current.set_current(current=False)
            self._current = path
        if self.current is not None:
            self.current.set_current(current=True)
            self._settling.start()
            self.ensureWidgetVisible(self.current, 0, 24)

    def _keep_current(self) -> None:
        if self.current is None and self._rows:
            self._current = self._rows[0].path
        if self.current is not None:
            self.current.set_current(current=True)

    # Done

    def act(self, name: str) -> None:
        """Play, confirm or edit the current row."""
        if self.current is not None:
            self.current.act(name)

    def confirm_all(self) -> None:
        """All that the machine proposes."""
        for row in self._rows:
            if row.state is RowState.PROPOSED:
                self.confirm_asked.emit(row.path)

    def add(self) -> None:
        """Another entry of the current row's field, typed by hand."""
        if self.current is None or not is_list(self._form.id, self.current.row.field):
            return
        field = self.current.row.field
        root = f"/fields/{field}"
        used = [int(row.path.split("/")[3]) for row in self._rows if row.field == field and row.leaves]
        self._edit_at(f"{root}/{max(used, default=-1) + 1}")

    def _edit(self, row: Row) -> None:
        self._go_to(row.path)
        if not row.leaves and is_list(self._form.id, row.field):
            self._edit_at(f"{row.path}/0")
        else:
            self._edit_at(row.path)

    def _edit_at(self, path: str) -> None:
        widget = self.current
        if widget is not None:
            widget.edit(self._slots(path))
            self.ensureWidgetVisible(widget, 0, 24)

    def _slots(self, path: str) -> tuple[Slot, ...]:
        known = self._form.field(path.split("/")[2])
        fields = nested([leaf for row in self._rows for leaf in row.leaves])
        return slots(self._form.id, path, fields, known=known)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows are the rows'."""
        event.ignore()
