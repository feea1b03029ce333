"""How a text is cut for the tagger, and what of its answers is remembered."""

import random

import pytest

from wardscribe_server.engines.base import Tagged
from wardscribe_server.engines.fake import ScriptedTagger
from wardscribe_server.pipeline.understanding.tagged import (
    NOT_TAGGED,
    Outside,
    Relation,
    Sentence,
    SpanIndex,
    TaggedSpan,
    TaggedText,
    TagMemory,
    sentence_spans,
)
from wardscribe_server.pipeline.values import Label

EN = "Seen by Dr. Alder today. No cough; lungs clear!  Temp 37.5 and stable.\n\nBP 120/80"
ZH = "患者咳嗽3天。无发热，无胸痛；双肺呼吸音清\n体温36.5度"


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_sentences_end_at_signs_and_not_after_titles_or_inside_numbers() -> None:
    assert cut(EN) == ["Seen by Dr. Alder today.", "No cough;", "lungs clear!", "Temp 37.5 and stable.", "BP 120/80"]
    assert cut(ZH) == ["患者咳嗽3天。", "无发热，无胸痛；", "双肺呼吸音清", "体温36.5度"]
    assert cut("") == cut(" \n ") == []


@pytest.mark.parametrize(
    "text",
    [
        "the patient reports a dry cough and some night sweats " * 40,
        "the patient reports a dry cough, and some night sweats, " * 40,
        "患者咳嗽咳痰伴发热胸痛" * 60,
        "患者咳嗽，咳痰，伴发热" * 60,
        "x" * 5000,
        "x " * 3000,
        "，" * 900,
        ". " * 50,
    ],
)
def test_a_long_text_without_an_end_is_cut_into_parts_that_lose_nothing(text: str) -> None:
    parts = cut(text)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(part == part.strip() and 0 < len(part) <= 480 for part in parts)
    assert all(len(part.split()) <= 64 for part in parts)


def test_what_is_added_later_moves_no_sentence_but_the_last() -> None:
    choose = random.Random(7)
    words = ["cough", "no", "fever", "mm", "12", "Dr.", "nodule.", "lung;", "咳嗽。", "发热，", "a", "b,", "3.5"]
    for _ in range(60):
        text = " ".join(choose.choices(words, k=200))
        whole = list(sentence_spans(text))
        size = choose.randrange(len(text))
        ends = [end for _, end in whole]
        part = list(sentence_spans(text[:size]))
        assert part[:-1] == [span for span in whole if span[1] in ends][: max(0, len(part) - 1)]


def test_a_sentence_is_asked_about_once_and_the_last_one_as_it_grows() -> None:
    tagger = ScriptedTagger({"cough": Label.SYMPTOM})
    memory = TagMemory(tagger)
    memory.tagged("A cough. No")
    found = memory.tagged("A cough. No cough. A cough.")
    assert [sentence.text for sentence in tagger.asked] == ["A cough.", "No", "No cough."]
    assert [(span.start, span.end) for span in found.spans] == [(2, 7), (12, 17), (21, 26)]
    assert memory.tagged("A cough. No cough. A cough.") == found
    assert len(tagger.asked) == 3


def test_a_tagger_that_reads_context_is_asked_again_when_the_context_changes() -> None:
    tagger = ScriptedTagger({}, reads_context=True)
    memory = TagMemory(tagger)
    memory.tagged("One. Two. Three.")
    memory.tagged("One. Zwo. Three.")
    assert [(each.before, each.text) for each in tagger.asked] == [
        ("", "One."),
        ("One.", "Two."),
        ("Two.", "Three."),
        ("One.", "Zwo."),
        ("Zwo.", "Three."),
    ]


def test_without_a_tagger_nothing_is_said() -> None:
    assert TagMemory(None).tagged("A cough.") == NOT_TAGGED
    assert NOT_TAGGED.over(0, 8) == ()
    assert NOT_TAGGED.outside_score(0, 8) is None


def test_what_had_no_answer_is_asked_again() -> None:
    tagger = ScriptedTagger({"cough": Label.SYMPTOM})
    broken = TagMemory(tagger)
    real, tagger.tag = tagger.tag, lambda sentences: [None for _ in sentences]  # type: ignore[method-assign]
    assert broken.tagged("A cough.") == NOT_TAGGED
    tagger.tag = real  # type: ignore[method-assign]
    assert [span.label for span in broken.tagged("A cough.").spans] == [Label.SYMPTOM]


def test_memory_is_bounded_by_the_text_and_keeps_what_is_in_use() -> None:
    tagger = ScriptedTagger({})
    memory = TagMemory(tagger)
    kept = "First. Second."
    for number in range(700):
        memory.tagged(f"Sentence {number}.")
        memory.tagged(kept)
    assert sum(each.text == "First." for each in tagger.asked) == 1
    memory.tagged("Sentence 0.")
    assert sum(each.text == "Sentence 0." for each in tagger.asked) == 2
    long = " ".join(f"Number {number}." for number in range(900))
    memory.tagged(long)
    count = len(tagger.asked)
    memory.tagged(long)
    assert len(tagger.asked) == count


def span(start: int, end: int, score: float = 0.9) -> TaggedSpan:
    return TaggedSpan(start, end, Label.FINDING, score)


def test_spans_and_tokens_are_found_by_place() -> None:
    text = TaggedText((span(2, 5), span(5, 9)), (Outside(0, 1, 0.99), Outside(2, 5, 0.1), Outside(5, 9, 0.2)))
    assert text.over(0, 2) == ()
    assert text.over(4, 6) == text.spans
    assert text.over(5, 6) == (span(5, 9),)
    assert text.outside_score(0, 1) == 0.99
    assert text.outside_score(0, 5) == 0.1
    assert text.outside_score(5, 10) is None, "the tagger has not seen all of it"
    assert text.after(5) == TaggedText((span(5, 9),), (Outside(5, 9, 0.2),))
    related = TaggedText(text.spans, (), (Relation(SpanIndex(1), SpanIndex(0), 0.9),))
    assert related.has_dependent(span(2, 5), Label.DRUG, Label.FINDING)
    assert not related.has_dependent(span(2, 5), Label.DRUG)
    assert not related.has_dependent(span(5, 9), Label.FINDING)
    assert related.after(2).relations == related.relations
    assert related.after(5).relations == ()
    assert text.after(3).spans == (span(5, 9),)


def test_the_first_difference_is_where_a_span_or_a_token_differs() -> None:
    one = TaggedText((span(2, 5), span(7, 9)), (Outside(0, 1, 0.9), Outside(2, 5, 0.1)))
    assert one.same_before(one) > 10**9
    assert one.same_before(TaggedText((span(2, 5), span(6, 9)), one.outside)) == 6
    assert one.same_before(TaggedText((span(2, 5),), one.outside)) == 7
    assert one.same_before(TaggedText((span(2, 5, 0.5),), one.outside)) == 2
    assert one.same_before(TaggedText(one.spans, (Outside(0, 1, 0.8), *one.outside[1:]))) == 0
    assert one.same_before(TaggedText(one.spans, one.outside, (Relation(SpanIndex(1), SpanIndex(0), 0.9),))) == 2


def test_a_relation_that_comes_at_the_end_leaves_the_beginning_as_it_was() -> None:
    spans = tuple(span(at, at + 1) for at in range(0, 40, 2))
    early, late = Relation(SpanIndex(1), SpanIndex(0), 0.9), Relation(SpanIndex(18), SpanIndex(19), 0.9)
    assert TaggedText(spans, (), (early,)).same_before(TaggedText(spans, (), (early, late))) == 36


def test_relations_are_moved_to_the_spans_of_the_whole_text() -> None:
    class Related(ScriptedTagger):
        def tag(self, sentences: list[Sentence]) -> list[Tagged]:  # type: ignore[override]
            return [
                Tagged((span(0, 2), span(3, 5)), relations=(Relation(SpanIndex(1), SpanIndex(0), 0.8),))
                for _ in sentences
            ]

    found = TagMemory(Related({})).tagged("aa bb. cc dd.")
    assert [(each.dependent, each.head) for each in found.relations] == [(1, 0), (3, 2)]
    assert [each.start for each in found.spans] == [0, 3, 7, 10]
