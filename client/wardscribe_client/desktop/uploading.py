"""Dictations that lie here, sent when a person says so: one after the other, on a thread of its own.

A dictation that was never ended ends where it is. Whatever fails is told and stays kept.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from wardscribe_client.desktop.asking import Background
from wardscribe_client.dictation import Dictation
from wardscribe_client.link import LinkSettings
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_protocol.errors import WardscribeError

_GIVE_UP_AFTER_S = 20.0  # of a server that is gone: the person waits and can try again


class UploadStep(StrEnum):
    """How far one is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Upload:
    """One dictation on its way; `session` names its report once it is sent."""

    id: str
    step: UploadStep
    session: str | None = None
    error: WardscribeError | None = None


class Uploader(QObject):
    """Sends to one server."""

    told = Signal(object)  # Upload

    def __init__(self, spool: Spool, server: ServerAccess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spool, self._server = spool, server
        self._background = Background(self)

    @property
    def busy(self) -> bool:
        """Whether something is being sent."""
        return self._background.busy

    def send(self, dictations: Sequence[str]) -> None:
        """Send these, in this order."""
        for each in dictations:
            self.told.emit(Upload(each, UploadStep.WAITING))
            self._send(each)

    def close(self) -> None:
        """Tell nothing more; what is being sent is finished or given up first."""
        self._background.close(wait=True)

    def _send(self, dictation: str) -> None:
        def work() -> str | None:
            self.told.emit(Upload(dictation, UploadStep.SENDING))
            return asyncio.run(self._sent(dictation))

        self._background.run(
            work,
            then=lambda session: self.told.emit(Upload(dictation, UploadStep.SENT, session=session)),
            failed=lambda error: self.told.emit(Upload(dictation, UploadStep.FAILED, error=error)),
        )

    async def _sent(self, dictation_id: str) -> str | None:
        patience = SendingSettings(reconnect_s=_GIVE_UP_AFTER_S, link=LinkSettings(waits_at_first=False))
        dictation = Dictation.resume(dictation_id, spool=self._spool, server=self._server, settings=patience)
        async with dictation:
            await dictation.finish()
            return dictation.session
