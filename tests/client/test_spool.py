"""What is kept of dictations on this machine: nothing of them is lost, and nothing of them can be read by others."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wardscribe_client import spool_file
from wardscribe_client.spool import Spool, SpoolSettings, Standing
from wardscribe_client.spool_entries import ENTRY_BYTES, HEAD_BYTES
from wardscribe_client.spool_key import SpoolKey
from wardscribe_client.spool_story import Mark
from wardscribe_client.spooled_dictation import LOG_NAME, SpooledDictation
from wardscribe_protocol.errors import FullError, InputError
from wardscribe_protocol.messages import Closed, Commit, CommittedWord, Context, FieldEdit, PatientContext, Start
from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_protocol.resume_state import ResumeState

CONTEXT = Context(patient=PatientContext(name="Okonkwo"))
START = Start(template="chest_xray", language=Language.EN, token="sesame", context=CONTEXT)
BLOCK = b"".join(value.to_bytes(2, "little") for value in range(1600))
WORD = CommittedWord(id=0, text="oedema", start_ms=0, end_ms=1, confidence=1)
RECORD = Record(
    template="chest_xray", language=Language.EN, transcript=Transcript(raw="a", text="A."), fields={}, evidence={}
)
KEY = SpoolKey.random()


class Today:
    now = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def today() -> Today:
    return Today()


@pytest.fixture
def spool(tmp_path: Path, today: Today) -> Spool:
    return Spool(tmp_path, key=KEY, now=today)


def state(**changes: object) -> ResumeState:
    given = {"session": "s1", "token": "t", "attempts": 1, "stopped": False, "last_seq": 0, "safe_samples": 0}
    start = Start(template="chest_xray", language=Language.EN)
    return ResumeState.model_validate({"start": start, "client_seq": 0} | given | changes)


def closed(seq: int = 1, samples: int = 1600) -> Closed:
    return Closed.of(RECORD, total_samples=samples).model_copy(update={"seq": seq})


def again(spool: Spool, dictation: SpooledDictation) -> SpooledDictation:
    spool.close(dictation)
    return spool.open(dictation.id)


def log_of(dictation: SpooledDictation) -> Path:
    return dictation.folder / LOG_NAME


def test_everything_is_there_again_in_the_next_process(spool: Spool) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    dictation.add_control(FieldEdit(path="/fields/heart_size", value="normal", at_sample=1600))
    dictation.keep(state())
    assert dictation.told(Commit(seq=1, words=(WORD,)))
    dictation.add_audio(BLOCK[::-1])
    dictation = again(spool, dictation)
    assert dictation.start == START.model_copy(update={"token": None})
    assert dictation.captured_samples == dictation.synced_samples == 3200
    assert dictation.audio(0, 10_000) == BLOCK + BLOCK[::-1]
    assert [(placed.at_sample, placed.control.type) for placed in dictation.controls] == [(1600, "field_edit")]
    assert dictation.story.state == state()
    assert not dictation.told(Commit(seq=1, words=(WORD,))), "a message that is here is not taken twice"
    assert [message.type for message in dictation.messages()] == ["commit"]


@pytest.mark.parametrize("span", [(0, 0), (0, 1600), (1599, 1601), (700, 2900), (3199, 3200), (3000, 9999)])
def test_any_stretch_of_the_sound_can_be_played(spool: Spool, span: tuple[int, int]) -> None:
    dictation = spool.create(START)
    for part in (BLOCK, BLOCK[::-1]):
        dictation.add_audio(part)
    assert dictation.audio(*span) == (BLOCK + BLOCK[::-1])[span[0] * 2 : span[1] * 2]


def test_sound_is_played_by_milliseconds_while_it_is_open_and_afterwards(spool: Spool) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    assert spool.audio(dictation.id, 10, 20) == BLOCK[320:640]
    spool.close(dictation)
    assert spool.audio(dictation.id, 10, 20) == BLOCK[320:640]
    with pytest.raises(InputError, match="no such dictation"):
        spool.audio("../../etc", 0, 1)


def test_nothing_of_it_can_be_read_without_the_key(spool: Spool, tmp_path: Path) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    dictation.told(Commit(seq=1, words=(WORD,)))
    dictation.keep(state(token="resume-token"))
    spool.close(dictation)
    found = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (BLOCK[:16], b"Okonkwo", b"chest_xray", b"oedema", b"resume-token", b"sesame", b's1"'):
        assert secret not in found
    (item,) = Spool(tmp_path, key=SpoolKey.random()).items()
    assert item.standing is Standing.UNREADABLE
    assert "key" in (item.problem or "")


def test_only_its_owner_may_look_into_the_folder(spool: Spool) -> None:
    dictation = spool.create(START)
    assert log_of(dictation).stat().st_mode & 0o077 == 0
    assert dictation.folder.stat().st_mode & 0o077 == 0


def test_wherever_a_kill_cuts_the_file_everything_before_is_kept(spool: Spool) -> None:
    dictation = spool.create(START)
    whole = [log_of(dictation).stat().st_size]
    for _ in range(3):
        dictation.add_audio(BLOCK)
        whole.append(log_of(dictation).stat().st_size)
    spool.close(dictation)
    content = log_of(dictation).read_bytes()
    for size in range(whole[0], whole[-1], 97):
        log_of(dictation).write_bytes(content[:size])
        opened = spool.open(dictation.id)
        kept = sum(size >= end for end in whole) - 1
        assert opened.audio(0, 9999) == BLOCK * kept
        opened.add_audio(BLOCK)
        opened = again(spool, opened)
        assert opened.audio(0, 9999) == BLOCK * (kept + 1), "and it goes on from there"
        spool.close(opened)


@pytest.mark.parametrize("torn", [b"", b"\x00" * 5000, os.urandom(5000)])
def test_a_power_cut_leaves_rubbish_behind_which_is_cut_off(spool: Spool, torn: bytes) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    spool.close(dictation)
    with log_of(dictation).open("ab") as file:
        file.write(torn)
    opened = spool.open(dictation.id)
    assert opened.captured_samples == 1600
    assert log_of(dictation).stat().st_size == opened.size_bytes


def test_an_entry_that_the_power_cut_left_half_on_disk_is_cut_off_whole(spool: Spool) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    whole = dictation.size_bytes
    for _ in range(2):
        dictation.add_audio(BLOCK)
    spool.close(dictation)
    content = bytearray(log_of(dictation).read_bytes())
    for end in ((whole + len(content)) // 2, len(content)):
        content[end - 1000 : end] = bytes(1000)  # their places were known to the disk, their contents not yet
    log_of(dictation).write_bytes(content)
    opened = spool.open(dictation.id)
    assert (opened.captured_samples, opened.story.damaged_samples) == (1600, 0)
    assert log_of(dictation).stat().st_size == whole


def test_sound_that_was_damaged_in_the_middle_becomes_silence_and_all_else_stays(spool: Spool) -> None:
    dictation = spool.create(START)
    before = dictation.size_bytes
    for _ in range(3):
        dictation.add_audio(BLOCK)
    spool.close(dictation)
    content = bytearray(log_of(dictation).read_bytes())
    content[before + (dictation.size_bytes - before) // 2] ^= 1  # in the second of three
    log_of(dictation).write_bytes(content)
    opened = spool.open(dictation.id)
    assert opened.audio(0, 9999) == BLOCK + bytes(len(BLOCK)) + BLOCK
    assert opened.story.damaged_samples == 1600


def test_entries_cannot_be_moved_or_swapped(spool: Spool) -> None:
    dictation = spool.create(START)
    first = dictation.size_bytes
    dictation.add_audio(BLOCK)
    dictation.add_audio(BLOCK[::-1])
    spool.close(dictation)
    content = log_of(dictation).read_bytes()
    length = (len(content) - first) // 2
    heads = content[first : first + ENTRY_BYTES], content[first + length : first + length + ENTRY_BYTES]
    swapped = heads[0] + content[first + length + ENTRY_BYTES :] + heads[1]
    log_of(dictation).write_bytes(content[:first] + swapped + content[first + ENTRY_BYTES : first + length])
    assert spool.open(dictation.id).captured_samples == 0


def test_the_same_place_is_never_sealed_twice_alike(spool: Spool) -> None:
    dictation = spool.create(START)
    size = dictation.size_bytes
    dictation.add_audio(BLOCK)
    spool.close(dictation)
    once = log_of(dictation).read_bytes()
    log_of(dictation).write_bytes(once[: size + 40])
    opened = spool.open(dictation.id)
    opened.add_audio(BLOCK)
    nonce = slice(size + ENTRY_BYTES, size + ENTRY_BYTES + 12)
    assert log_of(dictation).read_bytes()[nonce] != once[nonce]


def test_a_session_that_is_given_up_leaves_sound_and_edits_and_nothing_that_was_told(spool: Spool) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    dictation.add_control(FieldEdit(path="/fields/heart_size", value="normal"))
    dictation.keep(state(client_seq=1))
    dictation.told(Commit(seq=1, words=(WORD,)))
    assert dictation.controls_given == 1
    dictation.mark(Mark.RESTARTED)
    for opened in (dictation, again(spool, dictation)):
        assert (opened.story.state, opened.controls_given, len(opened.controls)) == (None, 0, 1)
        assert list(opened.messages()) == []
        assert opened.audio(0, 1600) == BLOCK
    assert opened.told(Commit(seq=1, words=(WORD,))), "the next session counts from one"


def test_a_state_that_only_knows_of_more_safe_sound_is_not_written_every_time(spool: Spool) -> None:
    dictation = spool.create(START)
    dictation.keep(state())
    size = dictation.size_bytes
    dictation.keep(state(safe_samples=1600))
    assert dictation.size_bytes == size
    dictation.keep(state(safe_samples=40_000))
    assert dictation.size_bytes > size
    size = dictation.size_bytes
    dictation.keep(state(safe_samples=40_000, last_seq=1))
    assert dictation.size_bytes > size


def test_dictations_are_listed_with_how_far_they_have_come(spool: Spool) -> None:
    made = [spool.create(START) for _ in range(5)]
    for dictation in made:
        dictation.add_audio(BLOCK)
    made[1].mark(Mark.STOPPED)
    made[2].told(closed())
    made[3].told(closed())
    made[3].mark(Mark.SIGNED)
    made[2].keep(state(session="s7"))
    for dictation in made[:4]:
        spool.close(dictation)
    by_id = {item.id: item for item in spool.items()}
    standings = [by_id[dictation.id].standing for dictation in made]
    assert standings == [Standing.OPEN, Standing.UNSENT, Standing.RECORDED, Standing.SIGNED, Standing.IN_USE]
    assert by_id[made[0].id].seconds == 0.1
    assert by_id[made[0].id].start == START.model_copy(update={"token": None})
    assert {item.id for item in spool.unsent()} == {made[0].id, made[1].id}
    assert spool.of_session("s7/2") == made[2].id
    other = {item.id: item.standing for item in Spool(spool.folder, key=KEY).items()}
    assert other[made[4].id] is Standing.IN_USE, "another window sees it too"
    with pytest.raises(InputError, match="another window"):
        Spool(spool.folder, key=KEY).open(made[4].id)


def test_a_list_is_right_after_a_kill_too(spool: Spool) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    dictation = again(spool, dictation)
    dictation.add_audio(BLOCK)
    os.close(dictation._descriptor)
    dictation._lock.release()  # as when the process is gone: nothing was said at the end
    (item,) = Spool(spool.folder, key=KEY).items()
    assert (item.standing, item.seconds) == (Standing.OPEN, 0.2)


def test_what_is_safe_and_signed_goes_after_its_time_and_nothing_else_does(spool: Spool, today: Today) -> None:
    today.now = datetime.now(UTC)
    kept, signed, only_marked, discarded = (spool.create(START) for _ in range(4))
    for dictation in (kept, signed):
        dictation.told(closed())
    for dictation in (kept, signed, only_marked, discarded):
        spool.close(dictation)
    spool.mark_signed(signed.id)
    spool.mark_signed(only_marked.id)
    spool.discard(discarded.id)
    assert spool.settle() == []
    today.now += timedelta(days=2)
    assert spool.settle() == [discarded.id]
    today.now += timedelta(days=6)
    assert spool.settle() == [signed.id]
    today.now += timedelta(days=4000)
    assert spool.settle() == [], "not signed, or never safe on a server: kept for as long as it takes"
    assert {item.id for item in spool.items()} == {kept.id, only_marked.id}


def test_a_folder_that_a_kill_left_empty_goes(spool: Spool) -> None:
    dictation = spool.create(START)
    spool.close(dictation)
    log_of(dictation).write_bytes(log_of(dictation).read_bytes()[: HEAD_BYTES - 3])
    assert spool.settle() == [dictation.id]


def test_a_spool_that_is_full_refuses_the_next_dictation_and_says_what_to_do(tmp_path: Path) -> None:
    spool = Spool(tmp_path, key=KEY, settings=SpoolSettings(max_mib=2), free_bytes=lambda _: 10**12)
    dictation = spool.create(START)
    for _ in range(350):
        dictation.add_audio(BLOCK)
    with pytest.raises(FullError, match="send or sign some"):
        spool.create(START)
    assert spool.audio(dictation.id, 0, 100) == BLOCK, "what is there is not touched"


def test_a_disk_that_is_nearly_full_refuses_too(tmp_path: Path) -> None:
    spool = Spool(tmp_path, key=KEY, free_bytes=lambda _: 100 * 2**20)
    with pytest.raises(FullError, match="make room"):
        spool.create(START)


def test_a_disk_that_fills_in_mid_block_keeps_all_blocks_before(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)
    real, left = os.write, [1000]

    def write(descriptor: int, content: bytes) -> int:
        if not left[0]:
            raise OSError(28, "No space left on device")
        taken = real(descriptor, content[: left[0]])
        left[0] -= taken
        return taken

    monkeypatch.setattr(spool_file.os, "write", write)
    with pytest.raises(FullError, match="make room"):
        dictation.add_audio(BLOCK)
    left[0] = 10**9
    assert dictation.captured_samples == 1600
    dictation.add_audio(BLOCK)
    monkeypatch.undo()
    assert again(spool, dictation).audio(0, 9999) == BLOCK * 2


def test_a_disk_that_fails_while_it_is_read_costs_that_stretch_only(spool: Spool) -> None:
    dictation = spool.create(START)
    before = dictation.size_bytes
    for _ in range(3):
        dictation.add_audio(BLOCK)
    with log_of(dictation).open("r+b") as file:
        file.seek(before + (dictation.size_bytes - before) // 2)
        file.write(b"rubbish")
    assert dictation.audio(0, 9999) == BLOCK + bytes(len(BLOCK)) + BLOCK


def test_a_disk_that_cannot_sync_is_said(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    dictation = spool.create(START)
    dictation.add_audio(BLOCK)

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("wardscribe_client.spooled_dictation.os.fsync", fail)
    with pytest.raises(FullError, match="Input/output error"):
        dictation.sync()
    assert dictation.synced_samples == 0, "what is not on the disk is not sent"
