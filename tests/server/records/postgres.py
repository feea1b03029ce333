"""A PostgreSQL server of the tests' own: a temporary folder, a unix socket, no port, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "wardscribe"
_numbers = count()
_MISSING = "PostgreSQL is not installed, and these tests need it: run scripts/setup as root, or install `postgresql`"


class NoPostgresError(RuntimeError):
    """These tests cannot run here; the text says why in one line."""


@dataclass(frozen=True)
class Cluster:
    socket: Path

    def fresh_url(self) -> str:
        """An empty place for tables: a schema, which costs a fraction of a database."""
        name = f"test{next(_numbers)}"
        with psycopg.connect(host=str(self.socket), user=OWNER, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://{OWNER}@/postgres?host={self.socket}&options=-csearch_path%3D{name}"


def _programs() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        raise NoPostgresError(_MISSING)
    return found[-1].parent


@contextmanager
def cluster() -> Iterator[Cluster]:
    programs = _programs()
    # A short path: a unix socket's may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="wspg-"))
    somebody: dict[str, object] = {}
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        somebody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs / program), *arguments],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **somebody,
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise NoPostgresError(f"PostgreSQL's {program} failed: {lines[-1]}")

    data, quick = str(folder / "data"), "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    try:
        run("initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-k {folder} -c listen_addresses= {quick} -c max_connections=40 -c shared_buffers=16MB"
        run("pg_ctl", "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Cluster(folder)
        finally:
            run("pg_ctl", "-D", data, "-w", "-s", "-m", "immediate", "-t", "120", "stop")
    finally:
        shutil.rmtree(folder)
