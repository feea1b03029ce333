"""A server with reports, one for the whole run; one with scripted engines, one for each module; a spool."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.hospital import Hospital, hospital_in
from tests.client.physician import server_in
from tests.server.serving import Serving
from wardscribe_client.spool import Spool
from wardscribe_client.spool_key import SpoolKey


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    with hospital_in(tmp_path_factory.mktemp("hospital")) as opened:
        yield opened


@pytest.fixture(scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with server_in(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def running(_shared: Serving) -> Serving:
    return _shared


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", key=SpoolKey.random())
