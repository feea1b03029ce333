"""A page on paper or as PDF. Knows neither the report nor the server."""

import os
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize, QTextDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QWidget

_MARGIN_MM: Final = 18.0


def write_pdf(path: Path, html: str, *, title: str) -> None:
    """A PDF that only its owner may read."""
    path.touch(mode=0o600)
    printer = _printer(title)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(path))
    _document(html, printer).print_(printer)
    os.chmod(path, 0o600)  # noqa: PTH101 - the printer may have made it anew


def print_page(html: str, *, title: str, parent: QWidget) -> QPrintDialog:
    """Ask for a printer and print."""
    printer = _printer(title)
    dialog = QPrintDialog(printer, parent)
    dialog.accepted.connect(lambda: _document(html, printer).print_(printer))
    QDialog.open(dialog)  # its own `open` wants a receiver
    return dialog


def _printer(title: str) -> QPrinter:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setDocName(title)  # stands in the printer's queue for everybody to see: nothing of a patient
    printer.setCreator("Wardscribe")
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    printer.setPageLayout(QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins))
    return printer


def _document(html: str, printer: QPrinter) -> QTextDocument:
    document = QTextDocument()
    document.setHtml(html)
    document.setPageSize(printer.pageRect(QPrinter.Unit.Point).size())
    return document
