import hashlib
import subprocess

import pytest
from provenance import command_line, commit, input_file, machine, peak_memory_mb, versions


def git(root, *arguments):
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("x = 1\n", encoding="utf-8")
    return tmp_path


def committed(root):
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    return git(root, "rev-parse", "HEAD").strip()


def test_a_clean_checkout_is_named_by_its_commit(repository):
    head = committed(repository)
    assert (commit(repository).hash, commit(repository).dirty) == (head, False)


def test_a_changed_or_new_file_makes_a_checkout_dirty(repository):
    committed(repository)
    (repository / "new.py").touch()
    assert commit(repository).dirty


def test_a_new_baseline_does_not_make_a_checkout_dirty(repository):
    committed(repository)
    (repository / "benchmarks" / "baseline").mkdir(parents=True)
    (repository / "benchmarks" / "baseline" / "dev.json").touch()
    assert not commit(repository).dirty


def test_before_the_first_commit_and_outside_a_repository_there_is_no_hash(repository, tmp_path_factory):
    assert (commit(repository).hash, commit(repository).dirty) == (None, True)
    assert commit(tmp_path_factory.mktemp("plain")).hash is None


def test_the_machine_is_described_by_processor_cores_and_memory(tmp_path):
    table = tmp_path / "cpuinfo"
    table.write_text("processor\t: 0\nmodel name\t: Abacus 3000 @ 2 Hz\n", encoding="utf-8")
    found = machine(table)
    assert found.cpu == "Abacus 3000 @ 2 Hz"
    assert found.cores >= 1
    assert found.memory_mb > 100


def test_a_machine_without_a_processor_table_is_still_described(tmp_path):
    assert machine(tmp_path / "none").cpu


def test_the_command_line_names_no_folder():
    given = ["--cases", "/home/someone/eval/cases.jsonl", "--audio=/home/someone/eval/audio/", "--limit", "2"]
    assert command_line(given) == "benchmarks/run.py --cases cases.jsonl --audio=audio --limit 2"


def test_an_input_is_named_by_its_last_part_and_its_digest(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"abc")
    assert input_file(path).model_dump() == {"name": "cases.jsonl", "sha256": hashlib.sha256(b"abc").hexdigest()}


def test_versions_of_the_engines_are_written_down():
    assert {"python", "ctranslate2", "faster-whisper", "onnxruntime"} <= versions().keys()


def test_peak_memory_is_in_megabytes_and_covers_what_was_held():
    ballast = bytearray(64 * 1024 * 1024)
    ballast[::4096] = b"x" * len(ballast[::4096])
    del ballast
    assert 64 <= peak_memory_mb() < 1_000_000
