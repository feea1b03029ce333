"""The golden suites: what is said and what the physician reads, one convention a line."""

from pathlib import Path

import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import format_line, write

HERE = Path(__file__).parent
FILES = {"english.tsv": Language.EN, "chinese.tsv": Language.ZH}
# The literal escape says a mark's name; read again without the escape it is the mark.
ESCAPED = {"the word literal meaning", "字面句号二字", "照写换行"}


def rows(name: str) -> list[tuple[str, str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if line and not line.startswith("#")]  # type: ignore[misc]


PAIRS = [
    pytest.param(spoken, written, language, id=f"{language}-{kind}-{number}")
    for name, language in FILES.items()
    for number, (spoken, written, kind) in enumerate(rows(name))
]


@pytest.mark.parametrize(("spoken", "written", "language"), PAIRS)
def test_spoken_form_becomes_its_written_form(spoken: str, written: str, language: Language) -> None:
    assert format_line(spoken, language=language) == written


@pytest.mark.parametrize(("spoken", "written", "language"), PAIRS)
def test_written_form_stays_as_it_is_when_written_again(spoken: str, written: str, language: Language) -> None:
    if spoken in ESCAPED or "\\n" in written:
        return
    assert format_line(written, language=language) == written


@pytest.mark.parametrize(("spoken", "written", "language"), PAIRS)
def test_every_character_that_is_no_separator_comes_from_words_in_order(
    spoken: str, written: str, language: Language
) -> None:
    result = write(words_from_text(spoken), language=language)
    covered = {position for piece in result.pieces for position in range(piece.start, piece.end)}
    assert [char for position, char in enumerate(result.text) if not char.isspace() and position not in covered] == []
    assert all(piece.words for piece in result.pieces)
    ends = [piece.end for piece in result.pieces]
    assert all(piece.start >= end for piece, end in zip(result.pieces[1:], ends, strict=False))
    firsts = [piece.words[0].id for piece in result.pieces]
    assert firsts == sorted(firsts)


def test_the_suites_are_as_large_as_they_claim() -> None:
    assert len(rows("english.tsv")) >= 300
    assert len(rows("chinese.tsv")) >= 240
