"""The shipped weights through the adapter: what they find in plain sentences, and that each sentence has one answer."""

import pytest

from wardscribe_server.assembly import build_tagger
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Sentence, Tagger

pytestmark = pytest.mark.model

EN = Sentence("There is a 12 mm nodule in the right upper lobe, no pleural effusion.")
ZH = Sentence("右肺上叶见一12毫米结节，未见胸腔积液。")


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    shipped = build_tagger(ServerSettings())
    assert shipped is not None, "the tagger's weights are part of the repository"
    return shipped


@pytest.mark.parametrize(
    ("sentence", "size", "present", "absent"),
    [(EN, "12 mm", "nodule", "pleural effusion"), (ZH, "12毫米", "结节", "胸腔积液")],
)
def test_plain_sentences_are_tagged(tagger: Tagger, sentence: Sentence, size: str, present: str, absent: str) -> None:
    (answer,) = tagger.tag([sentence])
    found = {
        (
            sentence.text[span.start : span.end],
            span.label.value,
            span.assertion.presence.value if span.label.value == "finding" else None,
        )
        for span in answer.spans
    }
    assert found >= {(size, "measurement", None), (present, "finding", "present"), (absent, "finding", "absent")}
    related = {
        tuple(sentence.text[answer.spans[at].start : answer.spans[at].end] for at in (each.dependent, each.head))
        for each in answer.relations
    }
    assert (size, present) in related


def test_a_sentence_has_one_answer_whatever_is_asked_beside_it(tagger: Tagger) -> None:
    others = [Sentence("Cough."), Sentence("Amoxicillin 500 mg three times daily for a week. " * 6), ZH]
    alone = tagger.tag([EN])[0]
    assert tagger.tag([*others, EN])[-1] == tagger.tag([EN, *others])[0] == alone
