"""Any sequence of commands and text, sensible or not, leaves a text whose places all lie in it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import Written, words_from_text
from wardscribe_server.pipeline.writing.macros import Macro, built_in_macros
from wardscribe_server.pipeline.writing.written_form import dictated

BOOK = built_in_macros().over(
    [
        Macro(
            name="knee",
            language=Language.EN,
            say=("my knee",),
            text="There is a [size] effusion of the [side] knee.\nStable.",
        ),
        Macro(name="膝", language=Language.ZH, say=("膝",), text="[侧别]膝 CT 积液[大小]。"),
    ]
)
SAID = {
    Language.EN: """mild edema of the left lung|No effusion. Heart is normal.|twenty five millimeters period|two point
        five|comma|stat now|select left|select effusion|select is a|replace left with right|replace with big
        delete edema|delete knee|delete effusion|delete last word|delete the last three words|delete last sentence
        insert my knee|insert normal liver|new line|new paragraph|scratch that|undo|redo|undo undo|next field
        previous field
        go to impression|cap that|lower case that|all caps that|cap next|caps on|caps off|stop dictation
        start dictation|sign report|spell a b c|spell mode|literal undo|deselect|small scratch that large
        allergic to all caps latex""",
    Language.ZH: """轻度水肿|左肺二十五毫米句号|五点|五|ct|逗号|选中左肺|选中膝|选中积液|把左肺改成右肺|替换为大
        删除水肿|删除膝|删除最后一个字|删除最后三个字|删除最后一句|插入膝|插入正常肝|换行|另起一段|删除上一句|撤销|重做|撤销撤销|下一项
        上一项|跳到印象|大写开|大写关|改成大写|停止听写|开始听写|签发报告|拼写弓长张|拼写模式|字面换行|取消选中""",
}


def places(written: Written) -> list[tuple[int, int]]:
    marks = [(mark.at, mark.at) for mark in written.marks]
    selected = [written.selected] if written.selected is not None else []
    pieces = [(piece.start, piece.end) for piece in written.pieces]
    return [*pieces, *written.macro_spans, *marks, *selected]


@pytest.mark.parametrize("language", list(Language))
@settings(deadline=None, max_examples=120)
@given(data=st.data())
def test_whatever_is_said_all_places_lie_in_the_text(language: Language, data: st.DataObject) -> None:
    phrases = [phrase.strip() for line in SAID[language].splitlines() for phrase in line.split("|")]
    said = data.draw(st.lists(st.sampled_from(phrases), max_size=14))
    result = dictated(words_from_text(" | ".join(said)), language=language, macros=BOOK)
    written = result.written
    assert all(0 <= start <= end <= len(written.text) for start, end in places(written))
    for spans in ([(piece.start, piece.end) for piece in written.pieces], written.macro_spans):
        assert all(start < end for start, end in spans)
        assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert not any("\ue000" <= char <= "\uf8ff" or char == "\u02bc" for char in written.text)
    assert "  " not in written.text
    assert written.selected is None or written.selected[0] < written.selected[1]
