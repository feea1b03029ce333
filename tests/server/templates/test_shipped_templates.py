"""The nine shipped templates are complete, and agree with the record contract, the fillers and the cue tables."""

from types import UnionType
from typing import Literal, get_args, get_origin

import pytest

from wardscribe_protocol.fields import TEMPLATES, FieldsModel
from wardscribe_protocol.record import Language
from wardscribe_server.catalog import Template, load_catalog
from wardscribe_server.catalog.kinds import load_kinds
from wardscribe_server.catalog.template import FieldKind
from wardscribe_server.catalog.units import load_units
from wardscribe_server.pipeline.understanding.cueing import cue_phrases
from wardscribe_server.pipeline.understanding.fill import FILLERS
from wardscribe_server.pipeline.values import Label

_UNITS = ("mm", "ml", "g", "min")


@pytest.fixture(params=sorted(TEMPLATES))
def template(request: pytest.FixtureRequest) -> Template:
    return load_catalog().template(request.param)


def test_the_catalog_ships_the_nine_of_the_contract() -> None:
    assert set(load_catalog().ids) == set(TEMPLATES)


def test_fields_are_those_of_the_contract(template: Template) -> None:
    assert {spec.id for spec in template.fields} == set(TEMPLATES[template.id].model_fields) - {"patient"}


def test_enumerations_list_the_codes_of_the_contract(template: Template) -> None:
    for spec in template.fields:
        codes = _codes(TEMPLATES[template.id].model_fields[spec.id].annotation)
        assert set(spec.codes) == codes, spec.id


def test_a_field_whose_name_ends_with_a_unit_says_the_unit(template: Template) -> None:
    for spec in template.fields:
        suffix = spec.id.rpartition("_")[2]
        assert spec.unit == (suffix if suffix in _UNITS else ""), spec.id


def test_labels_and_headings_are_there_in_both_languages(template: Template) -> None:
    for language in Language:
        for section in template.sections:
            assert section.labels.of(language)
            assert bool(section.headings.en) == bool(section.headings.zh), section.id
        for spec in template.fields:
            assert spec.labels.of(language)
    han = [spec for spec in template.fields if not any("\u4e00" <= char <= "\u9fff" for char in spec.labels.zh)]
    assert not han


def test_the_document_has_its_code_and_what_signing_needs(template: Template) -> None:
    assert template.loinc
    assert any(section.loinc for section in template.sections)
    assert template.fhir == ("DiagnosticReport" if template.loinc in _REPORTS else "Composition")


_REPORTS = ("36643-5", "24627-2", "24842-7", "24558-9", "11526-1")


def test_signing_without_what_the_document_is_about_is_prohibited_or_alerts() -> None:
    required = {
        name: {spec.id: spec.at_signing for spec in template.fields if spec.required}
        for name, template in load_catalog().templates.items()
    }
    assert required["operative"]["procedure"] == "prohibit"
    assert required["pathology_gross"]["specimen"] == "prohibit"
    assert required["discharge"]["discharge_diagnoses"] == "prohibit"
    assert required["chest_xray"]["impression"] is None, "as the check says: a person decides"


def test_every_kind_of_field_has_a_filler_and_says_what_feeds_it() -> None:
    kinds = load_kinds()
    assert set(kinds) == set(FILLERS) == set(get_args(FieldKind))
    said = {kind for language in Language for _, kind, _ in cue_phrases(language)}
    for name, kind in kinds.items():
        assert set(kind.entities) <= set(Label), name
        assert set(kind.cues) <= said, name
        assert kind.fhir, name


def test_units_convert_to_what_their_name_says() -> None:
    units = load_units()
    assert dict(units["mm"].written)["厘米"] == 10
    assert dict(units["ml"].written)["L"] == 1000
    assert units["1"].is_bare


def _codes(annotation: object) -> set[str]:
    """String codes of a literal anywhere in an annotation, but not inside an entry."""
    if isinstance(annotation, type) and issubclass(annotation, FieldsModel):
        return set()
    if get_origin(annotation) is Literal:
        return {str(code) for code in get_args(annotation)}
    if isinstance(annotation, UnionType) or get_origin(annotation) is not None:
        return {code for inner in get_args(annotation) for code in _codes(inner)}
    return set()
