"""Nothing that was spoken, typed or named is found in what the server wrote, in whatever form: canaries are searched.

A real server process under its own command, at log level debug, in a folder of its own. It is made to fail in every way
that it can, then every byte that it and a client wrote is searched. `ALLOWED` lists the places where content may stand.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.hostile import canaries
from tests.hostile.canaries import found_in, leaks
from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_server.vault.cipher import Cipher, KeyId

# Where content may stand until everything at rest is sealed; empty means nowhere.
ALLOWED: tuple[str, ...] = ()
_ROOT = Path(__file__).resolve().parents[2]
_BLOCK = (canaries.SOUND.encode() + b" ")[:16] * 200  # 100 ms of sound that can be searched for
_SILENCE = bytes(3200)
_ANSWER_WITHIN_S = 20


@dataclass
class World:
    """One scratch folder with everything that the processes may write to."""

    root: Path

    def __post_init__(self) -> None:
        for name in ("home", "tmp", "cwd", "data", "logs", "answers"):
            (self.root / name).mkdir()
        users = self.root / "site" / "users" / canaries.USER / "macros"
        users.mkdir(parents=True)
        (users / "own.toml").write_text(f'[[macro]]\nname = "{canaries.NAMED}"\nlanguage = "fr"\n')
        (self.root / "site" / "templates").mkdir()
        shipped = (_ROOT / "server/wardscribe_server/templates/chest_xray.toml").read_text()
        own = shipped.replace('id = "chest_xray"', f'id = "{canaries.TEMPLATE}"', 1)
        (self.root / "site" / "templates" / "own.toml").write_text(own)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WARDSCRIBE_")}
        folders = {"HOME": "home", "TMPDIR": "tmp", "XDG_CACHE_HOME": "home/.cache", "XDG_DATA_HOME": "home/.local"}
        return {
            **kept,
            **{name: str(self.root / folder) for name, folder in folders.items()},
            "WARDSCRIBE_LOG_LEVEL": "debug",
            "WARDSCRIBE_MIN_FREE_MB": "0",
            "WARDSCRIBE_SITE": str(self.root / "site"),
            "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @property
    def written(self) -> dict[str, Path]:
        """All that was written, by what it is."""
        return {name: self.root / name for name in ("home", "tmp", "cwd", "data", "logs")}

    def outside(self) -> set[str]:
        """Files that the server opened for writing outside this folder."""
        opened = {line for path in self.root.glob("opened-*") for line in path.read_text().splitlines()}
        return {path for path in opened if path.startswith("/") and not path.startswith((str(self.root), "/dev/"))}


class Serving:
    """A running server process."""

    def __init__(self, world: World, name: str, *, limit_bytes: int = 0, lexicon: bool = False) -> None:
        self._out = (world.root / "logs" / f"{name}.out").open("wb")
        self._err = (world.root / "logs" / f"{name}.err").open("wb")
        command = [sys.executable, "-m", "tests.hostile.canary_server", str(world.root / f"opened-{name}")]
        command += [str(limit_bytes), "serve", "--port", "0", "--data", str(world.root / "data")]
        self.process = subprocess.Popen(
            command,
            cwd=world.root / "cwd",
            env={**world.environment, "WARDSCRIBE_LEXICON": str(lexicon)},
            stdout=subprocess.PIPE,
            stderr=self._err,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self._out.write(line)
        self.url = line.decode().strip()
        assert self.url, (world.root / "logs" / f"{name}.err").read_text()[-2000:]
        self.http = f"http://{urlsplit(self.url).netloc}"

    def end(self) -> None:
        """End it, unless it was ended, and keep the rest of what it said."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=60)
        self._out.write(out)
        self._out.close()
        self._err.close()


@contextmanager
def serving(world: World, name: str, *, limit_bytes: int = 0, lexicon: bool = False) -> Iterator[Serving]:
    server = Serving(world, name, limit_bytes=limit_bytes, lexicon=lexicon)
    try:
        yield server
    finally:
        server.end()


START = {
    "type": "start",
    "template": "chest_xray",
    "language": "en",
    "context": {
        "patient": {"name": canaries.NAMED, "mrn": canaries.NUMBERED},
        "order": {"reason": canaries.NAMED, "accession": canaries.NUMBERED},
        "glossary": [canaries.GLOSSARY],
    },
}


@dataclass
class Talk:
    """One connection; what the server says that is no dictation is kept to be searched."""

    socket: ClientConnection
    errors: list[str]

    async def until(self, kind: str) -> dict[str, object]:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            while True:
                message = json.loads(await self.socket.recv())
                if message["type"] in ("error", "busy", "goaway", "lag"):
                    self.errors.append(json.dumps(message))
                if message["type"] == kind:
                    return dict(message)

    async def say(self, **message: object) -> None:
        await self.socket.send(json.dumps(message))

    async def audio(self, *, utterances: int, blocks: int = 10, first: int = 0) -> int:
        """Speech with pauses; the position after it."""
        position = first
        for block in ([_BLOCK] * blocks + [_SILENCE] * 8) * utterances:
            await self.socket.send(encode_frame(AudioFrame(position, block)))
            position += len(block) // 2
        return position


@asynccontextmanager
async def begun(url: str, errors: list[str], **changes: object) -> AsyncIterator[Talk]:
    """A connection that has said how it begins, closed at the end whatever became of it."""
    socket = await connect(url, compression=None, max_size=None)
    try:
        talk = Talk(socket, errors)
        await talk.say(**(START | changes))
        yield talk
    finally:
        socket.transport.abort()
        await socket.wait_closed()


MALFORMED = (
    json.dumps({"type": canaries.MALFORMED}),
    json.dumps({"type": "finalize", canaries.MALFORMED: 1}),
    json.dumps({"type": "field_edit", "path": canaries.MALFORMED, "value": 1}),
    json.dumps({"type": "command", "name": canaries.COMMANDED.upper()}),
    "{" + canaries.MALFORMED,
    b"\x01" + canaries.MALFORMED.encode(),
)
REFUSED: tuple[dict[str, object], ...] = (
    {"template": f"{canaries.TEMPLATE}_other"},
    {"user": canaries.USER},
    {"token": canaries.TOKEN, "template": "no_such"},
    {"resume": {"session": canaries.TOKEN, "token": canaries.TOKEN, "last_seq": 0}},
    {"language": canaries.MALFORMED},
)


async def provoke(server: Serving, errors: list[str]) -> None:
    """Everything that can be said to a server, right and wrong; `errors` takes what it says about what was wrong."""
    async with begun(server.url, errors, template=canaries.TEMPLATE) as talk:
        await talk.until("ready")
        for text in MALFORMED:
            await talk.socket.send(text)
            await talk.until("error")
        await talk.say(type="field_edit", path=f"/fields/comparison/{canaries.TYPED}/0", value=canaries.TYPED)
        await talk.say(type="field_edit", path="/fields/comparison", value=f"{canaries.TYPED} {canaries.TYPED_ZH}")
        await talk.say(type="command", name="type", args={"text": canaries.COMMANDED})
        await talk.say(type="command", name=canaries.COMMANDED)
        total = await talk.audio(utterances=2)
        await talk.say(type="stop", total_samples=total)
        closed = await talk.until("closed")
        assert canaries.SPOKEN in json.dumps(closed), "what was said is in the record"
        await talk.say(type="ack", seq=closed["seq"])
    async with begun(server.url, errors, language="zh") as talk:
        await talk.until("ready")
        await talk.audio(utterances=1, blocks=70)  # an engine error
        assert (await talk.until("error"))["code"] == "internal"
    for changes in REFUSED:
        async with begun(server.url, errors, **changes) as talk:
            await talk.until("error")


async def interrupt(server: Serving, errors: list[str], how: signal.Signals) -> None:
    """A dictation in full flow, and the server ended in the middle of it."""
    async with begun(server.url, errors) as talk:
        await talk.until("ready")
        await talk.say(type="field_edit", path="/fields/comparison", value=canaries.TYPED)
        await talk.audio(utterances=2)
        await talk.until("final")
        server.process.send_signal(how)
        with suppress(ConnectionClosed):
            await talk.until("closed")


async def fill(server: Serving, errors: list[str]) -> None:
    """More audio than the disk takes."""
    async with begun(server.url, errors) as talk:
        await talk.until("ready")
        await talk.audio(utterances=6)
        await talk.until("error")
        await talk.say(type="field_edit", path="/fields/comparison", value=canaries.TYPED)


def ask(server: Serving) -> str:
    """Requests with canaries wherever a request can have them; headers and bodies of the answers."""
    said = []
    headers = {
        "Authorization": f"Bearer {canaries.ASKED}",
        "Cookie": canaries.ASKED,
        "Origin": f"http://{canaries.ASKED}",
    }
    with httpx.Client(base_url=server.http, headers=headers) as client:
        for method, path in (
            ("GET", f"/{canaries.ASKED}"),
            ("GET", f"/healthz?token={canaries.ASKED}"),
            ("POST", f"/v1/records/{canaries.ASKED}"),
            ("GET", "/metrics"),
        ):
            answer = client.request(method, path, content=canaries.ASKED if method == "POST" else None)
            said.append(f"{answer.headers} {answer.text}")
    return "\n".join(said)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three servers, one after the other on the same folder, ended in three ways; and a client."""
    world = World(tmp_path_factory.mktemp("canary"))
    errors: list[str] = []
    with serving(world, "killed", lexicon=True) as server:
        asyncio.run(provoke(server, errors))
        (world.root / "answers" / "http").write_text(ask(server))
        stream(world, server)
        asyncio.run(interrupt(server, errors, signal.SIGKILL))
    with serving(world, "full", limit_bytes=100_000) as server:
        asyncio.run(fill(server, errors))
    with serving(world, "aborted") as server:
        (world.root / "answers" / "metrics").write_text(httpx.get(f"{server.http}/metrics").text)
        asyncio.run(interrupt(server, errors, signal.SIGABRT))
    (world.root / "answers" / "errors").write_text("\n".join(errors))
    return world


def stream(world: World, server: Serving) -> None:
    """A client as a process; its standard output is what it was asked for, the rest is searched."""
    audio = _ROOT / "tests" / "dictations" / "en-chest-xray.flac"
    command = [sys.executable, "-m", "wardscribe_cli", "stream", str(audio), "--url", server.url, "--speed", "100"]
    command += ["--template", canaries.TEMPLATE, "--lang", "zh"]
    with (world.root / "logs" / "client.err").open("wb") as log:
        subprocess.run(
            command, cwd=world.root / "cwd", env=world.environment, stdout=subprocess.DEVNULL, stderr=log, check=False
        )


def test_no_canary_is_found_in_what_was_written(world: World) -> None:
    found = leaks(world.written, allowed=ALLOWED)
    for path in found:
        if path.startswith(
            "data/records.sqlite"
        ):  # which template a report has is not sealed: lists are filtered by it
            found[path] = found[path] - {canaries.TEMPLATE}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_canary_is_found_in_what_was_answered_to_faults(world: World) -> None:
    """But for the template: whoever names one that is not there is told which there are."""
    for path in (world.root / "answers").iterdir():
        expected = {canaries.TEMPLATE} if path.name == "errors" else set()
        assert found_in(path.read_bytes()) <= expected, path.name


def test_all_that_was_provoked_did_happen(world: World) -> None:
    logs = {path.name: path.read_text() for path in (world.root / "logs").iterdir()}
    errors = (world.root / "answers" / "errors").read_text()
    assert "session failed: RuntimeError" in logs["killed.err"]
    for code in ("bad_message", "bad_frame", "unknown_template", "unknown_session", "storage_full", "internal"):
        assert code in errors
    assert "wardscribe_decode_seconds" in (world.root / "answers" / "metrics").read_text()
    assert len(list((world.root / "data" / "sessions").iterdir())) >= 5


def test_nothing_is_written_outside_the_folders_it_was_given(world: World) -> None:
    assert world.outside() == set()


def test_a_crash_leaves_no_memory_on_the_disk(world: World) -> None:
    assert [path.name for path in (world.root / "cwd").iterdir()] == []


@pytest.mark.parametrize("canary", canaries.ALL)
def test_the_search_finds_a_canary_in_every_form(canary: str, tmp_path: Path) -> None:
    for number, form in enumerate(canaries.forms(canary)):
        if len(form) > 7:
            (tmp_path / f"file{number}").write_bytes(os.urandom(100) + form + os.urandom(100))
            assert found_in((tmp_path / f"file{number}").read_bytes()) >= {canary}
    assert leaks({"place": tmp_path}, allowed=["place/file[1-9]*"]).keys() == {"place/file0"}


def test_sealed_content_cannot_be_searched() -> None:
    cipher = Cipher({KeyId(1): bytes(range(32))}, current=KeyId(1), index_key=bytes(32))
    content = " ".join(canaries.ALL).encode() * 400
    sealed = cipher.seal(content, bound_to=b"place")
    assert found_in(content) == set(canaries.ALL)
    assert found_in(sealed) == set()
    assert canaries.entropy_bits(sealed) > 7.99
    assert canaries.entropy_bits(content) < 6
