"""What may not be rewritten: units after numbers and names."""

import pytest

from wardscribe_server.lexicon.fences import fences


def _fenced(text: str) -> str:
    return "".join(text[at] for at in sorted(fences().fenced(text)))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("直径12毫米", "毫米"),
        ("口服0.5克每日三次", "克次"),
        ("共五天", "天"),
        ("毫米级结节", ""),
        ("每日一次", "次"),
    ],
)
def test_a_unit_after_a_number_stays(text: str, kept: str) -> None:
    assert _fenced(text) == kept


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("患者张伟，男", "张伟"),
        ("患者王建国因胸痛入院", "王建国"),
        ("李静主任查房", "李静"),
        ("陈大夫会诊", "陈"),
        ("患者高血压病史", ""),
        ("患者诉头痛", ""),
    ],
)
def test_a_name_stays_and_a_finding_is_no_name(text: str, name: str) -> None:
    assert _fenced(text) == name
