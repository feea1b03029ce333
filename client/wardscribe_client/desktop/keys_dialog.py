"""The list of keys, as they are bound."""

from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.shortcuts import KEYS


class KeysDialog(QDialog):
    """Two columns: key, and what it does."""

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(interface.text("keys.title"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(5)
        half = (len(KEYS) + 1) // 2
        for at, each in enumerate(KEYS):
            name = QLabel(each.shown)
            name.setObjectName("keyCap")
            about = QLabel(interface.text(f"keys.{each.name}"))
            column = 2 * (at // half)
            grid.addWidget(name, at % half, column)
            grid.addWidget(about, at % half, column + 1)
        close = QPushButton(interface.text("keys.close"))
        close.setAccessibleName(interface.text("keys.close"))
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(14)
        layout.addLayout(grid)
        layout.addWidget(close)
