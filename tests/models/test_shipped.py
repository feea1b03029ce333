"""The weights that come with the package are those that the manifest names, and say what training calls things."""

import hashlib
import json

import pytest

from models.training.batches import TAGS
from models.training.labels import AXES, SECTIONS
from wardscribe_models.errors import ManifestError
from wardscribe_models.manifest import SHIPPED, load_manifest

ENTRY = """
schema = "wardscribe.models/1"
default = "a"
[models.a]
title = "a"
purpose = "a"
languages = ["en"]
licence = "MIT"
revision = "1"
digests = "computed"
files = [{ name = "a", size = 1 }]
sources = [{ kind = "folder", path = "/a" }]
[shipped.b]
title = "b"
purpose = "b"
languages = ["zh"]
licence = "MIT"
revision = "1"
card = "B.md"
folder = "b"
"""


@pytest.fixture(scope="module")
def tagger():
    return load_manifest().shipped["tagger"]


def test_every_shipped_file_has_its_size_and_digest(tagger):
    folder = SHIPPED.parent / tagger.folder
    assert {path.name for path in folder.iterdir()} == {file.name for file in tagger.files}
    for file in tagger.files:
        content = (folder / file.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256), file.name


def test_the_tagger_is_small_enough_to_ship(tagger):
    assert sum(file.size for file in tagger.files) <= 70_000_000


def test_the_taggers_outputs_are_in_the_order_of_the_labels(tagger):
    labels = json.loads((SHIPPED.parent / tagger.folder / "labels.json").read_text(encoding="utf-8"))
    assert tuple(labels["tags"]) == TAGS
    assert {axis: tuple(values) for axis, values in labels["assertion"].items()} == AXES
    assert tuple(labels["sections"]) == SECTIONS


def test_a_shipped_file_without_digest_is_refused_with_its_line(tmp_path):
    path = tmp_path / "manifest.toml"
    path.write_text(ENTRY + 'files = [{ name = "b", size = 1 }]\n', encoding="utf-8")
    with pytest.raises(ManifestError, match=r"manifest\.toml:13: .*digest"):
        load_manifest(path)
