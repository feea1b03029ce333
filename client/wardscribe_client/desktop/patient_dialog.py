"""Who a dictation is about and what was ordered, typed by hand where no calling system says it."""

from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from wardscribe_client.desktop.interface import Interface
from wardscribe_protocol.messages import Context, OrderContext, PatientContext

_LONGEST = 512
_MOST_WORDS = 64


class PatientDialog(QDialog):
    """Every field may stay empty."""

    def __init__(self, interface: Interface, context: Context | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._interface = interface
        text = interface.text
        self.setWindowTitle(text("patient.title"))
        self.setMinimumWidth(380)
        self.name, self.age, self.mrn = QLineEdit(), QLineEdit(), QLineEdit()
        self.accession, self.procedure, self.glossary = QLineEdit(), QLineEdit(), QLineEdit()
        self.sex = QComboBox()
        for code, key in ((None, "patient.unknown"), ("female", "header.female"), ("male", "header.male")):
            self.sex.addItem(text(key), code)
        self._problem = QLabel()
        self._problem.setObjectName("check")
        self._problem.setProperty("severity", "error")
        self._problem.hide()
        form = QFormLayout()
        for name in ("name", "age", "sex", "mrn", "accession", "procedure", "glossary"):
            widget: QWidget = getattr(self, name)
            form.addRow(text(f"patient.{name}"), widget)
            widget.setAccessibleName(text(f"patient.{name}").replace("&", ""))
            if isinstance(widget, QLineEdit):
                widget.setMaxLength(_LONGEST)
        buttons = QDialogButtonBox()
        save = buttons.addButton(text("patient.save"), QDialogButtonBox.ButtonRole.AcceptRole)
        save.setObjectName("primary")
        cancel = buttons.addButton(text("patient.cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        for button, key in ((save, "save"), (cancel, "cancel")):
            button.setAccessibleName(text(f"patient.{key}"))
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self._problem)
        layout.addWidget(buttons)
        self._show(context)

    def context(self) -> Context | None:
        """What was typed; None for nothing."""
        patient = PatientContext(
            name=self.name.text().strip() or None,
            age_years=float(self.age.text()) if self.age.text().strip() else None,
            sex=self.sex.currentData(),
            mrn=self.mrn.text().strip() or None,
        )
        order = OrderContext(
            accession=self.accession.text().strip() or None, procedure=self.procedure.text().strip() or None
        )
        words = [word.strip() for word in self.glossary.text().replace("，", ",").split(",")]
        glossary = tuple(word for word in words if word)[:_MOST_WORDS]
        if patient == PatientContext() and order == OrderContext() and not glossary:
            return None
        return Context(
            patient=patient if patient != PatientContext() else None,
            order=order if order != OrderContext() else None,
            glossary=glossary,
        )

    def _show(self, context: Context | None) -> None:
        if context is None:
            return
        if context.patient is not None:
            self.name.setText(context.patient.name or "")
            self.age.setText(f"{context.patient.age_years:g}" if context.patient.age_years is not None else "")
            self.sex.setCurrentIndex(max(0, self.sex.findData(context.patient.sex)))
            self.mrn.setText(context.patient.mrn or "")
        if context.order is not None:
            self.accession.setText(context.order.accession or "")
            self.procedure.setText(context.order.procedure or "")
        self.glossary.setText(", ".join(context.glossary))

    def _accept(self) -> None:
        try:
            age = float(self.age.text()) if self.age.text().strip() else 0.0
        except ValueError:
            age = -1.0
        if not 0 <= age <= 150:
            self._problem.setText(self._interface.text("patient.bad_age"))
            self._problem.show()
            self.age.setFocus()
            return
        self.accept()
