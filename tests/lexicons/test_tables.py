"""Reading lexicon tables: what ships, what a site adds, and what is refused with file and line."""

from pathlib import Path

import pytest

from wardscribe_lexicons import Lexicon, LexiconError, TermClass, load

COLUMNS = "preferred\tclass\tvariants\tspecialty\tweight\tconcept\tcase\n"


@pytest.fixture(scope="module")
def english() -> Lexicon:
    return load("en")


@pytest.fixture(scope="module")
def chinese() -> Lexicon:
    return load("zh")


def site_with(folder: Path, rows: str, *, header: str = COLUMNS) -> Path:
    (folder / "ward.tsv").write_text(header + rows, encoding="utf-8")
    return folder


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_shipped_table_names_its_source_and_licence(language: str) -> None:
    lexicon = load(language)
    assert lexicon.heads
    for head in lexicon.heads:
        assert head.source
        assert head.licence
        assert head.built
    assert {term.table for term in lexicon.terms} <= {head.table for head in lexicon.heads}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_core_holds_what_is_said_every_day(language: str) -> None:
    lexicon = load(language)
    core = {head.table for head in lexicon.heads if head.kind == "core"}
    assert sum(term.table in core for term in lexicon.terms) >= 4000
    for term_class in (TermClass.FINDING, TermClass.SYMPTOM, TermClass.DISEASE, TermClass.DRUG, TermClass.ANATOMY):
        assert len(lexicon.of_class(term_class)) >= 300


@pytest.mark.parametrize(
    ("said", "preferred", "term_class"),
    [
        ("pleural effusions", "pleural effusion", TermClass.FINDING),
        ("oesophageal varices", "esophageal varices", TermClass.DISEASE),
        ("Haemoptysis", "hemoptysis", TermClass.SYMPTOM),
        ("non tender", "non-tender", TermClass.FINDING),
        ("nontender", "non-tender", TermClass.FINDING),
        ("C O P D", "COPD", TermClass.DISEASE),
        ("frusemide", "furosemide", TermClass.DRUG),
        ("Crohns disease", "Crohn's disease", TermClass.DISEASE),
    ],
)
def test_english_spellings_of_a_term_meet(english: Lexicon, said: str, preferred: str, term_class: TermClass) -> None:
    found = english.lookup(said)
    assert (preferred, term_class) in [(term.preferred, term.term_class) for term in found]


@pytest.mark.parametrize(
    ("said", "preferred"), [("斑片状高密度影", "斑片影"), ("湿罗音", "湿啰音"), ("ＣＴ", "CT"), ("粘液栓", "黏液栓")]
)
def test_chinese_spellings_of_a_term_meet(chinese: Lexicon, said: str, preferred: str) -> None:
    assert preferred in [term.preferred for term in chinese.lookup(said)]


@pytest.mark.parametrize("word", ["cold", "patient", "normal", "today", "history", "right", "us", "it", "as", "back"])
def test_everyday_english_words_are_no_terms(english: Lexicon, word: str) -> None:
    assert english.lookup(word) == ()


@pytest.mark.parametrize("word", ["患者", "正常", "情况", "今天", "明显", "治疗", "检查", "左侧", "无"])
def test_everyday_chinese_words_are_no_terms(chinese: Lexicon, word: str) -> None:
    assert chinese.lookup(word) == ()


def test_a_lay_name_stays_what_was_said_and_points_at_its_concept(english: Lexicon) -> None:
    (term,) = english.lookup("high blood pressure")
    assert (term.preferred, term.concept) == ("high blood pressure", "hypertension")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_concept_is_the_preferred_form_of_a_core_term(language: str) -> None:
    lexicon = load(language)
    core = [term for term in lexicon.terms if term.weight == 1]
    known = {term.preferred for term in core}
    assert [term.preferred for term in core if term.concept and term.concept not in known] == []


def test_an_extra_column_travels_with_the_term(english: Lexicon) -> None:
    coded = [term for term in english.terms if term.extra("icd10")]
    assert len(coded) > 1000


def test_a_site_term_is_found_and_overrides_the_shipped_one(tmp_path: Path) -> None:
    rows = "Ward Seven drain\tdevice\tseven drain\t\t1\t\t\npneumonia\tdisease\tlung fever\t\t1\t\t\n"
    lexicon = load("en", site=site_with(tmp_path, rows))
    assert lexicon.lookup("seven drains")[0].preferred == "Ward Seven drain"
    assert lexicon.lookup("pneumonia")[0].table == "ward"
    assert lexicon.lookup("lung fever")[0].preferred == "pneumonia"


def test_a_site_removes_a_term_with_weight_zero(tmp_path: Path) -> None:
    lexicon = load("en", site=site_with(tmp_path, "gum\tanatomy\t\t\t0\t\t\n"))
    assert load("en").lookup("gum")
    assert lexicon.lookup("gum") == ()


def test_a_term_that_needs_its_capitals_is_not_found_without(tmp_path: Path) -> None:
    lexicon = load("en", site=site_with(tmp_path, "US\ttest\t\t\t1\t\texact\n"))
    assert lexicon.lookup("US")
    assert lexicon.lookup("us") == ()


@pytest.mark.parametrize(
    ("rows", "line", "why"),
    [
        ("cough\tnoise\t\t\t1\t\t\n", 2, "unknown class"),
        ("\tsymptom\t\t\t1\t\t\n", 2, "empty"),
        ("cough\tsymptom\t\t\tmuch\t\t\n", 2, "weight"),
        ("cough\tsymptom\t\t\t7\t\t\n", 2, "weight"),
        ("cough\tsymptom\t\t\t1\t\tupper\n", 2, "case"),
        ("cough\tsymptom\t\t\t1\t\t\textra\tmore\n", 2, "a tab too many"),
        ("# a comment\ncough\tsymptom\t\t\t1\t\t\ncough\tsymptom\t\t\t1\t\t\n", 4, "twice"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(tmp_path: Path, rows: str, line: int, why: str) -> None:
    with pytest.raises(LexiconError, match=rf"ward\.tsv:{line}: .*{why}"):
        load("en", site=site_with(tmp_path, rows))


def test_a_table_without_a_class_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"ward\.tsv:1: column 'class'"):
        load("en", site=site_with(tmp_path, "cough\n", header="preferred\n"))


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ward.tsv").write_bytes("preferred\tclass\n咳嗽\tsymptom\n".encode("gbk"))
    with pytest.raises(LexiconError, match="UTF-8"):
        load("zh", site=tmp_path)


@pytest.mark.parametrize("head", ["not toml", 'name = "x"\nlanguage = "en"\n'])
def test_a_bad_head_is_refused(tmp_path: Path, head: str) -> None:
    site = site_with(tmp_path, "cough\tsymptom\t\t\t1\t\t\n")
    (site / "ward.toml").write_text(head, encoding="utf-8")
    with pytest.raises(LexiconError, match=r"ward\.toml"):
        load("en", site=site)


def test_a_site_head_of_another_language_leaves_its_table_out(tmp_path: Path) -> None:
    site = site_with(tmp_path, "zorble\tsymptom\t\t\t1\t\t\n")
    head = 'name="w"\nlanguage="zh"\nsource="ward"\nlicence="ours"\nversion="1"\nbuilt="by hand"\n'
    (site / "ward.toml").write_text(head, encoding="utf-8")
    assert load("en", site=site).lookup("zorble") == ()


def test_an_unknown_language_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="choose one of"):
        load("fr")
    with pytest.raises(LexiconError, match="no such folder"):
        load("en", site=tmp_path / "absent")
