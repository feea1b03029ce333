"""Who may be reached from where: beyond this machine only what is encrypted and asks who is there."""

from pathlib import Path

import httpx
import pytest

from tests.server.serving import serving
from wardscribe_protocol.errors import InputError
from wardscribe_server.access.exposure import check_exposure
from wardscribe_server.config import AccessSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

Message = dict[str, object]


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize("allow_plain", [False, True])
@pytest.mark.parametrize("allow_anonymous", [False, True])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "ward.example", "127.0.0.1", "::1"])
def test_others_may_reach_only_what_is_encrypted_and_asks_unless_told_twice(
    host: str, *, encrypted: bool, asks: bool, allow_plain: bool, allow_anonymous: bool
) -> None:
    may = host in ("127.0.0.1", "::1") or ((encrypted or allow_plain) and (asks or allow_anonymous))
    settings = {"encrypted": encrypted, "asks": asks, "allow_plain": allow_plain, "allow_anonymous": allow_anonymous}
    if may:
        check_exposure(host, **settings)
        return
    with pytest.raises(InputError) as refused:
        check_exposure(host, **settings)
    assert ("--allow-plain" in refused.value.message) is not (encrypted or allow_plain)
    assert ("--allow-anonymous" in refused.value.message) is not (asks or allow_anonymous)


def test_beyond_this_machine_the_server_does_not_even_listen(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="can be reached by others"),
        serving(tmp_path, recogniser=ScriptedRecogniser([]), detector=LoudnessDetector(), host="0.0.0.0"),
    ):
        pass
    access = AccessSettings(allow_plain=True, allow_anonymous=True)
    with serving(
        tmp_path, recogniser=ScriptedRecogniser([]), detector=LoudnessDetector(), host="0.0.0.0", access=access
    ) as running:
        assert httpx.get(f"{running.http}/healthz").status_code == 200
