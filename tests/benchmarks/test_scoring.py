import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import FieldScorer, Scored, Slots, field_figures

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language, Record, Transcript

COUNTS = st.integers(0, 50)


def record(**fields):
    return Record(
        template="chest_xray", language=Language.EN, transcript=Transcript(raw="", text=""), fields=fields, evidence={}
    )


def test_a_scorer_is_loaded_by_path_and_asked_for_each_record(scorer_file, case):
    scorer = FieldScorer(scorer_file)
    assert scorer.score(case(), record(heart_size="normal")) == Slots(right=1)
    assert scorer.score(case(), record(heart_size="enlarged")) == Slots(wrong=1, critical=1)
    assert scorer.score(case(), None) == Slots(missed=1)


def test_a_file_that_is_no_scorer_is_refused(tmp_path):
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    for name in ("other.py", "none.py", "."):
        with pytest.raises(InputError):
            FieldScorer(tmp_path / name)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_f1_lies_between_precision_and_recall(right, missed, extra, wrong):
    figures = Slots(right, missed, extra, wrong).figures()
    low, high = sorted([figures["precision"], figures["recall"]])
    assert low - 1e-4 <= figures["f1"] <= high + 1e-4


def test_f1_of_counts_worked_out_by_hand():
    figures = Slots(right=6, missed=2, extra=1, wrong=1, critical=1).figures()
    assert (figures["precision"], figures["recall"], figures["f1"]) == (0.75, 0.6667, 0.7059)
    assert (figures["slots"], figures["critical_wrong"]) == (9, 1)


def test_a_template_that_the_product_does_not_know_counts_in_all_and_not_in_supported(case):
    scored = [
        Scored(case("a"), Slots(right=3), supported=True),
        Scored(case("b", language="zh"), Slots(right=1), supported=True),
        Scored(case("c", template="dental"), Slots(missed=4), supported=False),
    ]
    figures = field_figures(scored)
    assert figures["all"]["recall"] == 0.5
    assert figures["supported"]["recall"] == 1.0
    assert figures["supported_en"]["slots"] == 3
    assert figures["by_template"]["en dental"]["f1"] == 0.0
    assert figures["by_language"]["zh"]["slots"] == 1
    assert figures["unsupported_templates"] == ["dental"]
