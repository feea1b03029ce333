"""The server over TLS: who vouches for it, what it speaks, and a certificate that is renewed while it runs."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.server.access.authority import Authority
from tests.server.access.test_token_file import GRANT
from tests.server.serving import Serving, serving
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_cli.__main__ import Exit, main
from wardscribe_client.credentials import Credentials
from wardscribe_client.link import dictate
from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError, ServerUnreachableError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language
from wardscribe_server.access.certificates import Certificates
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.config import AccessSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

START = Start(template="chest_xray", language=Language.EN)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def running(tmp_path: Path, authority: Authority) -> Iterator[Serving]:
    certificate, key = authority.issue()
    with serving(
        tmp_path / "data",
        recogniser=ScriptedRecogniser(SCRIPT),
        detector=LoudnessDetector(),
        access=AccessSettings(tls_cert=certificate, tls_key=key),
        min_free_mb=0,
    ) as server:
        yield server


def blocks() -> Iterator[bytes]:
    pcm = speech()
    return iter([pcm[offset : offset + 3200] for offset in range(0, len(pcm), 3200)])


def transcript(running: Serving, credentials: Credentials) -> str:
    record = asyncio.run(dictate(blocks(), start=START, url=running.url, reconnect_s=5, credentials=credentials))
    return record.transcript.raw


def test_a_dictation_over_tls_with_a_token_from_a_file(running: Serving, authority: Authority, tmp_path: Path) -> None:
    assert running.url.startswith("wss://")
    secret, _ = TokenFile(running.data).create(GRANT, days=1)
    kept = tmp_path / "token"
    kept.write_text(f"{secret}\n")
    assert transcript(running, Credentials(token_file=kept, ca=authority.file)) == " ".join(SCRIPT)
    with pytest.raises(RefusedError) as refused:
        transcript(running, Credentials(token=SecretStr("wst_1_2"), ca=authority.file))
    assert refused.value.code is ErrorCode.UNAUTHORIZED


def test_a_server_that_nobody_vouches_for_is_not_talked_to(running: Serving) -> None:
    with pytest.raises(ServerUnreachableError, match="--ca"):
        transcript(running, Credentials())


def test_the_command_takes_a_private_authority_and_a_file_with_the_token(
    running: Serving,
    authority: Authority,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret, _ = TokenFile(running.data).create(GRANT, days=1)
    (tmp_path / "token").write_text(secret)
    audio = str(Path(__file__).parents[2] / "dictations" / "en-chest-xray.flac")
    command = ["stream", audio, "--url", running.url, "--template", "chest_xray", "--lang", "en", "--speed", "200"]
    assert main([*command, "--ca", str(authority.file)]) == Exit.BAD_USAGE
    assert "token" in capsys.readouterr().err
    assert main([*command, "--ca", str(authority.file), "--token-file", str(tmp_path / "token")]) == Exit.DONE
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["type"] == "ready"
    monkeypatch.setenv("WARDSCRIBE_CA", str(authority.file))
    monkeypatch.setenv("WARDSCRIBE_TOKEN", secret)
    assert main(command) == Exit.DONE


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client must offer what Python advises against
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_of_tls_are_not_spoken(running: Serving, authority: Authority, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(authority.file))
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.http}/healthz", verify=context)


def test_plain_http_on_the_port_gets_nothing(running: Serving) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{running.http.replace('https', 'http')}/healthz")


def subject(running: Serving, authority: Authority) -> str:
    context = ssl.create_default_context(cafile=str(authority.file))

    async def shown() -> str:
        _, writer = await asyncio.open_connection(*running.server.address, ssl=context)
        certificate = writer.get_extra_info("peercert")
        writer.close()
        await writer.wait_closed()
        assert isinstance(certificate, dict)
        return str(certificate["subject"][0][0][1])

    return asyncio.run(shown())


def test_a_renewed_certificate_is_shown_without_a_restart(
    running: Serving, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wardscribe_server.access.certificates._LOOK_EVERY_S", 0.0)
    assert subject(running, authority) == "server"
    certificate, key = authority.issue(common="renewed")
    assert subject(running, authority) == "renewed"
    good = key.read_bytes()
    key.write_bytes(good[:40])
    assert subject(running, authority) == "renewed", "half a key changes nothing"
    key.write_bytes(good)
    assert subject(running, authority) == "renewed"
    assert certificate.exists()


@pytest.mark.parametrize("damage", ["missing", "empty", "swapped", "other key"])
def test_files_that_are_no_certificate_and_key_are_refused_in_one_line(
    authority: Authority, tmp_path: Path, damage: str
) -> None:
    certificate, key = authority.issue()
    if damage == "missing":
        key.unlink()
    elif damage == "empty":
        certificate.write_text("")
    elif damage == "swapped":
        certificate, key = key, certificate
    else:
        old = certificate.read_bytes()
        authority.issue()
        certificate.write_bytes(old)
    with pytest.raises(InputError) as refused:
        Certificates(certificate, key, now=lambda: 0)
    assert "\n" not in refused.value.message


def test_a_token_is_not_sent_to_another_machine_unencrypted() -> None:
    shown = Credentials(token=SecretStr("wst_1_2"))
    with pytest.raises(InputError, match="unencrypted"):
        shown.headers("ws://ward.example/v1/dictation")
    assert shown.headers("wss://ward.example/v1/dictation") == {"Authorization": "Bearer wst_1_2"}
    assert shown.headers("ws://127.0.0.1:8760/v1/dictation")
    assert Credentials(token=SecretStr("x"), allow_plain=True).headers("ws://ward.example")
    assert Credentials().headers("ws://ward.example") == {}


@pytest.mark.parametrize("content", ["", "two words", "é"])
def test_a_file_that_holds_no_token_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Credentials(token_file=tmp_path / "token").headers("wss://h")
    assert str(tmp_path / "token") in refused.value.message
    assert not content or content not in refused.value.message


def test_a_file_of_authorities_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(InputError, match=r"ca\.pem"):
        Credentials(ca=tmp_path / "ca.pem").context("wss://h")
