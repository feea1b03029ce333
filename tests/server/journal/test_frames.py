"""The bytes of a journal: what is whole opens, what was changed, moved or torn does not."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_server.access.principal import TenantId
from wardscribe_server.journal.frames import FrameSealer, NotAJournalError, encode_head, read_frames, read_head
from wardscribe_server.vault.cipher import KEY_BYTES, Cipher, KeyId

TENANT = TenantId("clinic")
CIPHER = Cipher({KeyId(1): b"k" * KEY_BYTES}, current=KeyId(1), index_key=b"i" * KEY_BYTES)
TEXTS = [b"first", b"", b"third entry", b"x" * 1000]


def written(texts: list[bytes] = TEXTS, *, journal: str = "j1", number: int = 0) -> bytes:
    sealer = FrameSealer(CIPHER, journal=journal, number=number)
    return b"".join(sealer.frame(text) for text in texts)


def read(data: bytes, *, journal: str = "j1") -> list[bytes]:
    return [frame.plaintext for frame in read_frames(io.BytesIO(data), CIPHER, journal=journal)]


def test_what_was_written_is_read_in_order() -> None:
    assert read(written()) == TEXTS


def test_nothing_of_it_can_be_read_without_the_key() -> None:
    assert b"third entry" not in written()
    other = Cipher({KeyId(1): b"o" * KEY_BYTES}, current=KeyId(1), index_key=b"i" * KEY_BYTES)
    assert list(read_frames(io.BytesIO(written()), other, journal="j1")) == []


def test_a_journal_does_not_open_under_another_sessions_name() -> None:
    assert read(written(), journal="j2") == []


@given(cut=st.integers(0, len(written())))
def test_a_torn_end_costs_no_whole_frame(cut: int) -> None:
    data = written()[:cut]
    texts = read(data)
    assert texts == TEXTS[: len(texts)]
    ends = [frame.end for frame in read_frames(io.BytesIO(written()), CIPHER, journal="j1")]
    assert len(texts) == sum(end <= cut for end in ends)


@given(position=st.integers(0, len(written()) - 1), change=st.integers(1, 255))
def test_a_changed_byte_ends_the_journal_before_it(position: int, change: int) -> None:
    data = bytearray(written())
    data[position] ^= change
    texts = read(bytes(data))
    assert texts == TEXTS[: len(texts)]
    assert len(texts) < len(TEXTS)


def test_frames_that_change_places_do_not_open() -> None:
    sealer = FrameSealer(CIPHER, journal="j1")
    first, second, third = (sealer.frame(text) for text in (b"a", b"b", b"c"))
    assert read(first + third + second) == [b"a"]
    assert read(first + first) == [b"a"]


def test_writing_goes_on_with_another_key_after_a_torn_end() -> None:
    data = written()
    frames = list(read_frames(io.BytesIO(data), CIPHER, journal="j1"))
    cut = frames[1]
    again = data[: cut.end] + written([b"again"], number=cut.next_number)
    assert read(again) == [b"first", b"", b"again"]
    assert again[: cut.end] == data[: cut.end]
    assert again[cut.end :] != data[cut.end : len(again)]


def test_garbage_behind_the_last_frame_is_not_read() -> None:
    assert read(written() + b"\xff" * 64) == TEXTS
    assert read(written() + b"\x00" * 64) == TEXTS


def test_the_head_names_the_tenant() -> None:
    file = io.BytesIO(encode_head(TENANT) + b"rest")
    assert read_head(file) == TENANT
    assert file.read() == b"rest"


@pytest.mark.parametrize("data", [b"", b"WSJ1", b"WSJ1\x00\x09clinic", b"RIFF\x00\x02ab", b"WSJ1\x00\x02\xff\xfe"])
def test_another_file_is_no_journal(data: bytes) -> None:
    with pytest.raises(NotAJournalError):
        read_head(io.BytesIO(data))
