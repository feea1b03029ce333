"""Terms of a fixed list found in texts: recall, precision, and errors before and after."""

from collections import Counter

import pytest
import term_scores
from term_scores import Found, TermList, read_terms

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language

DRUGS = ["insulin", "insulin glargine", "co-amoxiclav", "metformin"]


def english(*terms):
    return TermList(terms or DRUGS, language=Language.EN)


def test_the_longest_term_counts_once():
    assert english().of("start insulin glargine and metformin") == Counter(
        {("insulin", "glargine"): 1, ("metformin",): 1}
    )


def test_a_phrase_that_is_half_there_is_missed():
    assert english().compare("insulin glargine", "insulin large one") == Found(said=1, written=1, both=0)


def test_spelling_and_case_do_not_matter_but_words_do():
    terms = english("oedema", "co amoxiclav")
    assert terms.compare("Oedema, co-amoxiclav", "edema co amoxiclav") == Found(2, 2, 2)
    assert terms.of("oedematous") == Counter()


def test_recall_and_precision_are_shares_of_what_was_said_and_written():
    found = Found(said=4, written=5, both=3)
    assert (found.recall, found.precision) == (0.75, 0.6)
    assert (Found().recall, Found().precision) == (None, None)
    assert found + found == Found(8, 10, 6)


def test_a_term_said_twice_and_written_once_is_found_once():
    assert english().compare("metformin then metformin", "metformin then forming") == Found(2, 1, 1)


def test_chinese_terms_are_runs_of_characters():
    terms = TermList(["胸腔积液", "积液", "肺大疱"], language=Language.ZH)
    assert terms.compare("左侧胸腔积液，肺大疱", "左侧胸腔积液，废大炮") == Found(2, 1, 1)


def test_errors_are_terms_missing_and_terms_invented():
    errors = english().term_errors("metformin and insulin", "insulin and insulin glargine")
    assert errors == Counter({("metformin",): 1, ("insulin", "glargine"): 1})


def test_another_normaliser_can_be_given():
    terms = TermList(["METFORMIN"], language=Language.EN, normaliser=lambda text: text.upper().split())
    assert terms.of("metformin daily") == Counter({("METFORMIN",): 1})


def test_without_the_package_there_is_no_medwer_normaliser(monkeypatch):
    monkeypatch.setattr(term_scores.importlib.util, "find_spec", lambda _: None)
    assert term_scores.medwer_normaliser() is None


def test_with_the_package_its_normaliser_is_used(monkeypatch):
    class Package:
        @staticmethod
        def Normalizer():  # noqa: N802 - the package's name for it
            return lambda text: text.replace("five hundred", "500")

    monkeypatch.setattr(term_scores.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(term_scores.importlib, "import_module", lambda _: Package)
    assert term_scores.medwer_normaliser()("give five hundred now") == ["give", "500", "now"]


def test_a_list_of_terms_has_comments(tmp_path):
    path = tmp_path / "terms.txt"
    path.write_text("# source\nmetformin\n\n insulin glargine \n", encoding="utf-8")
    assert read_terms(path) == ["metformin", "insulin glargine"]
    with pytest.raises(InputError, match="one term a line"):
        read_terms(tmp_path / "missing.txt")
