"""The doctor on the database: looks, and neither makes nor migrates one."""

import sqlite3
from pathlib import Path

import pytest

from tests.server.doctor.test_storage import advice, levels
from wardscribe_server.doctor import database as examined
from wardscribe_server.doctor.database import examine_database
from wardscribe_server.records.database import Database, default_url


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert levels(examine_database(default_url(tmp_path))) == {"database": "ok"}
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_this_version_is_well_and_one_of_another_is_said(tmp_path: Path) -> None:
    url = default_url(tmp_path)
    Database(url).close()
    assert "of this version" in advice(examine_database(url))
    file = next(path for path in tmp_path.iterdir() if path.suffix == ".sqlite")
    for revision, level in (("9999_later", "fail"), (None, "warn")):
        with sqlite3.connect(file) as connection:
            connection.execute("DELETE FROM alembic_version")
            if revision:
                connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        connection.close()
        assert levels(examine_database(url)) == {"database": level}
    assert levels(examine_database(url)) == {"database": "warn"}, "and it was not migrated by looking"


def test_what_is_no_database_is_a_failure_without_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = default_url(tmp_path)
    (tmp_path / Path(url.removeprefix("sqlite:///")).name).write_text("a letter\n" * 100)
    assert "cannot be opened (DatabaseError)" in advice(examine_database(url))
    assert levels(examine_database("nothing")) == {"database": "fail"}
    monkeypatch.setattr(examined, "_CONNECT_WITHIN_S", 1)
    found = list(examine_database("postgresql+psycopg://ward:hush@127.0.0.1:1/records"))
    assert levels(found) == {"database": "fail"}
    assert "hush" not in advice(found)
    assert "OperationalError" in advice(found)
