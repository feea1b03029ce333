import errno
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_server.records import store as store_module
from wardscribe_server.records.store import SessionFiles, Store, write_whole

SECOND = b"\x01\x00" * 16_000
CHINESE = "胸腔积液 µ\r\n\n"


@pytest.fixture
def files(data_dir: Path) -> Iterator[SessionFiles]:
    opened = Store(data_dir).open("s1")
    yield opened
    opened.close()


@pytest.fixture
def record() -> Record:
    return Record(
        template="outpatient",
        language=Language.ZH,
        transcript=Transcript(raw="头痛两周", text="头痛两周。"),
        fields={"chief_complaint": "头痛两周"},
        evidence={},
    )


def audio(folder: Path, session: str = "s1") -> bytes:
    return (folder / "sessions" / session / "audio.wav").read_bytes()[44:]


def names(folder: Path, session: str = "s1") -> set[str]:
    return {path.name for path in (folder / "sessions" / session).iterdir()}


def no_space(*_: object, **__: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@contextmanager
def disk_full_after(descriptor_bytes: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk that takes so many bytes more, in writes that are cut short, and then none."""
    real, left = os.write, descriptor_bytes

    def write(descriptor: int, content: memoryview) -> int:
        nonlocal left
        if not left:
            no_space()
        taken = real(descriptor, content[: min(left, 700)])
        left -= taken
        return taken

    with monkeypatch.context() as patched:
        patched.setattr(store_module.os, "write", write)
        yield


def test_what_is_appended_is_in_the_file_in_order(files: SessionFiles, data_dir: Path) -> None:
    files.append(b"\x01\x00" * 5)
    files.append(b"")
    files.append(b"\x02\x00" * 5)
    assert files.sync() == files.samples == 10
    assert audio(data_dir) == b"\x01\x00" * 5 + b"\x02\x00" * 5


def test_writes_that_the_system_cuts_short_are_completed(
    files: SessionFiles, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk_full_after(len(SECOND), monkeypatch):
        files.append(SECOND)
    assert audio(data_dir) == SECOND


def test_a_block_that_does_not_fit_is_not_kept_in_part_and_can_be_appended_later(
    files: SessionFiles, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.append(SECOND)
    with disk_full_after(1001, monkeypatch), pytest.raises(RefusedError) as caught:
        files.append(SECOND)
    assert caught.value.code is ErrorCode.STORAGE_FULL
    assert files.sync() == 16_000
    assert audio(data_dir) == SECOND
    files.append(b"\x07\x00" * 8)
    assert files.sync() == 16_008
    assert audio(data_dir) == SECOND + b"\x07\x00" * 8


def test_the_same_holds_when_it_is_the_system_that_takes_a_part_only(files: SessionFiles, data_dir: Path) -> None:
    files.append(b"\x01\x00" * 100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(RefusedError):
            files.append(SECOND)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert audio(data_dir) == b"\x01\x00" * 100


def test_samples_are_not_called_safe_when_they_cannot_be_put_on_stable_storage(
    files: SessionFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.append(SECOND)
    with monkeypatch.context() as patched:
        patched.setattr(store_module.os, "fsync", no_space)
        with pytest.raises(RefusedError) as caught:
            files.sync()
    assert caught.value.code is ErrorCode.STORAGE_FULL
    assert files.sync() == 16_000


def test_the_record_and_the_description_are_whole_json_files(
    files: SessionFiles, data_dir: Path, record: Record
) -> None:
    files.describe({"template": "outpatient", "language": "zh"})
    files.finish(record)
    assert Record.model_validate_json(files.record_path.read_bytes()) == record
    assert files.record_path.read_text(encoding="utf-8") == record.to_json() + "\n"
    assert names(data_dir) == {"audio.wav", "record.json", "session.json"}


@pytest.mark.parametrize("broken", ["fsync", "write"])
def test_a_record_that_cannot_be_written_leaves_nothing_behind(
    files: SessionFiles, data_dir: Path, record: Record, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    with monkeypatch.context() as patched:
        if broken == "fsync":
            patched.setattr(store_module.os, "fsync", no_space)
        else:
            patched.setattr(Path, "replace", no_space)
        with pytest.raises(RefusedError) as caught:
            files.finish(record)
    assert caught.value.code is ErrorCode.STORAGE_FULL
    assert names(data_dir) == {"audio.wav"}
    files.finish(record)
    assert names(data_dir) == {"audio.wav", "record.json"}


def test_a_failing_rewrite_leaves_the_old_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.json"
    write_whole(path, "old\n")
    with monkeypatch.context() as patched:
        patched.setattr(store_module.os, "fsync", no_space)
        with pytest.raises(OSError, match="No space"):
            write_whole(path, "new\n")
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    write = "import sys, pathlib; from wardscribe_server.records.store import write_whole; "
    write += f"write_whole(pathlib.Path(sys.argv[1]), {CHINESE!a})"
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", write, str(tmp_path / "a.json")], env=os.environ | locale, check=True)
    assert (tmp_path / "a.json").read_bytes() == CHINESE.encode()


def test_text_that_cannot_be_encoded_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "a.json", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_anything(data_dir: Path, record: Record) -> None:
    before = os.umask(0)
    try:
        files = Store(data_dir).open("s1")
        files.describe({})
        files.finish(record)
        files.close()
    finally:
        os.umask(before)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    sessions = data_dir / "sessions"
    assert mode(sessions) == mode(sessions / "s1") == 0o700
    assert {mode(path) for path in (sessions / "s1").iterdir()} == {0o600}


def test_an_existing_folder_is_used_and_nothing_is_left_in_it_by_looking(data_dir: Path) -> None:
    for _ in range(2):
        Store(data_dir)
    assert [path.name for path in data_dir.rglob("*")] == ["sessions"]


@pytest.mark.parametrize("obstacle", ["the folder", "its parent", "its sessions"])
def test_a_file_where_the_folder_should_be_is_one_line_that_names_it(data_dir: Path, obstacle: str) -> None:
    if obstacle == "its sessions":
        data_dir.mkdir()
        (data_dir / "sessions").touch()
        root = data_dir
    else:
        data_dir.touch()
        root = data_dir if obstacle == "the folder" else data_dir / "below"
    with pytest.raises(InputError) as caught:
        Store(root)
    assert caught.value.message.startswith(f"data folder {root} cannot be written: ")
    assert "--data" in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("method", ["mkdir", "touch"])
def test_a_folder_that_may_not_be_written_is_one_line(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, method, refuse)
    with pytest.raises(InputError, match="cannot be written: Permission denied"):
        Store(data_dir)


def free(amount: int) -> Callable[[Path], object]:
    return lambda _: shutil._ntuple_diskusage(total=amount * 2, used=amount, free=amount)  # type: ignore[attr-defined]


def test_no_session_is_opened_when_too_little_space_is_free(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(data_dir, min_free_bytes=1000)
    monkeypatch.setattr(shutil, "disk_usage", free(1000))
    assert not store.has_room()
    with pytest.raises(RefusedError) as caught:
        store.open("s1")
    assert caught.value.code is ErrorCode.STORAGE_FULL
    assert list((data_dir / "sessions").iterdir()) == []
    monkeypatch.setattr(shutil, "disk_usage", free(1001))
    store.open("s1").close()


def test_a_session_that_cannot_be_opened_leaves_no_empty_folder(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(data_dir)
    with monkeypatch.context() as patched:
        patched.setattr(store_module.os, "open", no_space)
        with pytest.raises(RefusedError):
            store.open("s1")
    assert list((data_dir / "sessions").iterdir()) == []
    store.open("s1").close()


def test_a_data_folder_that_went_away_refuses_sessions(data_dir: Path) -> None:
    store = Store(data_dir)
    shutil.rmtree(data_dir)
    with pytest.raises(RefusedError) as caught:
        store.open("s1")
    assert caught.value.code is ErrorCode.STORAGE_FULL


def test_two_sessions_do_not_touch_each_other(data_dir: Path, record: Record) -> None:
    store = Store(data_dir)
    one, two = store.open("s1"), store.open("s2")
    one.append(b"\x01\x00")
    two.append(b"\x02\x00\x02\x00")
    one.finish(record)
    assert (one.sync(), two.sync()) == (1, 2)
    one.close()
    two.close()
    assert (audio(data_dir, "s1"), audio(data_dir, "s2")) == (b"\x01\x00", b"\x02\x00\x02\x00")
    assert names(data_dir, "s2") == {"audio.wav"}


def test_a_session_that_is_there_is_never_opened_again_or_written_over(files: SessionFiles, data_dir: Path) -> None:
    files.append(SECOND)
    with pytest.raises(RefusedError):
        Store(data_dir).open("s1")
    assert audio(data_dir) == SECOND


def test_closing_twice_is_closing_once(files: SessionFiles) -> None:
    files.close()
    files.close()
