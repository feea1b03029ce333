"""From outputs of a network to entities: the search, the scores, what may never be."""

import itertools
import random
from collections.abc import Sequence

import numpy as np
import pytest

from wardscribe_server.pipeline.understanding.tag_decoding import Floats, Outputs, OutputShape, decoded
from wardscribe_server.pipeline.values import Certainty, Label, Presence, Subject, When

TAGS = ("O", "B-finding", "I-finding", "B-anatomy", "I-anatomy", "B-measurement", "I-measurement")
AXES = {
    "presence": ("present", "absent", "possible"),
    "certainty": ("certain", "hedged", "conditional"),
    "time": ("now", "past", "future"),
    "subject": ("patient", "family", "other"),
}
SHAPE = OutputShape(tags=TAGS, axes=AXES, sections=("findings", "plan"))


def offsets(text: str) -> tuple[tuple[int, int], ...]:
    """One token a word, with the space before it as tokenisers give it; special ones at both ends."""
    found, at = [(0, 0)], 0
    for word in text.split(" "):
        found.append((max(0, at - 1), at + len(word)))
        at += len(word) + 1
    return (*found, (0, 0))


def outputs(
    tags: Floats, places: Sequence[tuple[int, int]], *, q: Floats | None = None, k: Floats | None = None, **axes: Floats
) -> Outputs:
    count = len(places)
    flat = np.zeros((count, 3), dtype=np.float32)
    flat[:, 0] = 1.0
    none = np.zeros((count, 64), dtype=np.float32)
    return Outputs(
        tags=tags,
        axes={axis: axes.get(axis, flat) for axis in AXES},
        q=none if q is None else q,
        k=none if k is None else k,
        section=np.array([0.0, 2.0], dtype=np.float32),
        offsets=tuple(places),
    )


def sure(text: str, *names: str, raised: float = 8.0) -> Outputs:
    """A network that is sure of a tag for each word."""
    places = offsets(text)
    tags = np.zeros((len(places), len(TAGS)), dtype=np.float32)
    for row, name in enumerate(names, start=1):
        tags[row, TAGS.index(name)] = raised
    return outputs(tags, places)


def found(text: str, *names: str) -> list[tuple[str, str]]:
    answer = decoded(sure(text, *names), SHAPE, text)
    return [(text[span.start : span.end], span.label.value) for span in answer.spans]


def test_runs_of_tags_are_entities_in_characters_without_the_space_before() -> None:
    text = "small nodule left lung measuring 12 mm"
    tags = ("B-finding", "I-finding", "B-anatomy", "I-anatomy", "O", "B-measurement", "I-measurement")
    assert found(text, *tags) == [
        ("small nodule", "finding"),
        ("left lung", "anatomy"),
        ("12 mm", "measurement"),
    ]


def test_two_entities_of_one_label_may_stand_side_by_side() -> None:
    assert found("cough fever", "B-finding", "B-finding") == [("cough", "finding"), ("fever", "finding")]


def test_an_entity_does_not_go_on_that_has_not_begun() -> None:
    assert found("a cough", "O", "I-finding") == []
    assert found("lung cough", "B-anatomy", "I-finding") == [("lung", "anatomy")]


def test_a_path_is_the_likeliest_of_all_that_may_be() -> None:
    """Against trying all of them."""
    source = np.random.default_rng(5)
    text = "ab cd ef gh"
    places = offsets(text)
    for _ in range(40):
        tags = source.normal(0, 2, (len(places), len(TAGS))).astype(np.float32)
        chosen = decoded(outputs(tags, places), SHAPE, text)
        log = tags[1:-1] - np.log(np.exp(tags[1:-1]).sum(-1, keepdims=True))
        best = max(
            (path for path in itertools.product(range(len(TAGS)), repeat=4) if _may_be(path)),
            key=lambda path: sum(log[at, tag] for at, tag in enumerate(path)),
        )
        expected = [(at, TAGS[tag][2:]) for at, tag in enumerate(best) if TAGS[tag].startswith("B-")]
        starts = {0: 0, 3: 1, 6: 2, 9: 3}
        assert [(starts[span.start], span.label.value) for span in chosen.spans] == expected


def _may_be(path: Sequence[int]) -> bool:
    names = [TAGS[tag] for tag in path]
    return all(
        not name.startswith("I-") or (at and names[at - 1] in (name, f"B-{name[2:]}")) for at, name in enumerate(names)
    )


def test_an_entity_begins_and_ends_between_words_whatever_the_pieces_say() -> None:
    text = "pneumothorax 12mm 左肺"
    places = ((0, 0), (0, 6), (6, 12), (12, 15), (15, 17), (17, 19), (19, 20), (0, 0))
    source = np.random.default_rng(9)
    edges = {0, 12, 13, 15, 17, 18, 19, 20}
    for _ in range(80):
        tags = source.normal(0, 3, (len(places), len(TAGS))).astype(np.float32)
        for span in decoded(outputs(tags, places), SHAPE, text).spans:
            assert {span.start, span.end} <= edges


def test_a_score_is_the_mean_probability_of_the_tags_and_the_temperature_moves_it() -> None:
    text = "small nodule"
    tags = np.zeros((4, len(TAGS)), dtype=np.float32)
    tags[1, 1], tags[2, 2] = 4.0, 2.0
    first, second = np.exp(4.0) / (np.exp(4.0) + 6), np.exp(2.0) / (np.exp(2.0) + 6)
    (span,) = decoded(outputs(tags, offsets(text)), SHAPE, text).spans
    assert span.score == pytest.approx((first * second) ** 0.5, abs=1e-4)
    warmer = OutputShape(tags=TAGS, axes=AXES, sections=SHAPE.sections, temperature={"tags": 2.0})
    (doubted,) = decoded(outputs(tags, offsets(text)), warmer, text).spans
    assert doubted.score < span.score


def test_claims_are_those_at_the_first_piece() -> None:
    text = "small nodule"
    tags = sure(text, "B-finding", "I-finding").tags
    axes = {}
    for axis, (at_first, at_second) in {
        "presence": (1, 2),
        "certainty": (2, 0),
        "time": (1, 0),
        "subject": (1, 2),
    }.items():
        axes[axis] = np.zeros((4, 3), dtype=np.float32)
        axes[axis][1, at_first] = axes[axis][2, at_second] = 6.0
    (span,) = decoded(outputs(tags, offsets(text), **axes), SHAPE, text).spans
    assertion = span.assertion
    assert (assertion.presence, assertion.certainty) == (Presence.ABSENT, Certainty.CONDITIONAL)
    assert (assertion.time, assertion.subject, assertion.cue) == (When.PAST, Subject.FAMILY, None)
    assert span.sure.presence == pytest.approx(np.exp(6) / (np.exp(6) + 2), abs=1e-4)


def test_a_relation_goes_from_what_depends_to_what_it_depends_on() -> None:
    text = "nodule lung 12"
    tags = sure(text, "B-finding", "B-anatomy", "B-measurement").tags
    q, k = np.zeros((5, 64), dtype=np.float32), np.zeros((5, 64), dtype=np.float32)
    q[:, 0], k[:, 0] = (0, 9, 9, 9, 0), (0, 9, -9, 9, 0)
    answer = decoded(outputs(tags, offsets(text), q=q, k=k), SHAPE, text)
    related = {(answer.spans[each.dependent].label, answer.spans[each.head].label) for each in answer.relations}
    # The finding is nobody's dependent, the measurement nobody's head, and nothing depends on the lung here.
    assert related == {(Label.ANATOMY, Label.FINDING), (Label.MEASUREMENT, Label.FINDING)}
    assert all(each.score == pytest.approx(1 / (1 + np.exp(-81 / 8)), abs=1e-4) for each in answer.relations)
    strict = OutputShape(tags=TAGS, axes=AXES, sections=SHAPE.sections, relation_threshold=0.99999)
    assert decoded(outputs(tags, offsets(text), q=q, k=k), strict, text).relations == ()


def test_context_before_the_sentence_gives_no_entities_and_no_tokens() -> None:
    text = "small nodule big cyst"
    whole = sure(text, "B-finding", "I-finding", "B-finding", "I-finding")
    answer = decoded(whole, SHAPE, text, first=13)
    assert [(span.start, span.end) for span in answer.spans] == [(0, 8)]
    assert [(token.start, token.end) for token in answer.outside] == [(0, 3), (4, 8)]


def test_tokens_say_how_probable_nothing_is() -> None:
    answer = decoded(sure("no nodule", "O", "B-finding"), SHAPE, "no nodule")
    assert answer.outside[0].score > 0.99
    assert answer.outside[1].score < 0.01
    assert answer.section == "plan"
    assert answer.section_score == pytest.approx(np.exp(2) / (1 + np.exp(2)), abs=1e-4)


def test_nothing_is_found_in_nothing() -> None:
    empty = outputs(np.zeros((2, len(TAGS)), dtype=np.float32), ((0, 0), (0, 0)))
    assert decoded(empty, SHAPE, "").spans == ()
    assert decoded(empty, SHAPE, "").outside == ()


def test_any_outputs_give_spans_in_order_that_do_not_overlap() -> None:
    source, choose = np.random.default_rng(3), random.Random(3)
    for _ in range(60):
        text = " ".join(choose.choices(["nodule", "12", "mm", "a", "肺", "x,"], k=choose.randint(1, 30)))
        places = offsets(text)
        tags = source.normal(0, 4, (len(places), len(TAGS))).astype(np.float32)
        spans = decoded(outputs(tags, places), SHAPE, text).spans
        assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
        assert all(text[span.start : span.end].strip() == text[span.start : span.end] != "" for span in spans)
