"""Finding terms in written text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_lexicons import TermClass, load
from wardscribe_server.lexicon.matcher import Matcher


@pytest.fixture(scope="module")
def english() -> Matcher:
    return Matcher(load("en"))


@pytest.fixture(scope="module")
def chinese() -> Matcher:
    return Matcher(load("zh"))


def found(matcher: Matcher, text: str) -> list[tuple[str, str]]:
    return [(hit.surface, hit.term.preferred) for hit in matcher.find(text)]


def test_the_longest_english_term_wins(english: Matcher) -> None:
    text = "New mediastinal lymphadenopathy and a spiculated nodule."
    assert found(english, text) == [
        ("mediastinal lymphadenopathy", "mediastinal lymphadenopathy"),
        ("spiculated nodule", "spiculated nodule"),
    ]


def test_a_hit_cites_the_very_characters(english: Matcher) -> None:
    text = "There is  a left Pleural  effusion."
    (hit,) = english.find(text)
    assert text[hit.start : hit.end] == hit.surface == "Pleural  effusion"


@pytest.mark.parametrize("between", [", ", ". ", "; ", " ("])
def test_an_english_term_keeps_within_its_clause(english: Matcher, between: str) -> None:
    assert "pleural effusion" not in [name for _, name in found(english, f"pleural{between}effusion")]


@pytest.mark.parametrize("said", ["E. coli", "E coli", "e. coli"])
def test_an_initial_may_carry_its_dot(english: Matcher, said: str) -> None:
    assert found(english, f"grew {said} again") == [(said, "Escherichia coli")]


def test_an_abbreviation_that_is_a_word_needs_its_capitals(english: Matcher) -> None:
    assert found(english, "she told us") == []
    assert found(english, "repeat US") == [("US", "US")]


def test_other_classes_of_the_same_words_come_along(english: Matcher) -> None:
    (hit,) = english.find("penicillin")
    assert {hit.term.term_class, *(term.term_class for term in hit.also)} == {TermClass.DRUG, TermClass.ALLERGEN}


def test_a_finding_takes_its_place_from_a_longer_anatomy(chinese: Matcher) -> None:
    assert ("胸腔积液", "胸腔积液") in found(chinese, "左侧胸腔积液")
    assert ("肾结石", "肾结石") in found(chinese, "左肾结石")


def test_chinese_place_and_finding_stand_side_by_side(chinese: Matcher) -> None:
    assert found(chinese, "右肺上叶见斑片状高密度影") == [("右肺上叶", "右肺上叶"), ("斑片状高密度影", "斑片影")]


def test_nested_terms_are_flagged_and_lie_inside(chinese: Matcher) -> None:
    hits = chinese.find("纵隔淋巴结肿大", nested=True)
    assert [hit.surface for hit in hits if not hit.nested] == ["纵隔淋巴结肿大"]
    assert {"纵隔", "淋巴结"} <= {hit.surface for hit in hits if hit.nested}


def test_latin_letters_inside_a_longer_word_are_no_term(chinese: Matcher) -> None:
    assert [surface for surface, _ in found(chinese, "复查ACTH及胸部ＣＴ")] == ["胸部ＣＴ"]


def test_negation_is_no_part_of_a_finding(chinese: Matcher) -> None:
    assert found(chinese, "无压痛、反跳痛") == [("压痛", "压痛"), ("反跳痛", "反跳痛")]


@given(st.text(alphabet="左右肺上叶结节胸腔积液压痛无CT 、。影斑片状", max_size=40))
def test_hits_never_overlap_and_lie_in_order(chinese: Matcher, text: str) -> None:
    at = 0
    for hit in chinese.find(text):
        assert at <= hit.start < hit.end <= len(text)
        assert text[hit.start : hit.end] == hit.surface
        at = hit.end


@given(st.lists(st.sampled_from(["left", "pleural", "effusion", "C", "O", "P", "D", "non", "tender", ",", "-", "'s"])))
def test_english_hits_never_overlap(english: Matcher, words: list[str]) -> None:
    text = " ".join(words)
    at = 0
    for hit in english.find(text):
        assert at <= hit.start < hit.end <= len(text)
        at = hit.end


def test_a_site_term_is_found(tmp_path: Path) -> None:
    (tmp_path / "ward.tsv").write_text("preferred\tclass\tvariants\n蓝环装置\tdevice\t蓝环\n", encoding="utf-8")
    assert found(Matcher(load("zh", site=tmp_path)), "放置蓝环一枚") == [("蓝环", "蓝环装置")]
