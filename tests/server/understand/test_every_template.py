"""Over all templates and both languages: every value has its proof, and the report prints it in its place."""

import re

import pytest

from tests.seeded_errors.judging import reports
from tests.seeded_errors.seeding import Report
from tests.server.understand.dictations import dictated
from wardscribe_protocol.fields import fields_model
from wardscribe_protocol.record import Record, Source
from wardscribe_server.catalog import load_catalog
from wardscribe_server.pipeline.pointers import leaves
from wardscribe_server.pipeline.understanding.report import render_text

_REPORTS = [
    report
    for name in ("reports_dev", "reports_held_out")
    for language in ("en", "zh")
    for report in reports(name, language)
]
_all = pytest.mark.parametrize("report", _REPORTS, ids=lambda report: report.id)


def _record(report: Report) -> Record:
    return dictated(report.text, template=report.template, language=report.language)


@_all
def test_every_leaf_has_evidence_that_quotes_the_text(report: Report) -> None:
    record = _record(report)
    model = fields_model(report.template)
    assert model is not None
    model.model_validate(record.fields)
    assert record.evidence.keys() == leaves(record.fields).keys()
    for path, evidence in record.evidence.items():
        assert evidence.chars is not None
        assert evidence.text == record.transcript.text[slice(*evidence.chars)], path
        assert evidence.text.strip(), path


@_all
def test_a_computed_value_names_what_it_comes_from(report: Report) -> None:
    record = _record(report)
    known = {"/transcript/text", *record.evidence}
    lists = {path.rpartition("/")[0] for path in record.evidence}
    for evidence in record.evidence.values():
        assert (evidence.computed_from is not None) == (evidence.source is Source.COMPUTED)
        assert set(evidence.computed_from or ()) <= known | lists


@_all
def test_the_report_prints_the_sections_in_the_templates_order(report: Report) -> None:
    record = _record(report)
    template = load_catalog().template(report.template)
    blocks = render_text(record, template).rstrip("\n").split("\n\n")
    assert blocks[0] == template.labels.of(record.language)
    heads = [block.partition("\n")[0] for block in blocks[1:]]
    labels = [section.labels.of(record.language) for section in template.sections]
    printed = [head for head in heads if head in labels]
    assert printed == sorted(printed, key=labels.index)
    filled = {spec.section for spec in template.fields if spec.id in record.fields}
    assert printed == [section.labels.of(record.language) for section in template.sections if section.id in filled]


@_all
def test_a_chinese_report_has_no_english_codes(report: Report) -> None:
    if report.language == "zh":
        text = render_text(_record(report), load_catalog().template(report.template))
        codes = r"\b(?:present|absent|possible|left|right|bilateral|bid|tid|daily|oral|P\d+[DWMY]|normal|male|female)\b"
        assert not re.search(codes, text), text
