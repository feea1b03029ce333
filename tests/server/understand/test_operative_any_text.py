"""Words of wards, operations and specimens in any order give a record that fits the contract, with honest evidence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.understand.reading_tools import read
from wardscribe_protocol.fields import fields_model

_EN = [
    *(
        "bed",
        "bed 0",
        "B",
        "room 3",
        "hospital day 0",
        "post op day 2",
        "intake",
        "urine 0",
        "drain",
        "L",
        "mL",
        "1.5 L",
    ),
    *(
        "weighing 0 g",
        "weighs",
        "0 cm",
        "2 x 3 cm",
        "from the margin",
        "closest margin",
        "mass",
        "no",
        "polyp",
        "A1",
        "to",
    ),
    *(
        "A3",
        "cassettes:",
        "cassette 1",
        "2",
        "lymph nodes",
        "twelve",
        "admitted",
        "discharged",
        "on",
        "May 3",
        "2026-02-31",
    ),
    *(
        "March 2025",
        "surgeon",
        "assistant:",
        "Dr. Bo",
        "and",
        ",",
        ".",
        "anesthesia",
        "spinal",
        "none",
        "complications",
    ),
    *("specimens:", "sent for", "drains", "implants:", "mesh", "was placed", "counts", "correct", "duration 0 minutes"),
    *(
        "1 hour",
        "underwent",
        "right",
        "appendectomy",
        "with mesh",
        "of the",
        "discharge diagnosis:",
        "pneumonia",
        "stable",
    ),
    *(
        "discharge medications:",
        "aspirin 81 mg",
        "daily",
        "all",
        "stop",
        "go down to",
        "follow up",
        "in 2 weeks",
        "advice:",
    ),
    *("plan:", "assessment:", "probably", "labeled", "specimen", "pain 3/10", "so,", "1.", "2.", "hold", "repeat"),
]
_ZH = [
    *(
        "床",
        "3床",
        "入院第0天",
        "术后第2天",
        "入量",
        "尿量0",
        "引流",
        "毫升",
        "1500毫升",
        "重0克",
        "重",
        "大小",
        "0厘米",
    ),
    *(
        "2×3厘米",
        "距",
        "切缘",
        "肿物",
        "未见",
        "息肉",
        "A1",
        "到",
        "A3",
        "取材",
        "一",
        "二",
        "淋巴结",
        "12枚",
        "共",
        "入院",
    ),
    *(
        "出院",
        "2026年2月31日",
        "5月3日",
        "术者",
        "助手",
        "王明",
        "、",
        "，",
        "。",
        "麻醉",
        "腰麻",
        "无",
        "并发症",
        "标本",
    ),
    *(
        "送病理",
        "引流管",
        "置",
        "一根",
        "植入",
        "补片",
        "清点",
        "无误",
        "手术0分钟",
        "一小时",
        "行",
        "右侧",
        "阑尾切除术",
    ),
    *(
        "出院诊断",
        "肺炎",
        "好转",
        "带药",
        "阿司匹林100毫克",
        "每日一次",
        "都是",
        "停用",
        "减到",
        "2周后",
        "门诊",
        "医嘱",
    ),
    *(
        "计划",
        "考虑",
        "待排",
        "送检",
        "位于",
        "升结肠",
        "侵及",
        "未见异常",
        "附件",
        "1.",
        "2.",
        "复查",
        "明日",
        "因",
        "于",
    ),
]


@settings(max_examples=150, deadline=None)
@given(
    language=st.sampled_from(["en", "zh"]),
    template=st.sampled_from(["ward_round", "discharge", "operative", "pathology_gross"]),
    data=st.data(),
)
def test_any_order_of_their_words_gives_a_valid_record(language: str, template: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(_EN if language == "en" else _ZH), max_size=24))
    text = (" " if language == "en" else "").join(words)
    said = read(text, template=template, language=language)
    model = fields_model(template)
    assert model is not None
    model.model_validate(said.fields)
    assert all(text[e.chars[0] : e.chars[1]] == e.text for e in said.evidence.values())


@pytest.mark.parametrize("template", ["ward_round", "discharge", "operative", "pathology_gross"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_said_is_an_empty_record(language: str, template: str) -> None:
    assert read("", template=template, language=language).fields == {}
