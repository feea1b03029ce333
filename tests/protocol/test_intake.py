import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.audio import AudioFrame
from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.intake import AudioIntake


def frame(first: int, samples: int, stream: int = 0) -> AudioFrame:
    return AudioFrame(first, b"".join(n.to_bytes(2, "little") for n in range(first, first + samples)), stream)


def refused(intake: AudioIntake, what: AudioFrame) -> ErrorCode:
    with pytest.raises(RemoteProtocolError) as caught:
        intake.take(what)
    return caught.value.code


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10))))
def test_whatever_frames_come_each_sample_is_taken_once_and_in_order(frames: list[tuple[int, int]]) -> None:
    intake = AudioIntake(window_samples=1_000)
    heard = b""
    for first, samples in frames:
        intake.new_connection()
        if first > intake.next_sample:
            assert refused(intake, frame(first, samples)) is ErrorCode.BAD_SAMPLE_OFFSET
        else:
            heard += intake.take(frame(first, samples))
    assert heard == (frame(0, intake.next_sample).pcm if heard else b"")


def test_a_gap_is_reported_once_until_the_client_has_gone_back() -> None:
    intake = AudioIntake(window_samples=100)
    assert refused(intake, frame(5, 2)) is ErrorCode.BAD_SAMPLE_OFFSET
    assert intake.take(frame(7, 2)) == b""
    assert intake.take(frame(0, 2)) == frame(0, 2).pcm
    assert refused(intake, frame(9, 2)) is ErrorCode.BAD_SAMPLE_OFFSET


def test_audio_beyond_the_credit_is_not_taken() -> None:
    intake = AudioIntake(window_samples=10)
    assert refused(intake, frame(0, 11)) is ErrorCode.CREDIT_EXCEEDED
    assert intake.take(frame(0, 10))
    assert refused(intake, frame(10, 1)) is ErrorCode.CREDIT_EXCEEDED
    intake.mark_consumed(4)
    assert intake.grant()
    assert not intake.grant()
    assert intake.credit_samples == 14
    assert intake.take(frame(10, 4))


def test_a_second_microphone_is_not_known_yet() -> None:
    assert refused(AudioIntake(window_samples=10), frame(0, 1, stream=1)) is ErrorCode.BAD_FRAME


def test_it_is_complete_when_both_totals_agree() -> None:
    intake = AudioIntake(window_samples=10)
    intake.take(frame(0, 2))
    assert not intake.complete
    intake.stop(5)
    intake.stop(5)
    assert not intake.complete
    assert refused(intake, frame(2, 4)) is ErrorCode.TOTAL_MISMATCH
    intake.take(frame(2, 3))
    assert intake.complete


@pytest.mark.parametrize("totals", [(1,), (5, 6), (5, 4)])
def test_a_total_that_contradicts_is_not_taken(totals: tuple[int, ...]) -> None:
    intake = AudioIntake(window_samples=10)
    intake.take(frame(0, 2))
    *before, wrong = totals
    for total in before:
        intake.stop(total)
    with pytest.raises(RemoteProtocolError) as caught:
        intake.stop(wrong)
    assert caught.value.code is ErrorCode.TOTAL_MISMATCH


def test_only_received_audio_can_be_safe_or_consumed() -> None:
    intake = AudioIntake(window_samples=10)
    intake.take(frame(0, 4))
    assert intake.mark_safe(3)
    assert not intake.mark_safe(2)
    assert intake.safe_samples == 3
    for position in (-1, 5):
        with pytest.raises(LocalProtocolError):
            intake.mark_safe(position)
        with pytest.raises(LocalProtocolError):
            intake.mark_consumed(position)
