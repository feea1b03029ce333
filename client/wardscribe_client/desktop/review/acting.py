"""Acts of a review that ask a person something first: values, reasons, texts, files, a printer.

Owns the dialogs. Every dialog is shown without blocking, so that the window goes on and tests can reach it.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.review.compare_dialog import CompareDialog
from wardscribe_client.desktop.review.desk import ReviewDesk
from wardscribe_client.desktop.review.entry_shape import is_list, slots
from wardscribe_client.desktop.review.printed import Standing, page
from wardscribe_client.desktop.review.printing import Sheet, print_sheet, write_pdf
from wardscribe_client.desktop.review.reviewed import Reviewed
from wardscribe_client.desktop.review.signing import SignDialog, TextDialog
from wardscribe_client.desktop.review.timeline_dialog import TimelineDialog
from wardscribe_client.desktop.review.value_dialog import ValueDialog
from wardscribe_client.desktop.review.words import patient_line, value_place
from wardscribe_client.desktop.rows import Row
from wardscribe_client.desktop.wording import Wording
from wardscribe_client.owner_only import write_owner_only
from wardscribe_client.report_values import Act
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Severity

_SUFFIXES = {"json": ".json", "text": ".txt"}


class Acting(QObject):
    """Dialogs over one window."""

    said = Signal(str)  # what was done that the server knows nothing of
    report_wanted = Signal(str)

    def __init__(self, interface: Interface, desk: ReviewDesk, window: QWidget) -> None:
        super().__init__(window)
        self._interface, self._desk, self._window = interface, desk, window
        self._phrases = Phrases("review", interface.language)

    def edit(self, path: str, rows: Sequence[Row], wording: Wording) -> None:
        """Type a row's value anew; an empty field gets its first."""
        reviewed = self._known
        row = next((row for row in rows if row.path == path), None)
        if row is None:
            return
        if not row.leaves and is_list(reviewed.record.template, row.field):
            self.add(row.field, wording)
            return
        self._ask_value(path, wording, new=None if row.leaves else path, remove=path if row.leaves else None)

    def add(self, field: str, wording: Wording) -> None:
        """Another entry of a list, or the value of a field that is empty."""
        reviewed = self._known
        listed = reviewed.record.fields.get(field)
        if is_list(reviewed.record.template, field):
            at = len(listed) if isinstance(listed, list) else 0
            self._ask_value(f"/fields/{field}/{at}", wording, new=f"/fields/{field}/{at}", remove=None)
        elif listed is None:
            self._ask_value(f"/fields/{field}", wording, new=f"/fields/{field}", remove=None)
        else:
            self.said.emit(self._phrases("holds_one"))

    def sign(self, reviewed: Reviewed, *, what: str, unconfirmed: Sequence[str]) -> None:
        """Ask whether it is to be signed."""
        warnings = [check.message for check in reviewed.checks if check.severity is Severity.WARNING]
        about = self._desk.about
        dialog = SignDialog(
            self._interface,
            what=what,
            who=about.user if about is not None else "",
            unconfirmed=unconfirmed,
            warnings=warnings,
            parent=self._window,
        )
        dialog.accepted.connect(lambda: self._desk.sign(acknowledge_unconfirmed=dialog.acknowledged))
        dialog.open()

    def addend(self) -> None:
        """Ask for the text of an addendum."""
        say = self._phrases
        dialog = TextDialog(
            self._interface,
            title=say("addendum_title"),
            about=say("addendum_means"),
            do=say("addendum_now"),
            lines=True,
            parent=self._window,
        )
        dialog.accepted.connect(lambda: self._desk.addend(dialog.text))
        dialog.open()

    def reject(self) -> None:
        """Ask why it is given back."""
        say = self._phrases
        dialog = TextDialog(
            self._interface,
            title=say("reject_title"),
            about=say("reject_means"),
            do=say("reject"),
            lines=False,
            parent=self._window,
        )
        dialog.accepted.connect(lambda: self._desk.move(Act.REJECT, reason=dialog.text))
        dialog.open()

    def compare(self, wording: Wording) -> None:
        """Two versions beside each other."""
        if len(self._known.versions) > 1:
            CompareDialog(self._interface, self._desk, wording, self._window).open()

    def timeline(self, wording: Wording) -> None:
        """The patient over time."""
        number = self._known.patient_number
        if number is None:
            self.said.emit(self._phrases("no_number"))
            return
        dialog = TimelineDialog(self._interface, wording, self._desk.forms, parent=self._window)
        dialog.report_wanted.connect(self.report_wanted)
        self._desk.timeline(number, dialog.show_course)
        dialog.open()

    def export(self) -> None:
        """Ask for a place and a format; PDF is made here, the others are the server's."""
        about = self._desk.about
        forms = [*(about.formats if about is not None else ()), "pdf"]
        filters = {self._filter(form): form for form in forms}
        dialog = QFileDialog(self._window, self._phrases("export_title"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(filters))
        dialog.selectFile(f"report-{self._desk.report[:8]}")  # no name of a patient in a file's name
        dialog.fileSelected.connect(lambda path: self.export_to(Path(path), filters[dialog.selectedNameFilter()]))
        dialog.open()

    def export_to(self, path: Path, form: str) -> None:
        """Write one format to a file that only its owner may read."""
        target = path if path.suffix else path.with_suffix(_SUFFIXES.get(form, f".{form}"))
        if form == "pdf":
            try:
                write_pdf(target, self._sheet())
            except OSError as error:
                self.said.emit(Phrases("trouble", self._interface.language)("not_written", reason=error.strerror))
                return
            self._written(target)
            return

        def write(content: bytes) -> None:
            try:
                write_owner_only(target, content)
            except InputError as error:
                self.said.emit(error.message)
                return
            self._written(target)

        self._desk.export(form, write)

    def print_(self) -> None:
        """Ask for a printer."""
        print_sheet(self._sheet(), parent=self._window)

    def standing(self, reviewed: Reviewed, wording: Wording) -> Standing:
        """What stands above and below the text of a report."""
        say = self._phrases
        report, head = reviewed.opened.report, reviewed.opened.version.head
        signed = reviewed.is_signed
        at = (head.closed_at or head.opened_at).astimezone()
        state = say(f"state_{report.state.value}")
        facts = [say("page_version", number=head.number, state=state, report=report.id)]
        facts.append(say("page_signed" if signed else "page_author", by=head.by, at=f"{at:%Y-%m-%d %H:%M %Z}"))
        if head.sha256 is not None:
            facts.append(f"SHA-256 {head.sha256}")
        return Standing(
            title=say("title"),
            banner=None if signed else say("page_unsigned", state=state),
            patient=patient_line(reviewed.record, reviewed.opened.context, say, wording),
            facts=tuple(facts),
        )

    def _sheet(self) -> Sheet:
        wording = Wording(self._interface.language, self._desk.forms.words)
        font = self._window.font()
        families = ", ".join(f"'{family}'" for family in font.families()) or "sans-serif"
        standing = self.standing(self._known, wording)
        return Sheet(
            html=page(self._known.text, standing, font=families),
            running=" · ".join(filter(None, (standing.banner, standing.patient, standing.facts[0]))),
            title=self._phrases("title"),
            font=font,
        )

    def _written(self, path: Path) -> None:
        self.said.emit(self._phrases("written", path=path))

    def _filter(self, form: str) -> str:
        say = self._phrases
        name = say(f"format_{form}") if say.has(f"format_{form}") else form.upper()
        return f"{name} (*{_SUFFIXES.get(form, f'.{form}')})"

    def _ask_value(self, path: str, wording: Wording, *, new: str | None, remove: str | None) -> None:
        reviewed = self._known
        form = self._desk.form
        field = path.split("/")[2]
        dialog = ValueDialog(
            self._interface,
            wording,
            title=value_place(f"/fields/{field}" if new is not None else path, form, wording),
            slots=slots(reviewed.record.template, path, reviewed.record.fields, known=form.field(field)),
            new=new,
            remove=remove,
            asks_reason=reviewed.is_signed,
            parent=self._window,
        )

        def save() -> None:
            edits = dialog.edits()
            if edits:
                self._desk.edit(edits, reason=dialog.reason)

        dialog.accepted.connect(save)
        dialog.open()

    @property
    def _known(self) -> Reviewed:
        assert self._desk.reviewed is not None, "nothing is offered before the report was read"
        return self._desk.reviewed
