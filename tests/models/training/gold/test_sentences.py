import pytest

from models.training.gold.sentences import joined_tokens, sentences


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("Hartwell ' s sign ( HS ) was absent .", "Hartwell's sign (HS) was absent."),
        ("drug - induced rash , 5 mg / day", "drug-induced rash, 5 mg/day"),
        ('called " soft " by him', 'called "soft" by him'),
        ("1 , 200 cells ; p < 0.05", "1,200 cells; p<0.05"),
    ],
)
def test_tokens_become_text_as_it_is_written(tokens, text):
    made, starts = joined_tokens(tokens.split())

    assert made == text
    assert [made[start : start + len(token)] for start, token in zip(starts, tokens.split(), strict=True)] == (
        tokens.split()
    )


def spans(text, language, longest=200):
    return [text[start:end] for start, end in sentences(text, language=language, longest=longest)]


def test_english_sentences_end_at_stops_but_not_after_a_title():
    text = "Seen by Dr. Hale today. No fever. BP 120/80.\nPlan: rest"

    assert spans(text, "en") == ["Seen by Dr. Hale today.", "No fever.", "BP 120/80.", "Plan: rest"]


def test_chinese_sentences_keep_the_closing_quote():
    assert spans("门诊以“肺炎”收入。患者诉“头痛。”现无发热。", "zh") == [
        "门诊以“肺炎”收入。",
        "患者诉“头痛。”",
        "现无发热。",
    ]


def test_what_is_too_long_is_divided_at_its_last_pause():
    assert spans("腹部平软,无压痛,肝脾未触及", "zh", longest=10) == ["腹部平软,无压痛,", "肝脾未触及"]
    assert spans("一二三四五六", "zh", longest=4) == ["一二三四", "五六"]
