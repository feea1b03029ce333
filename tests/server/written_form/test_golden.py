"""The golden suites: what is said and what the physician reads, one convention a line."""

import re
from pathlib import Path

import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import format_line, write

HERE = Path(__file__).parent
FILES = {
    "english.tsv": Language.EN,
    "english_cited.tsv": Language.EN,
    "english_dictated.tsv": Language.EN,
    "chinese.tsv": Language.ZH,
    "chinese_cited.tsv": Language.ZH,
    "chinese_dictated.tsv": Language.ZH,
}
# The literal escape says a mark's name; read again without the escape it is the mark.
ESCAPED = {"the word literal meaning", "字面句号二字", "照写换行"}


def rows(name: str) -> list[list[str]]:
    """Spoken form, written form, kind and, in the cited suites, the source that decided the written form."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


PAIRS = [
    pytest.param(spoken, written, language, id=f"{name.removesuffix('.tsv')}-{kind}-{number}")
    for name, language in FILES.items()
    for number, (spoken, written, kind, *_) in enumerate(rows(name))
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
    assert len(rows("chinese.tsv")) >= 250
    assert len(rows("english_cited.tsv")) >= 300
    assert len(rows("chinese_cited.tsv")) >= 250
    assert len(rows("english_dictated.tsv")) >= 700
    assert len(rows("chinese_dictated.tsv")) >= 400


@pytest.mark.parametrize("name", ["english_cited.tsv", "chinese_cited.tsv"])
def test_every_cited_row_names_a_source_of_the_files_head(name: str) -> None:
    head = "".join(re.findall(r"^#.*\n", (HERE / name).read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"([A-Za-z0-9]+)(?=[:,])", head))
    assert {row[3] for row in rows(name)} <= named
