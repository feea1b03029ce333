"""The shipped manifest says what it should, and a broken one is told with file and line."""

import pytest

from wardscribe_models.errors import ManifestError, UnknownModelError
from wardscribe_models.manifest import HubSource, RegistrySource, load_manifest

NAMES = [
    "base",
    "tiny.en",
    "small",
    "medium",
    "large-v3",
    "large-v3-turbo",
    "distil-small.en",
    "distil-medium.en",
    "distil-large-v3",
    "distil-large-v3.5",
]
FASTER_WHISPER_READS = {"config.json", "model.bin", "tokenizer.json"}


@pytest.fixture(scope="module")
def manifest():
    return load_manifest()


def test_base_is_the_default_and_comes_from_the_registry_before_the_hub(manifest):
    assert manifest.default == "base"
    kinds = [source.kind for source in manifest.model("base").sources]
    assert kinds == ["folder", "registry", "hub"]
    weights = next(file for file in manifest.model("base").files if file.name == "model.bin")
    assert weights.size == 145_217_532
    assert weights.sha256 == "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def test_every_model_is_listed_in_order_of_what_people_choose(manifest):
    assert list(manifest.models) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_what_the_recogniser_reads_a_licence_and_a_pinned_revision(manifest, name):
    model = manifest.model(name)
    files = {file.name for file in model.files}
    assert files >= FASTER_WHISPER_READS
    assert files & {"vocabulary.txt", "vocabulary.json"}
    assert model.licence == "MIT"
    assert model.pinned
    hubs = [source for source in model.sources if isinstance(source, HubSource)]
    assert {source.revision for source in hubs} == {model.revision}


@pytest.mark.parametrize("name", ["base", "tiny.en"])
def test_what_could_be_downloaded_has_every_digest_and_every_piece(manifest, name):
    model = manifest.model(name)
    assert model.digests == "computed"
    assert all(file.sha256 for file in model.files)
    registry = next(source for source in model.sources if isinstance(source, RegistrySource))
    assert set(registry.members) == {file.name for file in model.files}
    assert all(package.sha256 for package in registry.packages)


def test_a_model_with_digests_missing_says_so(manifest):
    for model in manifest.models.values():
        if any(file.sha256 is None for file in model.files):
            assert model.digests == "reported"
            assert model.note


def test_a_branch_is_not_pinned():
    assert not HubSource(kind="hub", repo="a/b", revision="main").pinned
    assert HubSource(kind="hub", repo="a/b", revision="a" * 40).pinned


def test_an_unknown_model_is_told_with_the_ones_there_are(manifest):
    with pytest.raises(UnknownModelError, match=r"unknown model 'huge': choose one of base, tiny.en"):
        manifest.model("huge")


GOOD = """\
schema = "wardscribe.models/1"
default = "toy"

[models.toy]
title = "Toy"
purpose = "tests"
languages = ["en"]
licence = "MIT"
revision = "r"
digests = "computed"
files = [{ name = "model.bin", size = 3 }]

[[models.toy.sources]]
kind = "folder"
path = "/nowhere"
"""


def broken(tmp_path, old, new):
    path = tmp_path / "manifest.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        load_manifest(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def test_the_smallest_manifest_is_good(tmp_path):
    path = tmp_path / "manifest.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_manifest(path).model("toy").size_bytes == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('default = "toy"', 'default = "boy"', ":1: manifest: default names no model of the manifest"),
        ("size = 3", "size = 0", ":4: models.toy.files.0.size: Input should be greater than 0"),
        ('name = "model.bin"', 'name = "../model.bin"', ":4: models.toy.files.0.name: String should match"),
        ("size = 3", 'size = 3, sha256 = "abc"', ":4: models.toy.files.0.sha256: String should match"),
        ("size = 3 }]", 'size = 3 }, { name = "model.bin", size = 3 }]', ":4: models.toy: a file is listed twice"),
        ('kind = "folder"', 'kind = "carrier pigeon"', ":4: models.toy.sources.0: Input tag"),
        ('licence = "MIT"\n', "", ":4: models.toy.licence: Field required"),
        ("[models.toy]", "[models.toy", ": not TOML: Expected ']'"),
    ],
)
def test_a_broken_manifest_is_told_in_one_line_with_the_place(tmp_path, old, new, said):
    assert broken(tmp_path, old, new).startswith(said)


PIECES = """\
kind = "registry"
packages = [{ name = "one", version = "1.0" }]
members = { "model.bin" = [{ package = "one", path = "a" }] }
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('package = "one"', 'package = "two"', "members of model.bin must be pieces of the packages listed"),
        ('[{ package = "one", path = "a" }]', "[]", "members of model.bin must be pieces of the packages listed"),
        ('"model.bin" =', '"other.bin" =', "members for a file that the model does not list"),
    ],
)
def test_pieces_that_do_not_fit_are_told(tmp_path, old, new, said):
    folder = 'kind = "folder"\npath = "/nowhere"\n'
    assert said in broken(tmp_path, folder, PIECES.replace(old, new))


def test_a_manifest_that_is_not_there_or_not_text_is_told(tmp_path):
    with pytest.raises(ManifestError, match="cannot be read: No such file"):
        load_manifest(tmp_path / "nothing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ManifestError, match="not TOML"):
        load_manifest(tmp_path / "binary.toml")
