"""The benchmark of the written form: its result file, and that a slip is counted as one."""

import json
import random

import pytest
import written_form
from dose_sentences import sentence, slips

from wardscribe_protocol.record import Language


def test_a_run_writes_its_figures_and_where_they_come_from(tmp_path):
    out = tmp_path / "form.json"
    assert written_form.main(["--sentences", "40", "--rounds", "1", "--out", str(out)]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["schema"] == "wardscribe.benchmark.written_form/1"
    assert set(result["figures"]) == {"en", "zh"}
    assert result["figures"]["en"]["sentences"] == 20
    assert result["figures"]["en"]["words_per_second"] > 0
    assert result["commit"].keys() == {"hash", "dirty"}


def test_without_a_file_the_result_goes_to_standard_output(capsys):
    assert written_form.main(["--sentences", "10", "--rounds", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == 20261123


@pytest.mark.parametrize("language", list(Language))
def test_a_sentence_says_the_quantities_that_come_with_it(language):
    spoken, quantities = sentence(random.Random(1), language=language)
    assert spoken
    assert all(any(char.isdigit() for char in quantity) for quantity in quantities)


def test_a_changed_dose_side_or_negation_is_a_slip():
    spoken, right = "no left effusion ten milligrams", "no left effusion 10 mg"
    assert not slips(spoken, right, ["10 mg"], language=Language.EN).any
    assert slips(spoken, "no left effusion 100 mg", ["10 mg"], language=Language.EN).quantity
    assert slips(spoken, "no right effusion 10 mg", ["10 mg"], language=Language.EN).guarded
    assert slips("无左侧积液", "左侧积液", [], language=Language.ZH).guarded
    assert slips("五毫克", "15毫克", ["5毫克"], language=Language.ZH).quantity


def test_a_slip_ends_the_run_with_1(monkeypatch, tmp_path):
    monkeypatch.setattr(written_form, "slips", lambda *_, **__: slips("no", "", [], language=Language.EN))
    assert written_form.main(["--sentences", "4", "--rounds", "1", "--out", str(tmp_path / "form.json")]) == 1
