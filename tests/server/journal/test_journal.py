"""A journal on disk: safe means synced, a full or failing disk loses nothing, only the owner may read it."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_server.access.principal import TenantId
from wardscribe_server.journal.entries import Acknowledged, BadEntryError, Opened, PaceChanged, decode_entry
from wardscribe_server.journal.frames import NotAJournalError
from wardscribe_server.journal.journal import CUT, JOURNAL, Journal, PastJournal
from wardscribe_server.journal.sessions import OVER, RoomSettings, SessionsFolder
from wardscribe_server.pipeline.events import Audio
from wardscribe_server.pipeline.flow import FlowSettings
from wardscribe_server.vault.cipher import KEY_BYTES, Cipher, KeyId

TENANT = TenantId("clinic")
CIPHER = Cipher({KeyId(1): b"k" * KEY_BYTES}, current=KeyId(1), index_key=b"i" * KEY_BYTES)
OPENED = Opened(
    session="s1",
    token="secret",
    user="u1",
    roles=("resident",),
    start={"type": "start", "template": "chest_xray", "language": "en"},
    settings=FlowSettings(tail_step_ms=700),
    at="2026-01-01T00:00:00+00:00",
)
SECOND = b"\x01\x02" * 16_000


def ciphers(tenant: TenantId) -> Cipher:
    assert tenant == TENANT
    return CIPHER


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[SessionsFolder]:
    made = SessionsFolder(tmp_path, ciphers)
    yield made
    made.close()


@pytest.fixture
def journal(folder: SessionsFolder) -> Iterator[Journal]:
    made = folder.create(OPENED, TENANT)
    yield made
    made.close()


def past(tmp_path: Path) -> PastJournal:
    return PastJournal(tmp_path / "sessions" / "s1", ciphers)


def test_what_was_added_and_synced_is_there(journal: Journal, tmp_path: Path) -> None:
    journal.add(Audio(SECOND))
    assert list(past(tmp_path).audio()) == []
    assert journal.sync() == 16_000
    journal.add(PaceChanged(8000))
    journal.sync()
    read = past(tmp_path)
    assert read.tenant == TENANT
    assert list(read.entries()) == [OPENED, Audio(SECOND), PaceChanged(8000)]
    assert read.opened() == OPENED
    assert b"".join(read.audio()) == SECOND


def test_the_token_and_the_words_are_not_shown_when_an_entry_is_printed() -> None:
    assert "secret" not in repr(OPENED)
    assert "chest" not in repr(OPENED)


def failing(times: int, real: Callable[..., object]) -> Callable[..., object]:
    left = [times]

    def call(*arguments: object) -> object:
        if left[0]:
            left[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments)

    return call


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_disk_that_fails_loses_nothing_of_what_was_added(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    journal.add(Audio(SECOND))
    journal.sync()
    journal.add(Audio(SECOND[:100]))
    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing(2, getattr(os, call)))
        for _ in range(2):
            with pytest.raises(RefusedError) as refused:
                journal.sync()
            assert refused.value.code is ErrorCode.STORAGE_FULL
            journal.add(PaceChanged(1))
        assert journal.sync() == 16_050
    assert list(past(tmp_path).entries()) == [
        OPENED,
        Audio(SECOND),
        Audio(SECOND[:100]),
        PaceChanged(1),
        PaceChanged(1),
    ]


def test_writes_that_the_system_cuts_short_are_completed(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:1000]))
    journal.add(Audio(SECOND))
    journal.sync()
    assert b"".join(past(tmp_path).audio()) == SECOND


def test_a_torn_end_is_cut_off_put_aside_and_written_over(journal: Journal, tmp_path: Path) -> None:
    journal.add(Audio(SECOND))
    journal.sync()
    journal.close()
    path = tmp_path / "sessions" / "s1" / JOURNAL
    path.write_bytes(path.read_bytes() + b"\x00\x00\x00\x40torn")
    read = past(tmp_path)
    assert b"".join(read.audio()) == SECOND
    again = Journal.reopen(read, samples=16_000, has_room=lambda: True)
    again.add(Acknowledged(3))
    again.sync()
    again.close()
    assert list(past(tmp_path).entries()) == [OPENED, Audio(SECOND), Acknowledged(3)]
    assert (path.parent / CUT).read_bytes() == b"\x00\x00\x00\x40torn"


def test_every_end_of_a_journal_opens_up_to_its_last_whole_entry(journal: Journal, tmp_path: Path) -> None:
    sizes = [(tmp_path / "sessions" / "s1" / JOURNAL).stat().st_size]
    for number in range(3):
        journal.add(PaceChanged(number))
        journal.sync()
        sizes.append((tmp_path / "sessions" / "s1" / JOURNAL).stat().st_size)
    path = tmp_path / "sessions" / "s1" / JOURNAL
    whole = path.read_bytes()
    for cut in range(sizes[0], len(whole) + 1):
        path.write_bytes(whole[:cut])
        assert len(list(past(tmp_path).entries())) == sum(size <= cut for size in sizes)


def test_only_the_owner_may_read_anything(journal: Journal, folder: SessionsFolder, tmp_path: Path) -> None:
    folder.over("s1", why="finished")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "sessions").rglob("*")}
    assert modes == {".lock": 0o600, "s1": 0o700, JOURNAL: 0o600, OVER: 0o600}


def test_a_session_that_cannot_be_begun_leaves_nothing_behind(
    folder: SessionsFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(1, os.fsync))
        with pytest.raises(RefusedError):
            folder.create(OPENED, TENANT)
    assert [path.name for path in (tmp_path / "sessions").iterdir()] == [".lock"]
    folder.create(OPENED, TENANT).close()


def test_a_session_that_is_there_is_never_begun_again(journal: Journal, folder: SessionsFolder, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        folder.create(OPENED, TENANT)
    assert past(tmp_path).opened() == OPENED


def test_a_second_server_is_refused_until_the_first_lets_go(folder: SessionsFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="in use by another server"):
        SessionsFolder(tmp_path, ciphers)
    folder.close()
    SessionsFolder(tmp_path, ciphers).close()
    folder._lock = os.open(tmp_path, os.O_RDONLY)  # for the fixture to close


@pytest.mark.parametrize("obstacle", [".", "sessions"])
def test_a_file_where_the_folder_should_be_is_one_line_that_names_it(tmp_path: Path, obstacle: str) -> None:
    data = tmp_path / "data"
    place = data / obstacle
    place.parent.mkdir(exist_ok=True)
    place.write_text("in the way")
    with pytest.raises(InputError, match=r"choose another with --data") as refused:
        SessionsFolder(data, ciphers)
    assert str(data) in refused.value.message


def test_only_sessions_that_are_not_over_are_taken_up(folder: SessionsFolder, tmp_path: Path) -> None:
    for name in ("s1", "s2"):
        folder.create(replace(OPENED, session=name), TENANT).close()
    (tmp_path / "sessions" / "empty").mkdir()
    folder.over("s1", why="finished")
    assert [path.name for path in folder.unfinished()] == ["s2"]


def test_no_session_is_begun_that_could_not_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = RoomSettings(max_bytes=1_000_000, window_samples=160_000)  # a window and its entries take 480 000
    folder = SessionsFolder(tmp_path, ciphers, room)
    first = folder.create(OPENED, TENANT)
    assert folder.has_room()
    folder.create(replace(OPENED, session="s2"), TENANT).close()
    with pytest.raises(RefusedError) as refused:
        folder.create(replace(OPENED, session="s3"), TENANT)
    assert refused.value.code is ErrorCode.STORAGE_FULL
    first.add(Audio(b"\0\0" * 100_000))
    first.sync()
    folder.measure()
    assert not folder.has_room()
    folder.released()
    assert folder.has_room()
    first.close()
    folder.close()


def test_a_journal_that_holds_no_first_entry_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "s1"
    folder.mkdir()
    (folder / JOURNAL).write_bytes(b"WSJ1\x00\x06clinic")
    with pytest.raises(NotAJournalError):
        PastJournal(folder, ciphers).opened()


@pytest.mark.parametrize("data", [b"", b"\x03", b"\x02", b'\x02{"kind":"unheard-of"}', b'\x02{"kind":"paced"}'])
def test_an_entry_of_a_later_version_is_said_to_be_one(data: bytes) -> None:
    with pytest.raises(BadEntryError):
        decode_entry(data)
