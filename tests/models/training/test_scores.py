"""What counts as right, and scores that mean what they say."""

import numpy as np
import pytest

from models.training.batches import TAGS, Reader
from models.training.calibration import fitted
from models.training.decoding import Constraint
from models.training.examples import Entity, Example
from models.training.labels import AXES, SECTIONS
from models.training.reading import Reading, readings
from models.training.scores import (
    assertion_figures,
    calibration_error,
    judged,
    relation_scores,
    relations_found,
    section_accuracy,
    spans,
)
from tests.models.training.test_batches import SOURCE

TEXT = "no cough left nodule"
GOLD = (
    Entity(start=3, end=8, label="symptom", presence="absent", certainty="certain"),
    Entity(start=9, end=13, label="laterality"),
    Entity(start=14, end=20, label="finding", presence="present"),
)


def example(**more):
    fields = {"id": "1", "source": "own", "language": "en", "form": "spoken", "text": TEXT, "entities": GOLD, **more}
    return Example(**fields)


def reading(tokenizer, *found, one=None, presence="absent", together=False):
    """What a network would give that is quite sure of these spans, `(start, end, label)`."""
    one = one or example()
    (item,) = Reader(tokenizer, {"own": SOURCE}).items([one])
    logits = {"tags": np.zeros((len(item.ids), len(TAGS)), np.float32)}
    logits["tags"][:, 0] = 4
    for start, end, label in found:
        for order, place in enumerate(at for at, (a, b) in enumerate(item.spans) if start <= a < b <= end):
            logits["tags"][place, TAGS.index(f"{'I' if order else 'B'}-{label}")] = 9
    for axis, values in AXES.items():
        logits[axis] = np.zeros((len(item.ids), len(values)), np.float32)
    logits["presence"][:, AXES["presence"].index(presence)] = 1
    logits["q"] = logits["k"] = np.full((len(item.ids), 64), 1.0 if together else -0.0, np.float32)
    logits["section"] = np.eye(len(SECTIONS), dtype=np.float32)[2]
    return Reading(one, item, logits)


def test_found_spans_are_characters_of_the_text_without_the_space_before(tokenizer):
    seen = spans(reading(tokenizer, (3, 8, "symptom"), (14, 20, "finding")), Constraint.of(TAGS))
    assert [(one.start, one.end, one.kind) for one in seen] == [(3, 8, "symptom"), (14, 20, "finding")]


def test_a_span_with_the_wrong_end_or_label_is_wrong(tokenizer):
    tally = judged([reading(tokenizer, (3, 8, "finding"), (14, 20, "finding"))], SOURCE).tally
    assert (sum(tally.right.values()), sum(tally.found.values()), sum(tally.wanted.values())) == (1, 2, 3)
    assert tally.figures()["f1"] == 0.4


def test_what_a_source_does_not_annotate_is_neither_right_nor_wrong(tokenizer):
    partial = judged([reading(tokenizer, (0, 2, "drug"))], SOURCE).tally
    complete = judged([reading(tokenizer, (0, 2, "drug"))], None).tally
    assert sum(partial.found.values()) == 0
    assert sum(complete.found.values()) == 1


def test_nothing_is_judged_where_the_source_says_unknown(tokenizer):
    unknown = example(entities=(Entity(start=3, end=13, label="unknown"),))
    tally = judged([reading(tokenizer, (3, 8, "symptom"), one=unknown)], None).tally
    assert not tally.found
    assert not tally.wanted


def test_any_allowed_label_is_right(tokenizer):
    wide = example(entities=(Entity(start=3, end=8, label="finding", allowed=("finding", "symptom")),))
    assert judged([reading(tokenizer, (3, 8, "symptom"), one=wide)], SOURCE).tally.figures()["f1"] == 1.0


def test_labels_that_count_as_one_may_stand_for_each_other(tokenizer):
    seen = [reading(tokenizer, (3, 8, "finding"))]
    assert judged(seen, None, alike=frozenset(("finding", "symptom"))).tally.figures()["precision"] == 1.0
    assert judged(seen, None, alike=frozenset(("finding", "disease"))).tally.figures()["precision"] == 0.0


def test_assertion_counts_only_axes_that_are_said(tokenizer):
    figures = assertion_figures([reading(tokenizer)])
    assert figures["entities"] == 2
    assert figures["axes"] == {"presence": 0.5, "certainty": 1.0}
    assert figures["all_axes"] == 0.5


def test_relations_need_both_ends_right(tokenizer):
    told = example(relations=((1, 2),))
    sure = reading(tokenizer, (9, 13, "laterality"), (14, 20, "finding"), one=told, together=True)
    assert relations_found([sure], threshold=0.6, temperature=1.0)["f1"] == 1.0
    wrong = reading(tokenizer, (9, 13, "laterality"), (14, 20, "symptom"), one=told, together=True)
    assert relations_found([wrong], threshold=0.6, temperature=1.0)["f1"] == 0.0
    logits, truths = relation_scores([sure])
    assert len(logits) == len(truths) == 2
    assert truths.sum() == 1


def test_sections_are_counted_where_one_is_said(tokenizer):
    right, silent = example(section=SECTIONS[2]), example()
    seen = [reading(tokenizer, one=right), reading(tokenizer, one=silent)]
    assert section_accuracy(seen) == {"sentences": 1, "accuracy": 1.0}


def test_scores_that_come_true_have_no_calibration_error():
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == 0.0
    assert calibration_error([(0.95, False)] * 4) == pytest.approx(0.95)


def test_a_head_that_is_too_sure_gets_a_temperature_above_one(tokenizer):
    right = reading(tokenizer, presence="absent")
    wrong = reading(tokenizer, one=example(entities=(Entity(start=3, end=8, label="symptom", presence="present"),)))
    for one in (right, wrong):
        one.logits["presence"][:] *= 9
    assert fitted([right, wrong]).temperature["presence"] > 2


def test_every_sentence_is_read_once_and_its_padding_cut_off(tokenizer):
    def run(ids, mask):
        assert ids.shape == mask.shape
        return {"tags": np.zeros((*ids.shape, len(TAGS)), np.float32), "section": np.zeros((len(ids), 3), np.float32)}

    seen = list(readings(run, Reader(tokenizer, {}), [example(), example(text="no cough", entities=())]))
    assert [one.logits["tags"].shape[0] for one in seen] == [len(one.item.ids) for one in seen]
    assert sorted(one.example.text for one in seen) == ["no cough", TEXT]
