"""What is said of a quantity is what a reader of its written form gets back, whatever the quantity."""

from hypothesis import given, settings

from tests.server.written_form.quantities_said import CHINESE, ENGLISH, Said, read_chinese, read_english
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.written_form import format_line


@given(said=ENGLISH)
@settings(max_examples=1000, deadline=None)
def test_an_english_quantity_is_read_back_as_it_was_meant(said: Said) -> None:
    assert read_english(said.kind, format_line(said.spoken, language=Language.EN)) == said.value


@given(said=CHINESE)
@settings(max_examples=1000, deadline=None)
def test_a_chinese_quantity_is_read_back_as_it_was_meant(said: Said) -> None:
    assert read_chinese(said.kind, format_line(said.spoken, language=Language.ZH)) == said.value


@given(said=ENGLISH)
@settings(max_examples=300, deadline=None)
def test_an_english_quantity_stays_when_it_is_written_again(said: Said) -> None:
    written = format_line(said.spoken, language=Language.EN)
    assert format_line(written, language=Language.EN) == written


@given(said=CHINESE)
@settings(max_examples=300, deadline=None)
def test_a_chinese_quantity_stays_when_it_is_written_again(said: Said) -> None:
    written = format_line(said.spoken, language=Language.ZH)
    assert format_line(written, language=Language.ZH) == written
