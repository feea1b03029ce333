"""A server with reports, one for the whole run."""

from collections.abc import Iterator

import pytest

from tests.client.hospital import Hospital, hospital_in


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    with hospital_in(tmp_path_factory.mktemp("hospital")) as opened:
        yield opened
