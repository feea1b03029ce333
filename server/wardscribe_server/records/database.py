"""The database of records: SQLite by default, PostgreSQL by URL. Owns connections, transactions and the migration at
start; knows no table by name.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError

_BUSY_TIMEOUT_MS: Final = 5_000
_UPGRADE_LOCK: Final = 0x57415244  # "WARD": the advisory lock on PostgreSQL under which one process migrates
_WRITES: Final = "wardscribe_writes"


class Database:
    """One database, migrated and open. Safe from any thread; a transaction belongs to one.

    Raises: InputError when it cannot be opened, or was written by a newer version.
    """

    def __init__(self, url: str) -> None:
        self._url = _parsed(url)
        self._engine = _engine(self._url)
        try:
            self._migrate()
        except BaseException:
            self._engine.dispose()
            raise

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout.

        Raises: RefusedError (`records_unavailable`).
        """
        options = {"isolation_level": "REPEATABLE READ"} if self.dialect == "postgresql" else {}
        with _available(), self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept when the block ends and undone when it raises. On SQLite one at a time.

        Raises: RefusedError (`records_unavailable`).
        """
        with _available(), self._writer() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _writer(self) -> Connection:
        return self._engine.connect().execution_options(**{_WRITES: True})

    def _migrate(self) -> None:
        config = Config()
        folder = str(resources.files("wardscribe_server.records") / "migrations")
        config.set_main_option("script_location", folder.replace("%", "%%"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        shown = self._url.render_as_string(hide_password=True)
        try:
            with self._writer() as connection, connection.begin():
                # Both databases roll a broken migration back as a whole; SQLite's write lock is taken already.
                if self.dialect == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
                found = MigrationContext.configure(connection).get_current_heads()
                if not known.issuperset(found):
                    raise InputError(
                        f"database {shown} was written by a newer Wardscribe (revision {', '.join(found)}); "
                        "install that version, or name another database with WARDSCRIBE_DATABASE_URL"
                    )
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except (SQLAlchemyError, CommandError) as error:
            reason = type(error.orig if isinstance(error, DBAPIError) else error).__name__
            raise InputError(
                f"database {shown} cannot be opened ({reason}); check WARDSCRIBE_DATABASE_URL and that it is running"
            ) from error


def default_url(data: Path) -> str:
    """The database of a data folder where none is named."""
    return URL.create("sqlite", database=str(data / "records.sqlite")).render_as_string()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError(
            "setting database_url (WARDSCRIBE_DATABASE_URL) is no URL; "
            "such as sqlite:////path/records.sqlite or postgresql+psycopg://user@host/name"
        ) from None
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise InputError(
            f"setting database_url (WARDSCRIBE_DATABASE_URL): {parsed.drivername} is not supported; "
            "use sqlite or postgresql+psycopg"
        )
    if parsed.get_backend_name() == "sqlite" and not parsed.database:
        raise InputError("setting database_url (WARDSCRIBE_DATABASE_URL): name a file, as in sqlite:////path/records")
    return parsed


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite", hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise InputError("PostgreSQL needs a part that is not installed: pip install 'wardscribe[postgres]'") from None
    if engine.dialect.name == "sqlite":
        _make_private(Path(url.database or ""))
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """The file with its owner's rights only, before SQLite makes it with everybody's; its WAL takes the same."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            path.chmod(0o600)
    except OSError as error:
        raise InputError(f"database {path} cannot be written ({error.strerror}); choose another with --data") from error


def _configure_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by itself, and too late; `_begin_sqlite` does instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock first: one that had read before could only fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


@contextmanager
def _available() -> Iterator[None]:
    """A database that does not answer is said in our own words, which hold no contents."""
    try:
        yield
    except OperationalError as error:
        raise RefusedError(ErrorCode.RECORDS_UNAVAILABLE) from error
