"""Fetching over a real HTTP connection on the loopback: resume, refusal, the next source, two at once, a full disk."""

import errno
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import httpx
import pytest

from wardscribe_models import download, fetch, sources
from wardscribe_models.errors import (
    DiskFullError,
    FetchError,
    SourceError,
    StoreError,
    UnknownModelError,
    UnreachableError,
)
from wardscribe_models.store import ModelStore, State


def no_pause(seconds):
    assert seconds > 0


def names_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


COMPLETE = ["config.json", "digests.json", "model.bin", "tokenizer.json"]


@pytest.fixture
def store(web, toy, root):
    toy.serve_hub(web)
    return ModelStore(root, manifest=toy.manifest(toy.hub()), hub=web.address)


def test_a_fetched_model_has_every_file_and_nothing_else(store, toy, watcher):
    folder = store.fetch("toy", progress=watcher, pause=no_pause)
    assert names_in(folder) == COMPLETE
    assert {name: (folder / name).read_bytes() for name in toy.files} == toy.files
    assert store.verify("toy") == []
    assert watcher.received == sum(map(len, toy.files.values()))
    assert watcher.open == 0
    assert watcher.notes == []


def test_a_second_fetch_asks_the_network_for_nothing(store, web, watcher):
    store.fetch("toy", pause=no_pause)
    web.requests.clear()
    store.fetch("toy", progress=watcher, pause=no_pause)
    assert web.requests == []
    assert watcher.begun == []


def test_a_line_that_breaks_is_resumed_where_it_broke(store, web, toy, watcher):
    path = toy.at_hub("model.bin")
    web.break_after[path] = [100_000, 50_000]
    folder = store.fetch("toy", progress=watcher, pause=no_pause)
    assert (folder / "model.bin").read_bytes() == toy.files["model.bin"]
    assert web.ranges(path) == [None, "bytes=100000-", "bytes=150000-"]
    assert watcher.received == sum(map(len, toy.files.values()))


def test_what_arrived_before_a_failure_is_used_by_the_next_fetch(store, web, toy):
    path = toy.at_hub("model.bin")
    web.break_after[path] = [70_000] + [0] * download.FRUITLESS_ATTEMPTS
    with pytest.raises(FetchError, match="broke off; 70 000 bytes are kept"):
        store.fetch("toy", pause=no_pause)
    assert "model.bin" not in names_in(store.root / "toy")
    assert store.list_models()[0].state is State.PARTIAL
    web.requests.clear()
    store.fetch("toy", pause=no_pause)
    assert web.ranges(path) == ["bytes=70000-"]
    assert web.ranges(toy.at_hub("config.json")) == []


def test_a_server_that_cannot_resume_sends_the_file_again(store, web, toy):
    web.resumes = False
    web.break_after[toy.at_hub("model.bin")] = [100_000]
    folder = store.fetch("toy", pause=no_pause)
    assert (folder / "model.bin").read_bytes() == toy.files["model.bin"]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_busy_server_is_asked_again(store, web, toy, status):
    web.status[toy.at_hub("config.json")] = [status, status]
    store.fetch("toy", pause=no_pause)
    assert len(web.ranges(toy.at_hub("config.json"))) == 3


def test_a_refusal_is_final_and_told_in_one_line(store, web, toy, watcher):
    web.status[toy.at_hub("config.json")] = [403]
    with pytest.raises(FetchError) as caught:
        store.fetch("toy", progress=watcher, pause=no_pause)
    assert str(caught.value) == (
        "toy: config.json, model.bin, tokenizer.json could not be fetched: hub ward/toy: 127.0.0.1 answered 403"
    )
    assert store.list_models()[0].state is State.ABSENT


def test_a_file_with_another_digest_is_refused_and_removed(store, web, toy, watcher):
    forged = bytes(reversed(toy.files["model.bin"]))
    toy.serve_hub(web, model=forged)
    with pytest.raises(FetchError) as caught:
        store.fetch("toy", progress=watcher, pause=no_pause)
    message = str(caught.value)
    assert "\n" not in message
    assert toy.sha256(forged) in message
    assert toy.sha256(toy.files["model.bin"]) in message
    everything = [path for path in store.root.rglob("*") if path.is_file()]
    assert all(path.read_bytes() != forged for path in everything)
    assert not (store.root / "toy" / "model.bin").exists()


def test_a_file_of_another_length_is_refused_before_it_is_downloaded(store, web, toy, watcher):
    toy.serve_hub(web, model=b"<html>log in to the hospital network</html>")
    with pytest.raises(FetchError, match="offers 43 bytes where 256000 are expected"):
        store.fetch("toy", progress=watcher, pause=no_pause)


def test_a_bad_earlier_part_costs_one_new_download_not_the_source(store, web, toy, watcher):
    partial = store.root / "toy" / ".partial"
    partial.mkdir(parents=True)
    (partial / f"model.bin.{toy.revision[:12]}.part").write_bytes(b"x" * 1000)
    folder = store.fetch("toy", progress=watcher, pause=no_pause)
    assert (folder / "model.bin").read_bytes() == toy.files["model.bin"]
    assert web.ranges(toy.at_hub("model.bin")) == ["bytes=1000-", None]
    assert "starting again from nothing" in watcher.notes[0]


def test_an_earlier_part_that_is_already_whole_is_not_asked_for(store, web, toy):
    partial = store.root / "toy" / ".partial"
    partial.mkdir(parents=True)
    (partial / f"model.bin.{toy.revision[:12]}.part").write_bytes(toy.files["model.bin"])
    store.fetch("toy", pause=no_pause)
    assert web.ranges(toy.at_hub("model.bin")) == []


def test_an_earlier_part_that_is_too_long_is_thrown_away(store, web, toy):
    partial = store.root / "toy" / ".partial"
    partial.mkdir(parents=True)
    (partial / f"model.bin.{toy.revision[:12]}.part").write_bytes(b"x" * 300_000)
    store.fetch("toy", pause=no_pause)
    assert web.ranges(toy.at_hub("model.bin")) == [None]


def test_the_next_source_gives_what_the_first_refuses(web, toy, root, watcher):
    toy.serve_hub(web, "ward/forged", model=bytes(256_000))
    toy.serve_hub(web, "ward/toy")
    manifest = toy.manifest(toy.hub("ward/gone"), toy.hub("ward/forged"), toy.hub("ward/toy"))
    store = ModelStore(root, manifest=manifest, hub=web.address)
    folder = store.fetch("toy", progress=watcher, pause=no_pause)
    assert (folder / "model.bin").read_bytes() == toy.files["model.bin"]
    assert [note.split(": ")[1] for note in watcher.notes] == ["hub ward/gone", "hub ward/forged"]
    assert web.ranges(toy.at_hub("config.json", "ward/toy")) == []  # the second source's was right


def test_a_folder_of_this_machine_is_a_source_and_its_absence_is_not_worth_a_line(web, toy, root, tmp_path, watcher):
    folder = toy.write(tmp_path / "shelf")
    absent = {"kind": "folder", "path": str(tmp_path / "nowhere")}
    manifest = toy.manifest(absent, {"kind": "folder", "path": str(folder)})
    store = ModelStore(root, manifest=manifest, hub=web.address)
    store.fetch("toy", progress=watcher, pause=no_pause)
    assert store.verify("toy") == []
    assert web.requests == []
    assert watcher.notes == []


def test_a_source_with_some_of_the_files_gives_those(web, toy, root, tmp_path, watcher):
    toy.serve_hub(web)
    shelf = toy.write(tmp_path / "shelf")
    (shelf / "config.json").unlink()
    manifest = toy.manifest({"kind": "folder", "path": str(shelf)}, toy.hub())
    ModelStore(root, manifest=manifest, hub=web.address).fetch("toy", progress=watcher, pause=no_pause)
    assert [asked for asked, _ in web.requests] == [toy.at_hub("config.json")]


def test_without_a_network_the_error_is_one_line_naming_every_source(web, toy, root, tmp_path, watcher):
    manifest = toy.manifest({"kind": "folder", "path": str(tmp_path / "nowhere")}, toy.hub())
    store = ModelStore(root, manifest=manifest, hub="http://127.0.0.1:1")
    with pytest.raises(FetchError) as caught:
        store.fetch("toy", progress=watcher, pause=no_pause)
    assert str(caught.value).endswith(
        f"folder {tmp_path / 'nowhere'}: no such folder; hub ward/toy: 127.0.0.1 cannot be reached"
    )
    assert names_in(root) == [".toy.lock"]


def test_a_digest_that_the_manifest_lacks_is_recorded_shown_and_enforced_from_then_on(web, toy, root, watcher):
    toy.serve_hub(web)
    store = ModelStore(root, manifest=toy.manifest(toy.hub(), digests=False), hub=web.address)
    folder = store.fetch("toy", progress=watcher, pause=no_pause)
    assert watcher.notes == [
        f"toy: {name} has sha256 {toy.sha256(content)}, recorded at first fetch" for name, content in toy.files.items()
    ]
    (folder / "model.bin").unlink()
    toy.serve_hub(web, model=bytes(256_000))  # the branch moved, or somebody is lying
    with pytest.raises(FetchError, match="refused and removed"):
        store.fetch("toy", pause=no_pause)
    assert not (folder / "model.bin").exists()


def test_a_damaged_file_is_noticed_and_repaired(store, toy):
    folder = store.fetch("toy", pause=no_pause)
    damaged = bytearray(toy.files["model.bin"])
    damaged[5000] ^= 1
    (folder / "model.bin").write_bytes(damaged)
    assert [problem.code for problem in store.verify("toy")] == ["digest"]
    store.fetch("toy", pause=no_pause)
    assert store.verify("toy") == []


def _fetch_in_process(root, manifest, address):
    ModelStore(root, manifest=manifest, hub=address).fetch("toy", pause=no_pause)


def test_two_processes_fetching_at_once_download_once(web, toy, root, watcher):
    toy.serve_hub(web)
    manifest = toy.manifest(toy.hub())
    web.gate = threading.Event()
    context = multiprocessing.get_context("spawn")
    other = context.Process(target=_fetch_in_process, args=(root, manifest, web.address))
    mine = threading.Thread(
        target=ModelStore(root, manifest=manifest, hub=web.address).fetch,
        args=("toy",),
        kwargs={"progress": watcher, "pause": no_pause},
    )
    other.start()
    assert web.asked.wait(30)  # the other process holds the lock and waits for the server
    mine.start()
    assert watcher.noted.wait(10)
    assert watcher.notes == ["toy: another process is fetching it"]
    web.gate.set()
    other.join(30)
    mine.join(30)
    assert other.exitcode == 0
    assert not mine.is_alive()
    assert len(web.requests) == len(toy.files)
    assert names_in(root / "toy") == COMPLETE


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_process_killed_while_fetching_leaves_no_lock_and_no_half_file(web, toy, root):
    toy.serve_hub(web)
    manifest = toy.manifest(toy.hub())
    web.gate = threading.Event()
    context = multiprocessing.get_context("spawn")
    other = context.Process(target=_fetch_in_process, args=(root, manifest, web.address))
    other.start()
    assert web.asked.wait(30)
    os.kill(other.pid, signal.SIGKILL)
    other.join(30)
    web.gate.set()
    store = ModelStore(root, manifest=manifest, hub=web.address)
    assert not (root / "toy" / "config.json").exists()
    store.fetch("toy", pause=no_pause)
    assert store.verify("toy") == []


def test_a_disk_too_small_is_refused_before_anything_is_asked_for(store, web, monkeypatch):
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: _Usage(free=1000))
    with pytest.raises(DiskFullError, match=r"the disk of .*toy is full: free about 1 MB, or choose another folder"):
        store.fetch("toy", pause=no_pause)
    assert web.requests == []
    assert names_in(store.root) == [".toy.lock"]


class _Usage:
    def __init__(self, free):
        self.free = free


def test_a_disk_that_fills_while_writing_leaves_no_file_under_its_name(store, monkeypatch):
    real_open = Path.open

    class Full:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def write(self, content):
            raise OSError(errno.ENOSPC, "No space left on device")

    def filling(self, mode="r", *args, **kwargs):
        file = real_open(self, mode, *args, **kwargs)
        return Full(file) if self.name.startswith("model.bin.") and mode in {"wb", "ab"} else file

    monkeypatch.setattr(Path, "open", filling)
    with pytest.raises(DiskFullError, match="is full: free room"):
        store.fetch("toy", pause=no_pause)
    assert not (store.root / "toy" / "model.bin").exists()


def test_a_root_that_cannot_be_made_is_one_line(web, toy, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    store = ModelStore(tmp_path / "file", manifest=toy.manifest(toy.hub()), hub=web.address)
    with pytest.raises(StoreError, match="cannot be written"):
        store.fetch("toy", pause=no_pause)


def test_a_name_that_is_not_in_the_manifest_is_refused(store):
    with pytest.raises(UnknownModelError, match="unknown model 'colossal': choose one of toy"):
        store.fetch("colossal")


def test_a_resume_that_the_server_answers_with_another_part_starts_again(store, web, toy, tmp_path):
    # 416 with another total: the file on the server is shorter than the part kept here.
    url = "/plain"
    web.files[url] = b"0123456789"
    target = tmp_path / "plain"
    target.write_bytes(b"x" * 20)
    watcher = _Silent()
    with download.http_client() as client:
        resumed = download.Downloader(client, watcher, pause=no_pause).download(web.address + url, target, what="plain")
    assert resumed
    assert target.read_bytes() == b"0123456789"


def test_a_whole_part_of_unknown_length_is_recognised(web, tmp_path):
    web.files["/plain"] = b"0123456789"
    target = tmp_path / "plain"
    target.write_bytes(b"0123456789")
    with download.http_client() as client:
        download.Downloader(client, _Silent(), pause=no_pause).download(web.address + "/plain", target, what="plain")
    assert web.ranges("/plain") == ["bytes=10-"]


@pytest.mark.parametrize(
    ("fault", "error", "said", "attempts"),
    [
        (httpx.ConnectError, UnreachableError, "hub.example cannot be reached", download.UNREACHABLE_ATTEMPTS),
        (httpx.ReadTimeout, SourceError, "hub.example stopped answering", download.FRUITLESS_ATTEMPTS),
        (httpx.RemoteProtocolError, SourceError, "hub.example broke off", download.FRUITLESS_ATTEMPTS),
        (httpx.TooManyRedirects, SourceError, "hub.example answered in a way that cannot be followed", 1),
    ],
)
def test_a_fault_of_the_line_is_named_after_as_many_tries_as_it_deserves(tmp_path, fault, error, said, attempts):
    asked = []

    def answer(request):
        asked.append(request)
        raise fault("secret detail")

    with httpx.Client(transport=httpx.MockTransport(answer)) as client, pytest.raises(error) as caught:
        download.Downloader(client, _Silent(), pause=no_pause).download(
            "https://user:password@hub.example/x", tmp_path / "x", what="x"
        )
    assert str(caught.value) == said
    assert len(asked) == attempts


def test_a_redirect_is_followed_with_the_range(tmp_path):
    target = tmp_path / "x"
    target.write_bytes(b"01234")

    def answer(request):
        if request.url.host == "hub.example":
            return httpx.Response(302, headers={"Location": "https://store.example/x"})
        assert request.headers["Range"] == "bytes=5-"
        return httpx.Response(206, headers={"Content-Range": "bytes 5-9/10"}, stream=httpx.ByteStream(b"56789"))

    with httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True) as client:
        download.Downloader(client, _Silent(), pause=no_pause).download(
            "https://hub.example/x", target, what="x", size=10
        )
    assert target.read_bytes() == b"0123456789"


def test_a_part_that_does_not_continue_ours_is_not_appended(tmp_path):
    target = tmp_path / "x"
    target.write_bytes(b"01234")
    answers = [
        httpx.Response(206, headers={"Content-Range": "bytes 3-9/10"}, stream=httpx.ByteStream(b"3456789")),
        httpx.Response(200, stream=httpx.ByteStream(b"0123456789")),
    ]
    with httpx.Client(transport=httpx.MockTransport(lambda _: answers.pop(0))) as client:
        download.Downloader(client, _Silent(), pause=no_pause).download("https://hub.example/x", target, what="x")
    assert target.read_bytes() == b"0123456789"


def test_a_proxy_setting_that_makes_no_sense_is_one_line():
    with pytest.raises(SourceError, match="the proxy setting of this machine cannot be used"):
        download.http_client(proxy="no proxy at all")


def test_a_folder_that_cannot_be_read_is_a_failed_source(web, toy, root, tmp_path, watcher, monkeypatch):
    toy.serve_hub(web)
    shelf = toy.write(tmp_path / "shelf")

    def refuse(source, target):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(sources.shutil, "copyfile", refuse)
    manifest = toy.manifest({"kind": "folder", "path": str(shelf)}, toy.hub())
    store = ModelStore(root, manifest=manifest, hub=web.address)
    store.fetch("toy", progress=watcher, pause=no_pause)
    assert store.verify("toy") == []
    assert len(watcher.notes) == 1


class _Silent:
    def begin(self, *_): ...
    def advance(self, *_): ...
    def end(self): ...
    def note(self, *_): ...
