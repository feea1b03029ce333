import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.backlog import Backlog
from wardscribe_protocol.errors import ErrorCode, FullError, LocalProtocolError, RemoteProtocolError


def pcm(first: int, samples: int) -> bytes:
    return b"".join(n.to_bytes(2, "little") for n in range(first, first + samples))


def test_audio_is_kept_until_it_is_safe() -> None:
    backlog = Backlog(capacity_samples=10)
    backlog.append(pcm(0, 6))
    assert backlog.take(4) == pcm(0, 4)
    assert backlog.take(4) == pcm(4, 2)
    assert backlog.take(4) == b""
    assert backlog.room == 4
    backlog.release(5)
    assert (backlog.safe, backlog.cursor, backlog.end, backlog.room) == (5, 6, 6, 9)
    backlog.release(3)
    assert backlog.safe == 5
    backlog.rewind(5)
    assert backlog.take(9) == pcm(5, 1)


def test_a_full_backlog_takes_nothing_and_drops_nothing() -> None:
    backlog = Backlog(capacity_samples=3)
    backlog.append(pcm(0, 2))
    with pytest.raises(FullError):
        backlog.append(pcm(2, 2))
    assert backlog.end == 2
    assert backlog.take(9) == pcm(0, 2)


def test_a_spool_hands_over_again_and_what_is_safe_meanwhile_is_not_kept() -> None:
    backlog = Backlog(capacity_samples=4, first=10, captured=20)
    backlog.release(16)
    backlog.rewind(18)
    assert (backlog.safe, backlog.cursor, backlog.end, backlog.unsent, backlog.room) == (16, 18, 10, 0, 10)
    backlog.append(pcm(10, 5))
    assert (backlog.end, backlog.room, backlog.take(9)) == (15, 5, b"")
    backlog.append(pcm(15, 5))
    assert (backlog.end, backlog.room, backlog.unsent) == (20, 0, 2)
    assert backlog.take(9) == pcm(18, 2)
    backlog.rewind(16)
    assert backlog.take(9) == pcm(16, 4)


def test_nobody_has_audio_beyond_what_was_captured() -> None:
    backlog = Backlog(capacity_samples=4, first=10, captured=12)
    for act in (backlog.rewind, backlog.release):
        with pytest.raises(RemoteProtocolError) as caught:
            act(13)
        assert caught.value.code is ErrorCode.BAD_SAMPLE_OFFSET


def test_half_a_sample_is_a_bug_here() -> None:
    with pytest.raises(LocalProtocolError):
        Backlog(capacity_samples=3).append(b"\0")


def test_what_is_safe_need_not_be_sent() -> None:
    backlog = Backlog(capacity_samples=10)
    backlog.append(pcm(0, 6))
    backlog.release(4)
    assert backlog.take(9) == pcm(4, 2)


def test_forgotten_audio_cannot_be_sent_again() -> None:
    backlog = Backlog(capacity_samples=10)
    backlog.append(pcm(0, 6))
    backlog.release(4)
    with pytest.raises(RemoteProtocolError) as caught:
        backlog.rewind(3)
    assert caught.value.code is ErrorCode.AUDIO_LOST


def test_audio_that_was_never_captured_can_be_neither_asked_for_nor_safe() -> None:
    backlog = Backlog(capacity_samples=10)
    backlog.append(pcm(0, 6))
    for act in (backlog.rewind, backlog.release):
        with pytest.raises(RemoteProtocolError) as caught:
            act(7)
        assert caught.value.code is ErrorCode.BAD_SAMPLE_OFFSET


@given(st.lists(st.tuples(st.sampled_from(["append", "take", "release", "rewind"]), st.integers(0, 12))))
def test_the_backlog_always_holds_exactly_what_is_not_safe(steps: list[tuple[str, int]]) -> None:
    backlog = Backlog(capacity_samples=20)
    for what, n in steps:
        first = backlog.cursor
        match what:
            case "append":
                n = min(n, backlog.room)
                backlog.append(pcm(backlog.end, n))
            case "take":
                taken = backlog.take(n)
                assert taken == pcm(first, len(taken) // 2)
            case "release":
                backlog.release(min(backlog.safe + n, backlog.end))
            case _:
                backlog.rewind(min(backlog.safe + n, backlog.end))
        assert backlog.safe <= backlog.cursor <= backlog.end
        assert backlog.end - backlog.safe <= 20
