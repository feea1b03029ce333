"""Opening a database: migrations, locks, versions, rights, addresses."""

import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, delete, func, insert, inspect, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import aliased

from tests.server.records import postgres as postgres_module
from tests.server.records.conftest import DICTATING, STRANGER, chest, cipher
from tests.server.records.postgres import Cluster, NoPostgresError, cluster
from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_server.records import database as database_module
from wardscribe_server.records.database import Database, default_url
from wardscribe_server.records.repository import Repository
from wardscribe_server.records.service import ReportService
from wardscribe_server.records.tables import Base, ReportRow, VersionRow
from wardscribe_server.records.tenancy import UnscopedStatementError, tenant_session


def shape(engine: Engine) -> dict[str, object]:
    """Everything that the database itself says of its tables, but alembic's own."""
    seen = inspect(engine)
    return {
        table: {
            "columns": sorted(
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in seen.get_columns(table)
            ),
            "primary key": seen.get_pk_constraint(table),
            "foreign keys": sorted(map(str, seen.get_foreign_keys(table))),
            "indexes": sorted(map(str, seen.get_indexes(table))),
            "unique": sorted(map(str, seen.get_unique_constraints(table))),
            "checks": sorted(map(str, seen.get_check_constraints(table))),
        }
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def test_migrations_give_exactly_the_tables_of_the_code(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    Database(url).close()
    migrated = create_engine(url)
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    if migrated.dialect.name == "sqlite":
        direct = create_engine(f"sqlite:///{tmp_path / 'direct.sqlite'}")
    else:
        running: Cluster = request.getfixturevalue("postgres")
        direct = create_engine(running.fresh_url())
    Base.metadata.create_all(direct)
    assert shape(migrated) == shape(direct)
    assert set(shape(direct)) == {"reports", "dictations", "versions", "changes"}
    migrated.dispose()
    direct.dispose()


def test_without_postgresql_the_tests_say_so_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_module.shutil, "which", lambda _: None)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(NoPostgresError, match="run scripts/setup as root, or install `postgresql`"), cluster():
        pass


def test_opening_twice_changes_nothing(url: str) -> None:
    Database(url).close()
    engine = create_engine(url)
    before = shape(engine)
    Database(url).close()
    assert shape(engine) == before
    engine.dispose()


def test_several_that_open_at_once_migrate_once(url: str) -> None:
    failures: list[BaseException] = []
    together = threading.Barrier(4)

    def open_it() -> None:
        together.wait()
        try:
            Database(url).close()
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_newer_version_is_refused_in_one_line_and_left_alone(url: str) -> None:
    Database(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError) as caught:
        Database(url)
    assert "newer Wardscribe (revision 9999)" in caught.value.message
    assert "\n" not in caught.value.message
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = database_module.command.upgrade

    def broken(config: object, revision: str) -> None:
        real(config, revision)
        raise database_module.CommandError("broken off")

    with monkeypatch.context() as patched:
        patched.setattr(database_module.command, "upgrade", broken)
        with pytest.raises(InputError):
            Database(url)
    engine = create_engine(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    Database(url).close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "no URL"),
        ("mysql://host/name", "mysql is not supported"),
        ("postgresql://host/name", "postgresql is not supported"),
        ("sqlite://", "name a file"),
        ("postgresql+psycopg://me:hidden-word@/x?host=/nowhere", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line_without_the_password(address: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Database(address)
    assert said in caught.value.message
    assert "WARDSCRIBE_DATABASE_URL" in caught.value.message
    assert "hidden-word" not in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(InputError, match="cannot be opened"):
        Database(default_url(tmp_path))


def test_on_sqlite_only_the_owner_may_read_and_commits_survive_a_power_loss(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    path.touch(mode=0o644)
    database = Database(default_url(tmp_path))
    with database.writing() as connection:
        Repository(connection, DICTATING, cipher(DICTATING.tenant))
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    files = sorted(tmp_path.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert [file.name for file in files] == ["records.sqlite", "records.sqlite-shm", "records.sqlite-wal"]
    database.close()


def test_a_database_that_stops_answering_is_said_without_contents(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.dialect == "postgresql":
        with pytest.raises(RefusedError) as refused, database.reading() as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    else:
        monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_MS", 1)
        quick = Database(str(database._url))
        with quick.writing(), pytest.raises(RefusedError) as refused, quick.writing():
            raise AssertionError("two writers at once")
        quick.close()
    assert refused.value.code is ErrorCode.RECORDS_UNAVAILABLE
    with database.reading() as connection:  # and it is back
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_statement_past_the_tenants_border_is_a_bug_that_is_told(database: Database) -> None:
    with database.writing() as connection:
        session = tenant_session(connection, DICTATING.tenant)
        for statement in (
            text("SELECT * FROM reports"),
            select(ReportRow.__table__),
            select(aliased(ReportRow)),
            select(ReportRow).join(VersionRow, VersionRow.report == ReportRow.id),
            select(ReportRow).where(ReportRow.id.in_(select(VersionRow.report))),
            select(ReportRow).union(select(ReportRow)),
            update(ReportRow).values(state=select(VersionRow.state).scalar_subquery()),
            insert(ReportRow).values(tenant="south", id="x"),
        ):
            with pytest.raises(UnscopedStatementError):
                session.execute(statement)
        session.add(ReportRow(tenant="south", id="x"))
        with pytest.raises(UnscopedStatementError):
            session.flush()


def test_every_statement_that_runs_sees_one_tenants_rows(service: ReportService, database: Database) -> None:
    service.keep_draft(DICTATING, chest())
    service.keep_draft(STRANGER, chest())
    service.keep_draft(STRANGER, chest())
    with database.writing() as connection:
        session = tenant_session(connection, DICTATING.tenant)
        for statement in (
            select(func.count()).select_from(ReportRow),
            select(func.count()).where(func.length(ReportRow.id) > 0),
            select(func.count(ReportRow.id)),
            select(func.count(ReportRow.id)).where((ReportRow.version == 1) | (ReportRow.version == 2)),
        ):
            assert session.scalar(statement) == 1
        assert [row.tenant for row in session.scalars(select(ReportRow))] == ["north"]
        both = select(ReportRow.tenant, VersionRow.tenant).where(VersionRow.number == ReportRow.version)
        assert [tuple(row) for row in session.execute(both)] == [("north", "north")]
        session.execute(update(ReportRow).values(author="changed"))
        authors = connection.execute(text("SELECT tenant, author FROM reports ORDER BY tenant")).all()
        assert [tuple(row) for row in authors] == [("north", "changed"), ("south", "attending"), ("south", "attending")]
        session.execute(delete(VersionRow))
        assert connection.execute(text("SELECT count(*) FROM versions")).scalar() == 2


def test_no_column_holds_content_in_clear(service: ReportService, url: str) -> None:
    service.keep_draft(DICTATING, chest(), session="s1")
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in Base.metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}"))
            for value in row
        ]
    engine.dispose()
    assert any(len(value) > 500 for value in stored)
    assert not [value for value in stored if b"effusion" in value or b"Cardiomegaly" in value or b"enlarged" in value]
