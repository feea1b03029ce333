"""Where the server is and how this device is let in: address, pairing code or token, and a test of the connection.

Asks and tries; keeps nothing. Whoever shows it keeps what it found.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client import report_calls as calls
from wardscribe_client.address import ServerAddress, server_address
from wardscribe_client.credentials import Credentials
from wardscribe_client.desktop.asking import Background
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.trouble import told
from wardscribe_client.pairing import pair
from wardscribe_client.report_values import About
from wardscribe_client.reports import Reports
from wardscribe_client.token_store import access_token
from wardscribe_protocol.errors import ErrorCode, InputError, WardscribeError

_TOKEN_BEGINS = "wst_"  # noqa: S105 - how the server's own tokens begin, no secret
_CODE_CHARACTERS = 16  # a pairing code has eight and a dash; anything much longer is a token


@dataclass(frozen=True, slots=True)
class Connected:
    """A server that lets this device in. `token` None: it asks for none."""

    server: ServerAddress
    token: SecretStr | None
    ca: Path | None
    allow_plain: bool
    about: About


class ServerForm(QWidget):
    """`known` is the token that is kept already: used where nothing new is typed."""

    connected = Signal(object)  # Connected
    trying_changed = Signal(bool)

    def __init__(
        self,
        interface: Interface,
        *,
        server: str = "",
        ca: Path | None = None,
        allow_plain: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._interface = interface
        self._background = Background(self)
        self._background.changed.connect(self._tried)
        self.known: SecretStr | None = None
        self._before = server
        self.address, self.code, self.ca = QLineEdit(server), QLineEdit(), QLineEdit(str(ca or ""))
        self.code.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
        self.choose = QPushButton()
        self.choose.clicked.connect(self._choose_ca)
        self.plain = QCheckBox()
        self.plain.setChecked(allow_plain)
        self.go = QPushButton()
        self.go.setObjectName("primary")
        self.go.clicked.connect(self.connect_now)
        self.address.returnPressed.connect(self.connect_now)
        self.code.returnPressed.connect(self.connect_now)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setObjectName("hint")
        self._labels = [QLabel() for _ in range(3)]
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        beside = QHBoxLayout()
        beside.addWidget(self.ca, 1)
        beside.addWidget(self.choose)
        form.addRow(self._labels[0], self.address)
        form.addRow(self._labels[1], self.code)
        form.addRow(self._labels[2], beside)
        for label, line in zip(self._labels, (self.address, self.code, self.ca), strict=True):
            label.setBuddy(line)
        form.addRow("", self.plain)
        below = QHBoxLayout()
        below.addWidget(self.go)
        below.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addLayout(below)
        self.retranslate()

    def retranslate(self) -> None:
        """The language has changed."""
        say = self._phrases
        lines = (self.address, self.code, self.ca)
        for key, label, line in zip(("address", "code", "ca"), self._labels, lines, strict=True):
            label.setText(say(key))
            line.setAccessibleName(say(f"{key}_name"))
            line.setPlaceholderText(say(f"{key}_example"))
        for key, button in (("choose", self.choose), ("plain", self.plain), ("connect", self.go)):
            button.setText(say(key))
            button.setAccessibleName(say(f"{key}_name"))
        self.plain.setToolTip(say("plain_about"))

    def connect_now(self) -> None:
        """Try what was typed: the server is asked who this device is to it."""
        if self._background.busy:
            return
        try:
            server = server_address(self.address.text())
        except InputError:
            self._say_wrong(Phrases("trouble", self._interface.language)("bad_address"))
            self.address.setFocus()
            return
        self._say(self._phrases("trying", server=server.http))
        typed, ca = self.code.text().strip(), self.ca.text().strip()
        known, plain = self.known, self.plain.isChecked()
        path = Path(ca).expanduser().absolute() if ca else None

        def work() -> Connected:
            return _let_in(server, typed, known=known, ca=path, allow_plain=plain)

        self._background.run(work, then=self._done, failed=lambda error: self._failed(error, server))

    @property
    def changed(self) -> bool:
        """Whether something was typed that was not tried."""
        return self.address.text().strip() != self._before or bool(self.code.text().strip())

    @property
    def trying(self) -> bool:
        """Whether an answer is waited for."""
        return self._background.busy

    def close_down(self) -> None:
        """Wait for nothing any more."""
        self._background.close()

    @property
    def _phrases(self) -> Phrases:
        return Phrases("first_start", self._interface.language)

    def _done(self, found: Connected) -> None:
        review = Phrases("review", self._interface.language)
        roles = ", ".join(review(f"role_{role}") for role in found.about.roles if review.has(f"role_{role}"))
        self._say(
            self._phrases(
                "connected", server=found.server.http, user=found.about.user, roles=roles or review("role_none")
            )
        )
        self.known = found.token
        self.address.setText(found.server.http)
        self._before = found.server.http
        self.code.clear()
        self.connected.emit(found)

    def _failed(self, error: WardscribeError, server: ServerAddress) -> None:
        trouble = Phrases("trouble", self._interface.language)
        typed = self.code.text().strip()
        if error.code is ErrorCode.UNAUTHORIZED:
            self._say_wrong(trouble("code_missing" if not typed else "bad_code" if _is_code(typed) else "unauthorized"))
            self.code.setFocus()
        elif isinstance(error, InputError) and not server.secure and not server.is_here:
            self._say_wrong(trouble("plain_refused"))
        elif isinstance(error, InputError) and error.code is ErrorCode.BAD_INPUT and self.ca.text().strip():
            self._say_wrong(trouble("bad_ca", path=self.ca.text().strip()))
            self.ca.setFocus()
        else:
            self._say_wrong(told(error, self._interface.language, server=server.http))

    def _tried(self) -> None:
        self.go.setEnabled(not self._background.busy)
        self.trying_changed.emit(self._background.busy)

    def _say(self, what: str) -> None:
        self.said.setText(what)
        self.said.setProperty("severity", "")
        self.said.style().polish(self.said)

    def _say_wrong(self, what: str) -> None:
        self._say(what)
        self.said.setProperty("severity", "error")
        self.said.style().polish(self.said)

    def _choose_ca(self) -> None:
        dialog = QFileDialog(self, self._phrases("choose_name"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter("PEM (*.pem *.crt *.cer);;* (*)")
        dialog.fileSelected.connect(self.ca.setText)
        dialog.open()


def _is_code(typed: str) -> bool:
    return not typed.startswith(_TOKEN_BEGINS) and len(typed) <= _CODE_CHARACTERS


def _let_in(
    server: ServerAddress, typed: str, *, known: SecretStr | None, ca: Path | None, allow_plain: bool
) -> Connected:
    """Pair where a code was typed, then ask who this device is. Raises: WardscribeError."""
    shown = Credentials(ca=ca, allow_plain=allow_plain)
    if not typed:
        token = known
    elif _is_code(typed):
        token = pair(server, typed, credentials=shown).token
    else:
        token = access_token(typed)
    with Reports(server, credentials=Credentials(token=token, ca=ca, allow_plain=allow_plain)) as reports:
        about = reports.ask(calls.about())
    return Connected(server, token, ca, allow_plain, about)
