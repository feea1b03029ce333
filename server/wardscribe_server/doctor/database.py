"""The database of reports: reachable, and of this version. Looks only: unlike the server it migrates nothing."""

import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from wardscribe_server.doctor.findings import Finding, fail, ok, warn

_CONNECT_WITHIN_S = 5


def examine_database(url: str) -> Iterator[Finding]:
    """The database at a SQLAlchemy URL; no password is shown."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        yield fail("database", "the setting database_url is no URL")
        return
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        yield ok("database", "made at the first start")
        return
    try:
        found = _revisions(parsed)
    except (ModuleNotFoundError, NoSuchModuleError):
        yield fail("database", "its driver is not installed: pip install 'wardscribe[postgres]'")
        return
    except SQLAlchemyError as error:
        reason = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        shown = parsed.render_as_string(hide_password=True)
        yield fail("database", f"{shown} cannot be opened ({reason}); check database_url and that it is running")
        return
    scripts = _scripts()
    if set(found) == set(scripts.get_heads()):
        yield ok("database", "reachable and of this version")
    elif {script.revision for script in scripts.walk_revisions()}.issuperset(found):
        yield warn("database", "of an older version: the next start migrates it; back it up first")
    else:
        yield fail("database", "written by a newer Wardscribe; install that version")


def _revisions(url: URL) -> tuple[str, ...]:
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, connect_args={"connect_timeout": _CONNECT_WITHIN_S})
    read_only = f"file:{quote(url.database or '')}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(read_only, uri=True))


def _scripts() -> ScriptDirectory:
    config = Config()
    folder = str(resources.files("wardscribe_server.records") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return ScriptDirectory.from_config(config)
