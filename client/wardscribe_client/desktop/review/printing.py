"""A report on paper or as PDF, each page with what it belongs to and its number. Knows nothing of the server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QTextDocument,
)
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QWidget

_MARGIN_MM: Final = 18.0
_DOTS_PER_INCH: Final = 96.0  # of the page as it is laid out; the painter is scaled to the printer's
_LINE: Final = 26.0  # above and below the text, for what stands on every page
_SMALL: Final = 11


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed: `running` stands on every page, `title` in the printer's queue for everybody to see."""

    html: str
    running: str
    title: str
    font: QFont


def write_pdf(path: Path, sheet: Sheet) -> None:
    """A PDF that only its owner may read.

    Raises: OSError.
    """
    path.touch(mode=0o600)
    path.chmod(0o600)
    printer = _printer(sheet.title)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(path))
    paint(printer, sheet)


def print_sheet(sheet: Sheet, *, parent: QWidget) -> QPrintDialog:
    """Ask for a printer and print."""
    printer = _printer(sheet.title)
    dialog = QPrintDialog(printer, parent)
    dialog.accepted.connect(lambda: paint(printer, sheet))
    QDialog.open(dialog)  # its own `open` wants a receiver
    return dialog


def paint(printer: QPrinter, sheet: Sheet) -> int:
    """Paint every page; how many there are."""
    scale = printer.resolution() / _DOTS_PER_INCH
    whole = printer.pageRect(QPrinter.Unit.DevicePixel)
    width, height = whole.width() / scale, whole.height() / scale
    body = QSizeF(width, height - 2 * _LINE)
    document = QTextDocument()
    document.setDefaultFont(sheet.font)
    document.setDocumentMargin(0)
    document.setHtml(sheet.html)
    document.setPageSize(body)
    small = QFont(sheet.font)
    small.setPixelSize(_SMALL)  # points would be scaled twice
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette.setColor(QPalette.ColorRole.Text, Qt.GlobalColor.black)  # whatever the window's theme is
    painter = QPainter(printer)
    painter.scale(scale, scale)
    for number in range(document.pageCount()):
        if number:
            printer.newPage()
        painter.save()
        painter.translate(0, _LINE - number * body.height())
        context.clip = QRectF(0, number * body.height(), width, body.height())
        painter.setClipRect(context.clip)
        document.documentLayout().draw(painter, context)
        painter.restore()
        painter.setFont(small)
        painter.setPen(Qt.GlobalColor.black)
        above = QRectF(0, 0, width, _LINE)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, sheet.running)
        below = QRectF(0, height - _LINE, width, _LINE)
        page = f"{number + 1} / {document.pageCount()}"
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, page)
    painter.end()
    return document.pageCount()


def _printer(title: str) -> QPrinter:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setDocName(title)
    printer.setCreator("Wardscribe")
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    size = QPageSize(QPageSize.PageSizeId.A4)
    upright = QPageLayout.Orientation.Portrait
    printer.setPageLayout(QPageLayout(size, upright, margins, QPageLayout.Unit.Millimeter))
    return printer
