"""What others may know of the reports without opening one: whether a session's is signed, which keys are in use.

For the retention rules and for the keys; asks in nobody's name, unseals nothing.
"""

from typing import Final

from sqlalchemy import func, or_, select

from wardscribe_protocol.record import ReportState
from wardscribe_server.access.principal import TenantId
from wardscribe_server.records.database import Database
from wardscribe_server.records.lifecycle import SIGNED
from wardscribe_server.records.tables import ChangeRow, DictationRow, ReportRow, VersionRow
from wardscribe_server.records.tenancy import tenant_session
from wardscribe_server.retention.rules import Standing
from wardscribe_server.vault.cipher import Cipher, KeyId

_SEALED: Final = (
    ReportRow.patient,
    DictationRow.words,
    DictationRow.audio_sha256,
    DictationRow.edits,
    VersionRow.record,
    ChangeRow.content,
)


class Ledger:
    """A view of the database that holds no contents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state_of(self, tenant: TenantId, session: str) -> Standing:
        """Whether a session's report is kept here, and signed; of a round over several patients, all of them."""
        with self._database.reading() as connection:
            rows = tenant_session(connection, tenant)
            further = ReportRow.session.startswith(f"{session}/", autoescape=True)
            states = rows.scalars(select(ReportRow.state).where(or_(ReportRow.session == session, further))).all()
        if not states:
            return Standing.ABSENT
        return Standing.SIGNED if all(ReportState(state) in SIGNED for state in states) else Standing.UNSIGNED

    def sealed_under(self, tenant: TenantId, key_id: KeyId) -> int:
        """How many stored contents only this key opens."""
        mark = Cipher.mark(key_id)
        with self._database.reading() as connection:
            rows = tenant_session(connection, tenant)
            return sum(
                rows.scalar(select(func.count()).where(func.substr(column, 1, len(mark)) == mark)) or 0
                for column in _SEALED
            )
