"""The top of the window: whose dictation it is, which report, which language, how the line to the server is."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from wardscribe_client.desktop.feed import Standing
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.icons import icon
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.dictation_events import Connection
from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE

_LATE_S: Final = 2.0  # less behind is how it works; more is worth a word
_UNSENT_S: Final = 2.0
_WIDEST: Final = 280


class HeaderBar(QFrame):
    """Shows context and connection; template and language are chosen here."""

    template_chosen = Signal(str)
    language_chosen = Signal(object)
    patient_asked = Signal()

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self._interface = interface
        self._forms = Forms()
        self._context: Context | None = None
        self._connection: Connection | None = None
        self._lag_s = self._unsent_s = 0.0
        self._build()
        self.retranslate()

    def _build(self) -> None:
        self.patient = QPushButton()
        self.patient.setObjectName("patient")
        self.patient.setFlat(True)
        self.patient.setCursor(Qt.CursorShape.PointingHandCursor)
        self.patient.clicked.connect(self.patient_asked)
        self._name, self._detail = QLabel(), QLabel()
        self._name.setObjectName("patientName")
        self._detail.setObjectName("patientDetail")
        inner = QHBoxLayout(self.patient)
        inner.setContentsMargins(8, 2, 8, 2)
        inner.setSpacing(8)
        self._face = QLabel()
        words = QVBoxLayout()
        words.setSpacing(0)
        for label in (self._name, self._detail):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            words.addWidget(label)
        inner.addWidget(self._face)
        inner.addLayout(words)
        self.patient.setMinimumSize(QSize(210, 42))
        self.template, self.language = QComboBox(), QComboBox()
        self.template.setMinimumWidth(150)
        self.template.activated.connect(lambda _: self.template_chosen.emit(self.template.currentData()))
        self.language.activated.connect(lambda _: self.language_chosen.emit(self.language.currentData()))
        self._link, self._lag = QLabel(), QLabel()
        self._link.setObjectName("linkText")
        self._lag.setObjectName("lagText")
        self.menu = QToolButton()
        self.menu.setObjectName("plain")
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 10, 6)
        row.setSpacing(8)
        row.addWidget(self.patient)
        row.addWidget(self.template)
        row.addWidget(self.language)
        row.addStretch(1)
        row.addWidget(self._lag)
        row.addWidget(self._link)
        row.addWidget(self.menu)

    # Shown

    def retranslate(self) -> None:
        """Language or theme has changed."""
        interface = self._interface
        grey = interface.colour("muted").name()
        self.menu.setIcon(icon("menu", grey))
        self._face.setPixmap(icon("patient", grey).pixmap(QSize(22, 22)))
        for widget, key in ((self.menu, "menu"), (self.template, "template"), (self.language, "language")):
            widget.setAccessibleName(interface.text(f"header.{key}"))
            widget.setToolTip(interface.text(f"header.{key}"))
        chosen = self.language.currentData()
        self.language.clear()
        for language in Language:
            self.language.addItem(interface.text(f"header.language_{language.value}"), language)
        self.language.setCurrentIndex(max(0, self.language.findData(chosen)))
        self.show_forms(self._forms, self.template.currentData())
        self.show_context(self._context)
        self._show_link()

    def show_forms(self, forms: Forms, chosen: str | None) -> None:
        """The templates that can be chosen."""
        self._forms = forms
        self.template.clear()
        for template in forms.templates.values():
            self.template.addItem(template.labels.of(self._interface.language), template.id)
        if chosen is not None and self.template.findData(chosen) < 0:
            self.template.addItem(forms.form(chosen).labels.of(self._interface.language), chosen)
        self.template.setCurrentIndex(max(0, self.template.findData(chosen)))

    def show_language(self, language: Language) -> None:
        """The language of the dictation."""
        self.language.setCurrentIndex(self.language.findData(language))

    def set_choosing(self, *, possible: bool) -> None:
        """Template and language belong to the whole dictation."""
        self.template.setEnabled(possible)
        self.language.setEnabled(possible)

    def show_context(self, context: Context | None) -> None:
        """Whose dictation it is."""
        self._context = context
        text = self._interface.text
        patient = context.patient if context is not None else None
        order = context.order if context is not None else None
        name = patient.name if patient is not None and patient.name else ""
        parts = []
        if patient is not None and patient.age_years is not None:
            parts.append(text("header.years", age=f"{patient.age_years:g}"))
        if patient is not None and patient.sex is not None:
            parts.append(text(f"header.{patient.sex}"))
        if patient is not None and patient.mrn:
            parts.append(text("header.mrn", mrn=patient.mrn))
        if order is not None and (order.procedure or order.accession):
            parts.append(order.procedure or text("header.order", accession=order.accession))
        said = name or (parts.pop(0) if parts else text("header.no_patient"))
        metrics = self._detail.fontMetrics()
        self._name.setText(self._name.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, _WIDEST))
        self._detail.setText(metrics.elidedText(",  ".join(parts), Qt.TextElideMode.ElideRight, _WIDEST))
        self._detail.setVisible(bool(parts))
        self.patient.setAccessibleName(f"{text('header.patient')}: {' · '.join([said, *parts])}")
        self.patient.setToolTip(" · ".join([said, *parts]))
        name_width = self._name.fontMetrics().horizontalAdvance(self._name.text())
        self.patient.setFixedWidth(max(130, name_width, metrics.horizontalAdvance(self._detail.text())) + 60)

    def show_standing(self, standing: Standing, lag_s: float) -> None:
        """How the line is, and how far the text is behind."""
        unsent = standing.spooled.unsent_samples / SAMPLE_RATE if standing.spooled is not None else 0.0
        if standing.connection is Connection.CONNECTED:
            unsent = 0.0
        shown = (standing.connection, round(lag_s, 1), round(unsent))
        if shown != (self._connection, round(self._lag_s, 1), round(self._unsent_s)):
            self._connection, self._lag_s, self._unsent_s = standing.connection, lag_s, unsent
            self._show_link()

    def _show_link(self) -> None:
        text = self._interface.text
        state = self._connection.value if self._connection is not None else "idle"
        said = text(f"header.{state}")
        self._link.setText(f"● {said}" if self._connection is not None else said)
        self._link.setAccessibleName(text("header.connection", state=said))
        self._link.setProperty("state", state)
        late = self._lag_s >= _LATE_S
        parts = []
        if self._unsent_s >= _UNSENT_S:
            parts.append(text("header.unsent", seconds=f"{self._unsent_s:.0f}"))
        if late:
            parts.append(text("header.lag", seconds=f"{self._lag_s:.0f}"))
        self._lag.setText(" · ".join(parts))
        self._lag.setProperty("late", "true" if late else "false")
        for label in (self._link, self._lag):
            label.style().unpolish(label)
            label.style().polish(label)
