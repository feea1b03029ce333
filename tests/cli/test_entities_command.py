"""`wardscribe entities` with a tagger: one JSON line for each line, characters of the line, who finds what."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.engines.tiny_tagger import write_tagger
from wardscribe_cli.__main__ import Exit, main

Found = Callable[..., list[list[dict[str, object]]]]
WORDS = {"glimmer": ("B-finding", "absent"), "quelling": ("I-finding",)}
KEYS = ["label", "start", "end", "text", "score", "presence", "certainty", "time", "subject"]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def run(given: str, *arguments: str, folder: Path | None = None) -> int:
        source = tmp_path / "stdin"
        source.write_text(given, encoding="utf-8")
        with source.open(encoding="utf-8") as stdin, monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", stdin)
            patched.setenv("WARDSCRIBE_TAGGER_FOLDER", str(folder or write_tagger(tmp_path / "tiny", WORDS)))
            return main(["entities", "--lang", "en", *arguments])

    return run


@pytest.fixture
def found(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> Found:
    def run(given: str, *arguments: str) -> list[list[dict[str, object]]]:
        assert call(given, *arguments) == Exit.DONE
        return [json.loads(line)["entities"] for line in capsys.readouterr().out.splitlines()]

    return run


def test_a_line_has_what_the_tagger_and_what_the_rules_find(found: Found) -> None:
    line = "denies glimmer quelling but has a small effusion"
    (entities,) = found(line + "\n")
    by_text = {entity["text"]: entity for entity in entities}
    assert all(list(entity) == KEYS for entity in entities)
    assert all(line[entity["start"] : entity["end"]] == entity["text"] for entity in entities)
    assert by_text["glimmer quelling"]["label"] == by_text["effusion"]["label"] == "finding"
    assert by_text["glimmer quelling"]["presence"] == "absent"
    assert by_text["effusion"]["presence"] == "present"
    assert all(0 < entity["score"] <= 1 for entity in entities)


def test_one_of_the_two_may_be_asked_alone(found: Found) -> None:
    line = "glimmer quelling and a small effusion\n"
    (tagger,), (rules,) = found(line, "--layer", "tagger"), found(line, "--layer", "rules")
    assert [entity["text"] for entity in tagger] == ["glimmer quelling"]
    assert "effusion" in [entity["text"] for entity in rules]
    assert "glimmer quelling" not in [entity["text"] for entity in rules]


def test_an_empty_line_has_none_and_a_long_one_is_tagged_to_its_end(found: Found) -> None:
    long = "word " * 700 + "glimmer quelling"
    empty, entities, blank = found(f"\n{long}\n   \n")
    assert empty == blank == []
    assert [(entity["start"], entity["text"]) for entity in entities if entity["presence"] == "absent"] == [
        (3500, "glimmer quelling")
    ]


def test_a_folder_that_is_no_tagger_is_one_line(
    call: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, said in ((tmp_path / "nowhere", "no such folder"), (tmp_path, "labels.json")):
        assert call("glimmer\n", folder=folder) == Exit.BAD_USAGE
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1
        assert said in printed.err


def test_without_a_tagger_it_cannot_be_asked_alone(
    call: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WARDSCRIBE_TAGGER", "false")
    assert call("glimmer\n", "--layer", "tagger") == Exit.BAD_USAGE
    assert "there is no tagger" in capsys.readouterr().err
    assert call("glimmer quelling\n") == Exit.DONE
