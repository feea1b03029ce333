"""Where weights live, what is there, and the real ones when they are."""

import json
import os
from pathlib import Path

import pytest

from wardscribe_models.errors import ModelMissingError, UnknownModelError
from wardscribe_models.store import ModelStore, State, default_root


@pytest.fixture
def store(toy, root):
    return ModelStore(root, manifest=toy.manifest(toy.hub()))


def test_the_root_is_the_one_asked_for_else_the_users_cache():
    home = Path("/home/ward")
    assert default_root({}, home) == home / ".cache/wardscribe/models"
    assert default_root({"XDG_CACHE_HOME": "/var/cache/ward"}, home) == Path("/var/cache/ward/wardscribe/models")
    assert default_root({"XDG_CACHE_HOME": "relative"}, home) == home / ".cache/wardscribe/models"
    both = {"WARDSCRIBE_MODELS_DIR": "/srv/models", "XDG_CACHE_HOME": "/var/cache/ward"}
    assert default_root(both, home) == Path("/srv/models")


def test_nothing_fetched_is_absent_and_the_message_says_what_to_run(store):
    assert [(listed.name, listed.state) for listed in store.list_models()] == [("toy", State.ABSENT)]
    with pytest.raises(ModelMissingError, match="run `wardscribe models fetch toy`"):
        store.locate("toy")
    assert [problem.code for problem in store.verify("toy")] == ["missing"] * 3


def test_a_whole_model_is_located_by_name(store, toy):
    folder = toy.write(store.root / "toy")
    assert store.list_models()[0].state is State.PRESENT
    assert store.locate("toy") == folder
    assert store.verify("toy") == []


def test_a_file_of_another_length_makes_it_partial_and_verify_says_which(store, toy):
    folder = toy.write(store.root / "toy")
    (folder / "config.json").write_bytes(b"{}")
    assert store.list_models()[0].state is State.PARTIAL
    with pytest.raises(ModelMissingError):
        store.locate("toy")
    (problem,) = store.verify("toy")
    assert (problem.file, problem.code) == ("config.json", "size")
    assert problem.message == f"{folder / 'config.json'}: 2 bytes, expected 16"


def test_a_file_whose_digest_nobody_knows_is_told(toy, root):
    store = ModelStore(root, manifest=toy.manifest(toy.hub(), digests=False))
    toy.write(root / "toy")
    assert {problem.code for problem in store.verify("toy")} == {"unrecorded"}


def test_digests_recorded_for_another_revision_do_not_count(toy, root):
    store = ModelStore(root, manifest=toy.manifest(toy.hub(), digests=False))
    folder = toy.write(root / "toy")
    files = {
        name: {"sha256": toy.sha256(content), "size": len(content), "source": "hub"}
        for name, content in toy.files.items()
    }
    (folder / "digests.json").write_text(json.dumps({"revision": toy.revision, "files": files}), encoding="utf-8")
    assert store.verify("toy") == []
    (folder / "digests.json").write_text(json.dumps({"revision": "older", "files": files}), encoding="utf-8")
    assert {problem.code for problem in store.verify("toy")} == {"unrecorded"}
    (folder / "digests.json").write_text("{ not json", encoding="utf-8")
    assert {problem.code for problem in store.verify("toy")} == {"unrecorded"}


def test_any_folder_with_a_ctranslate2_model_works(store, toy, tmp_path):
    folder = toy.write(tmp_path / "own")
    assert store.locate(str(folder)) == folder.resolve()


def test_a_folder_without_a_model_says_what_it_lacks(store, tmp_path):
    with pytest.raises(UnknownModelError, match=r"it has no model.bin, config.json, tokenizer.json"):
        store.locate(str(tmp_path))


def test_a_name_that_is_neither_is_told_with_the_choices(store):
    with pytest.raises(UnknownModelError, match="unknown model 'colossal': give a folder or one of toy"):
        store.locate("colossal")


@pytest.mark.model
def test_the_fetched_base_weights_are_the_ones_of_the_manifest():
    store = ModelStore(default_root(os.environ, Path.home()))
    assert store.verify("base") == []
    assert store.locate("base").name == "base"
