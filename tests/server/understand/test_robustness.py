"""Any text is read without failing, its evidence quotes it, and its fields fit the contract."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.understand.reading_tools import read, understander
from wardscribe_protocol.fields import fields_model
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import Span
from wardscribe_server.catalog import UnknownTemplate, load_catalog
from wardscribe_server.pipeline.understanding.cueing import CueError, read_cues
from wardscribe_server.pipeline.values import Piece, Word, WordId, Written

_EN = [
    "no",
    "left",
    "effusion",
    "3 cm",
    "impression",
    ",",
    ".",
    "pain",
    "for 2 days",
    "mother",
    "aspirin 5 mg",
    "Marcaine 0.25%",
    ";",
    "stop",
    "BP 1/2",
    "allergic to",
    "and",
    "or",
    "tip",
    "PICC line",
    "Fahrenheit 99",
    "unchanged",
    "plan",
    "in",
    "follow up",
    "solid nodule",
    "left lobe",
    "spleen 0.0 cm",
    "1.2 x 3",
    "slices",
    "wider than tall",
]
_ZH = [
    "无",
    "左",
    "胸腔积液",
    "3厘米",
    "诊断",
    "，",
    "。",
    "痛",
    "3天",
    "母亲",
    "阿司匹林5mg",
    "停用",
    "；",
    "左肾",
    "血压1/2",
    "过敏",
    "及",
    "低回声结节",
    "左叶",
    "1.2×0.8厘米",
    "脾厚",
    "可能",
    "末端位于",
    "PICC",
    "体温99",
    "较前",
    "复查",
    "术后",
    "双",
    "不",
]


@settings(max_examples=60, deadline=None)
@given(language=st.sampled_from(["en", "zh"]), template=st.sampled_from(sorted(load_catalog().ids)), data=st.data())
def test_any_order_of_clinical_words_gives_a_valid_record(language: str, template: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(_EN if language == "en" else _ZH), max_size=30))
    text = (" " if language == "en" else "").join(words)
    said = read(text, template=template, language=language)
    model = fields_model(template)
    assert model is not None
    model.model_validate(said.fields)
    assert all(text[e.chars[0] : e.chars[1]] == e.text for e in said.evidence.values())


def test_a_concentration_is_no_dose() -> None:
    said = read("Takes timolol 0.25% drops.", template="outpatient", language="en")
    assert all("dose" not in entry for entry in said.fields.get("medications", []))


def test_a_sentence_of_signs_alone_is_no_obstacle() -> None:
    assert read("；左肾；。；可见结石。", template="us_abdomen", language="zh").fields["findings"]


def test_evidence_leads_to_the_audio_of_its_words() -> None:
    words = [
        Word(WordId(at), text, Span(at * 1600, at * 1600 + 1600), 0.5 + at / 10)
        for at, text in enumerate(("No", "pneumothorax"))
    ]
    written = Written("No pneumothorax.", (Piece(0, 2, (words[0],)), Piece(3, 15, (words[1],))))
    said = understander("en").read(written, template="chest_xray")
    finding, absent = said.evidence["/fields/findings/0/finding"], said.evidence["/fields/findings/0/presence"]
    assert (finding.audio_ms, finding.confidence) == ((100, 200), 0.6)
    assert (absent.audio_ms, absent.text) == ((0, 100), "No")


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(UnknownTemplate):
        read("Cough.", template="tea_leaves", language="en")


def test_a_bad_cue_file_is_refused_with_its_name(tmp_path) -> None:
    path = tmp_path / "cues.toml"
    path.write_text('[head]\nsource = "us"\nlicence = "x"\n[en.no]\nabsent = "no"\n', encoding="utf-8")
    with pytest.raises(CueError, match=r"cues\.toml:4: no\.absent must be a list"):
        read_cues(path, Language.EN)
    path.write_text("[en.no]\nabsent = []\n", encoding="utf-8")
    with pytest.raises(CueError, match="source and licence"):
        read_cues(path, Language.EN)
