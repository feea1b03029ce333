"""What the review works with, apart from any window: parts of a row, differences, a patient over time, places."""

from datetime import UTC, datetime

import pytest

from wardscribe_client.desktop.form import FormField, Forms, FormsAnswer, Labels, TemplateForm
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.review.comparing import side_by_side
from wardscribe_client.desktop.review.course import groups
from wardscribe_client.desktop.review.entry_shape import NoValueError, Slot, SlotKind, is_list, read, slots, typed
from wardscribe_client.desktop.review.printed import Standing, page
from wardscribe_client.desktop.review.words import value_place
from wardscribe_client.desktop.wording import Wording
from wardscribe_client.timeline_values import Lesion, LesionPoint, Source, Timeline
from wardscribe_protocol.fields import TEMPLATES
from wardscribe_protocol.record import Language

CHEST = {"findings": [{"finding": "nodule", "presence": "present", "size_mm": [7, 5]}], "views": ["pa"]}
EN, ZH = Wording(Language.EN), Wording(Language.ZH)


def test_a_row_is_typed_part_by_part_with_what_each_may_hold() -> None:
    parts = {slot.key: slot for slot in slots("chest_xray", "/fields/findings/0", CHEST, known=None)}
    assert (parts["finding"].value, parts["finding"].required) == ("nodule", True)
    assert parts["presence"].codes == ("present", "absent", "possible")
    assert (parts["laterality"].kind, parts["laterality"].value) == (SlotKind.CHOICE, None)
    assert (parts["size_mm"].kind, typed(parts["size_mm"])) == (SlotKind.NUMBERS, "7 x 5")
    (views,) = slots("chest_xray", "/fields/views", CHEST, known=None)
    assert (views.kind, typed(views)) == (SlotKind.CHOICES, "pa")
    (pulse,) = slots("outpatient", "/fields/vitals/pulse_bpm", {}, known=None)
    assert pulse.kind is SlotKind.NUMBER
    result = next(s for s in slots("outpatient", "/fields/labs/0", {}, known=None) if s.key == "value")
    assert result.kind is SlotKind.EITHER


def test_every_field_of_every_template_has_a_shape() -> None:
    for template, model in TEMPLATES.items():
        for field in model.model_fields:
            path = f"/fields/{field}" + ("/0" if is_list(template, field) else "")
            assert slots(template, path, {}, known=None), (template, field)


def test_a_sites_own_template_keeps_the_kind_of_its_values() -> None:
    known = FormField(id="echo", kind="choice", labels=Labels(en="Echo", zh="回声"), codes=("low", "high"))
    (choice,) = slots("site_own", "/fields/echo", {"echo": "low"}, known=known)
    assert (choice.kind, choice.codes) == (SlotKind.CHOICE, ("low", "high"))
    (number,) = slots("site_own", "/fields/count", {"count": 3}, known=None)
    assert number.kind is SlotKind.NUMBER
    (flag,) = slots("site_own", "/fields/done", {"done": True}, known=None)
    assert (flag.kind, typed(flag)) == (SlotKind.FLAG, "true")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (SlotKind.NUMBER, "2.5", 2.5),
        (SlotKind.NUMBER, "2,5", 2.5),
        (SlotKind.NUMBER, "12", 12),
        (SlotKind.INTEGER, "3", 3),
        (SlotKind.NUMBERS, "23 x 14", [23, 14]),
        (SlotKind.NUMBERS, "23×14×9.5", [23, 14, 9.5]),
        (SlotKind.TEXTS, "first\n\n second ", ["first", "second"]),
        (SlotKind.CHOICES, "pa, lateral", ["pa", "lateral"]),
        (SlotKind.FLAG, "false", False),
        (SlotKind.EITHER, "7.40", 7.4),
        (SlotKind.EITHER, "positive", "positive"),
        (SlotKind.TEXT, "  ", None),
    ],
)
def test_what_was_typed_is_read(kind: SlotKind, text: str, value: object) -> None:
    assert read(Slot(path="/fields/x", key="x", kind=kind), text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (SlotKind.NUMBER, "much"),
        (SlotKind.NUMBER, "nan"),
        (SlotKind.INTEGER, "2.5"),
        (SlotKind.NUMBERS, "2 x"),
        (SlotKind.FLAG, "perhaps"),
    ],
)
def test_what_is_no_value_is_refused_by_its_kind(kind: SlotKind, text: str) -> None:
    with pytest.raises(NoValueError) as refused:
        read(Slot(path="/fields/x", key="x", kind=kind), text)
    assert refused.value.kind is kind
    assert Phrases("review", Language.EN).has(f"not_{kind.value}")


def marked(pieces: object) -> str:
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)  # type: ignore[attr-defined]


def test_two_versions_stand_beside_each_other_with_words_marked() -> None:
    pairs = side_by_side("Findings\n  heart normal\n  gone", "Findings\n  heart enlarged")
    assert [pair.differs for pair in pairs] == [False, True, True]
    assert marked(pairs[1].old.pieces) == "  heart [normal]"
    assert marked(pairs[1].new.pieces) == "  heart [enlarged]"
    assert marked(pairs[2].old.pieces) == "[  gone]"
    assert pairs[2].new.pieces is None


def test_in_chinese_characters_are_marked_not_whole_lines() -> None:
    (pair,) = side_by_side("右侧少量胸腔积液。", "左侧少量胸腔积液。")
    assert (marked(pair.old.pieces), marked(pair.new.pieces)) == ("[右]侧少量胸腔积液。", "[左]侧少量胸腔积液。")


def test_versions_that_read_the_same_have_no_mark() -> None:
    assert not any(pair.differs for pair in side_by_side("a\nb", "a\nb"))


def test_a_lesion_over_time_says_its_growth_and_how_sure_it_is() -> None:
    def source(day: int) -> Source:
        return Source(
            report="f" * 32, version=1, pointer="/fields/findings/0", dictated_at=datetime(2026, 3, day, 9, tzinfo=UTC)
        )

    lesion = Lesion(
        kind="nodule",
        region="chest",
        laterality="left",
        points=(
            LesionPoint(source=source(1), size_mm=(7,), certainty="first"),
            LesionPoint(
                source=source(9), size_mm=(9, 8), certainty="likely", doubts=("place_incomplete",), change_mm=2
            ),
            LesionPoint(source=source(20), certainty="matched"),
        ),
    )
    (group,) = groups(Timeline(lesions=(lesion,)), Phrases("timeline", Language.EN), EN)
    (course,) = group.courses
    assert course.name == "nodule · left"
    assert [line.what for line in course.lines] == ["7 mm", "9 × 8 mm (+2 mm)", "said to be gone"]
    assert course.lines[1].note == "likely the same: place incomplete"
    assert groups(Timeline(), Phrases("timeline", Language.EN), EN) == ()


def test_a_place_is_said_in_words() -> None:
    form = TemplateForm(
        id="chest_xray",
        labels=Labels(en="Chest", zh="胸片"),
        fields=(
            FormField(id="findings", section="findings", kind="findings", labels=Labels(en="Findings", zh="所见")),
        ),
    )
    assert value_place("/fields/findings/1/laterality", form, EN) == "Findings · 2 · Side"
    assert value_place("/fields/findings/1/laterality", form, ZH) == "所见 · 2 · 侧别"
    assert Forms.of(FormsAnswer(templates=(form,))).form("chest_xray") is form


def test_a_page_shows_nothing_as_markup_and_says_when_it_is_not_signed() -> None:
    html = page(
        "Chest <b>X</b>-ray\n\nFindings\n  - <script>",
        Standing(title="Review", banner="NOT SIGNED: draft", patient="A & B", facts=("Version 1",)),
        font="sans-serif",
    )
    assert "<script>" not in html
    assert "<b>X</b>" not in html
    assert "&lt;script&gt;" in html
    assert "A &amp; B" in html
    assert html.index("NOT SIGNED") < html.index("Chest")
