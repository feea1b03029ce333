"""The Mandarin dictation corpus: every file is spoken form with its head, and no line stands twice."""

import re
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "lexicons" / "build" / "corpus" / "zh"
FILES = sorted(CORPUS.glob("*.txt"))

SPOKEN = re.compile(r"[\u4e00-\u9fffA-Za-zακβ，、； ]+")
"""Han characters, the letters of abbreviations, and the marks for a pause: no figures, no other punctuation."""

# Traditional forms of frequent clinical characters: one of them in a line means that text was pasted from elsewhere.
TRADITIONAL = set("無見醫師檢體腫結節顯雙側葉縱膽腎腦頸術後診斷療藥劑靜脈動壓門與較變異狀態發熱點線關頭長圓邊緣現難氣")


def lines_of(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_names_its_source_and_its_licence(path: Path) -> None:
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert any("Source:" in line and "Licence: Apache-2.0" in line for line in head)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lines_are_in_spoken_form_and_simplified(path: Path) -> None:
    lines = lines_of(path)
    assert lines
    assert [line for line in lines if not SPOKEN.fullmatch(line) or line != line.strip()] == []
    assert [line for line in lines if TRADITIONAL & set(line)] == []


def test_no_line_stands_twice() -> None:
    seen: set[str] = set()
    twice = []
    for path in FILES:
        for line in lines_of(path):
            if line in seen:
                twice.append((path.name, line))
            seen.add(line)
    assert twice == []


def test_the_corpus_is_not_empty() -> None:
    assert len(FILES) >= 15
