"""The records' parts from the server's settings."""

from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Check, Record
from wardscribe_server.audit.event import AuditSink
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.understanding.checks import check_record
from wardscribe_server.records.database import Database, default_url
from wardscribe_server.records.service import ReportService
from wardscribe_server.vault.vault import Vault


def open_database(settings: ServerSettings) -> Database:
    """The database that the settings name, migrated; where none is named, a file in the data folder.

    Raises: InputError.
    """
    named = settings.database_url
    return Database(default_url(settings.data) if named is None else named.get_secret_value())


def build_reports(database: Database, *, vault: Vault, audit: AuditSink) -> ReportService:
    """The service over a database."""
    return ReportService(database, cipher=vault.cipher, audit=audit, checker=_checked)


def _checked(record: Record, context: Context | None) -> tuple[Check, ...]:
    return check_record(record, context=context)
