import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_protocol.codec import decode_client_message, decode_server_message
from wardscribe_protocol.errors import RemoteProtocolError
from wardscribe_protocol.messages import Closed
from wardscribe_protocol.record import Record
from wardscribe_protocol.wire import SUBPROTOCOL

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = ROOT / "scripts" / "protocol_diagram.py"
    spec = importlib.util.spec_from_file_location("protocol_diagram", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_document_is_as_the_code_is(generator: ModuleType) -> None:
    assert generator.main(["--check"]) == 0


def test_a_stale_document_is_noticed_and_put_right(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "protocol.md"
    stale.write_text(DOCUMENT.replace("dictating --> stopping: stop", "dictating --> stopping: go"), encoding="utf-8")
    assert generator.main(["--check", "--document", str(stale)]) == 1
    assert "is stale" in capsys.readouterr().err
    assert generator.main(["--document", str(stale)]) == 0
    assert stale.read_text(encoding="utf-8") == DOCUMENT


def test_every_generated_part_is_in_the_document(generator: ModuleType) -> None:
    assert set(re.findall(r"<!-- generated: ([a-z-]+) -->", DOCUMENT)) == set(generator.generated())


def test_every_example_is_a_message() -> None:
    client, server = (block.splitlines() for block in blocks("json"))
    types = {decode_client_message(line).type for line in client}
    assert types == {"start", "configure", "command", "field_edit", "finalize", "stop", "ack"}
    assert len({decode_server_message(line).type for line in server}) == 12


def test_the_worked_session_is_made_of_messages(record: Record) -> None:
    closed = Closed.of(record, total_samples=4800)
    decoded = 0
    for line in blocks("session")[0].splitlines():
        side, _, text = line.partition(" ")
        text = text.replace("RECORD", record.to_json()).replace("SHA256", f'"{closed.record_sha256}"')
        if side == "~" or text.startswith("audio "):
            continue
        decode = {"C": decode_client_message, "S": decode_server_message}[side]
        try:
            decode(text)
        except RemoteProtocolError as error:
            pytest.fail(f"{error} in: {line}")
        decoded += 1
    assert decoded == 13


def test_the_example_frame_is_byte_for_byte_what_is_sent() -> None:
    shown = bytes.fromhex("".join(blocks("")[0].split()))
    assert encode_frame(AudioFrame(16_000, b"\1\0\xff\xff")) == shown


def test_the_subprotocol_is_named() -> None:
    assert f"`{SUBPROTOCOL}`" in DOCUMENT
