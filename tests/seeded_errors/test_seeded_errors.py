"""Errors seeded into clean reports: nearly all are found, and clean reports are left alone."""

from functools import cache

import pytest

from tests.seeded_errors.judging import Tally, judged, reports
from tests.seeded_errors.phrases import DEVELOPED, HELD_OUT, OTHERS

_FILES = {"reports_dev": DEVELOPED, "reports_held_out": HELD_OUT, "reports_others": OTHERS}
_TEMPLATES = 9


@cache
def _tally(name: str, language: str) -> Tally:
    return judged(reports(name, language), _FILES[name])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", _FILES)
def test_nineteen_of_twenty_seeded_errors_are_found(name: str, language: str) -> None:
    tally = _tally(name, language)
    assert tally.recall >= 0.95, tally.missed


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_clean_report_raises_a_check_in_one_of_ten_at_most(language: str) -> None:
    tallies = [_tally(name, language) for name in _FILES]
    alarms = [alarm for tally in tallies for alarm in tally.alarms]
    assert len(alarms) <= 0.1 * sum(tally.reports for tally in tallies), alarms


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_are_enough_reports_and_errors_of_enough_kinds(language: str) -> None:
    tallies = [_tally(name, language) for name in _FILES]
    assert sum(tally.reports for tally in tallies) >= 30
    assert sum(tally.sown.total() for tally in tallies) >= 150
    assert len({operator for tally in tallies for operator in tally.sown}) >= 20
    assert len({report.template for name in _FILES for report in reports(name, language)}) == _TEMPLATES


@pytest.mark.parametrize("language", ["en", "zh"])
def test_held_out_reports_are_no_copies(language: str) -> None:
    texts = [report.text for name in _FILES for report in reports(name, language)]
    assert len(texts) == len(set(texts))
