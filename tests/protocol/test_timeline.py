import pytest

from wardscribe_protocol.timeline import Span, samples_from_ms


def test_a_span_is_half_open_and_knows_its_milliseconds() -> None:
    span = Span(16_000, 24_015)
    assert len(span) == 8_015
    assert span.ms() == (1_000, 1_500)
    assert span.shifted(16) == Span(16_016, 24_031)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_a_span_that_runs_backwards_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="span must satisfy"):
        Span(start, end)


def test_milliseconds_become_samples() -> None:
    assert samples_from_ms(100) == 1_600
