"""Dictations of the tests: as they are said, through the written form, to the record; and case files scored."""

import json
from pathlib import Path

from tests.server.understand.gold import Score, compare
from tests.server.understand.reading_tools import understander
from wardscribe_protocol.fields import fields_model
from wardscribe_protocol.record import Language, Record
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.values import words_from_text

_HERE = Path(__file__).parent


def dictated(text: str, *, template: str, language: str) -> Record:
    """The record of a dictation in spoken form."""
    composer = Composer(understander(language), template=template, language=Language(language))
    return composer.compose(words_from_text(text)).record


def fields_of(text: str, *, template: str, language: str) -> dict[str, object]:
    """The fields of a dictation in spoken form."""
    return dict(dictated(text, template=template, language=language).fields)


def cases(name: str) -> list[dict[str, object]]:
    """The cases of one file."""
    return [json.loads(line) for line in (_HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def f1_of(name: str, language: str) -> float:
    """F1 of one file in one language."""
    score = Score()
    for case in cases(name):
        if case["language"] == language:
            record = dictated(str(case["text"]), template=str(case["template"]), language=language)
            compare(case["fields"], record.fields, score)
    assert score.right > 10
    return score.f1


def check_contract(name: str) -> None:
    """Fields of every case fit the record contract, and every leaf has evidence that quotes the text."""
    for case in cases(name):
        check_fields_and_evidence(
            dictated(str(case["text"]), template=str(case["template"]), language=str(case["language"]))
        )


def check_fields_and_evidence(record: Record) -> None:
    """The fields fit the record contract, and every leaf has evidence that quotes the text."""
    model = fields_model(record.template)
    assert model is not None
    model.model_validate(record.fields)
    assert set(record.evidence) == set(_pointers(record.fields, "/fields"))
    for evidence in record.evidence.values():
        assert record.transcript.text[evidence.chars[0] : evidence.chars[1]] == evidence.text


def _pointers(value: object, at: str) -> list[str]:
    if isinstance(value, dict):
        return [path for key, item in value.items() for path in _pointers(item, f"{at}/{key}")]
    if isinstance(value, list):
        return [path for index, item in enumerate(value) for path in _pointers(item, f"{at}/{index}")]
    return [at]
