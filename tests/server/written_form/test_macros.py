"""Macros: what is inserted, which characters they put there, their fields, and the files of sites and users."""

from pathlib import Path

import pytest

from tests.server.understand.reading_tools import understander
from wardscribe_protocol.record import Language, Source
from wardscribe_server.catalog import load_catalog
from wardscribe_server.pipeline.values import SectionMark, Written, words_from_text
from wardscribe_server.pipeline.writing.book_files import BookError
from wardscribe_server.pipeline.writing.macros import Macro, MacroBook, built_in_macros, load_macros
from wardscribe_server.pipeline.writing.written_form import write

KNEE = Macro(
    name="knee",
    language=Language.EN,
    say=("my knee",),
    text="There is a [size] effusion of the [side] knee. Ligaments period.",
)
BOOK = MacroBook([KNEE])


def written(text: str, *, macros: MacroBook | None = BOOK, language: Language = Language.EN) -> Written:
    return write(words_from_text(text), language=language, macros=macros)


def inserted(result: Written) -> list[str]:
    return [result.text[start:end] for start, end in result.macro_spans]


def test_a_macro_is_inserted_as_it_is_written_and_marked() -> None:
    result = written("seen today | insert my knee | no fever")
    assert result.text == f"seen today {KNEE.text} no fever"
    assert "".join(inserted(result)) == KNEE.text


def test_what_was_dictated_is_not_marked_as_macro() -> None:
    assert written("there is an effusion").macro_spans == ()


def test_the_words_behind_a_macro_are_those_of_its_command() -> None:
    result = written("seen today | insert my knee")
    start, end = result.macro_spans[0]
    assert [word.text for word in result.words(start, end)] == ["insert", "my", "knee"]


def test_next_field_goes_through_the_fields_of_a_macro_and_then_to_the_next_section() -> None:
    result = written("insert my knee | next field | small | next field | left | next field | normal")
    assert result.text == "There is a small effusion of the left knee. Ligaments period. normal"
    assert result.marks == (SectionMark(result.text.index("normal"), "next_field"),)
    assert inserted(result) == ["There is a ", " effusion of the ", " knee. Ligaments period."]


def test_previous_field_goes_back_to_a_field_that_still_waits() -> None:
    result = written("insert my knee | next field | next field | previous field | small")
    assert result.text == "There is a small effusion of the [side] knee. Ligaments period."


def test_the_field_gone_to_is_selected() -> None:
    result = written("insert my knee | next field | next field")
    assert result.selected is not None
    assert result.text[slice(*result.selected)] == "[side]"
    assert written("insert my knee").selected is None


def test_a_field_takes_spoken_numbers() -> None:
    result = written("insert my knee | next field | three millimeter")
    assert result.text.startswith("There is a 3 mm effusion")


def test_scratch_after_filling_a_field_opens_it_again_and_twice_takes_the_macro_back() -> None:
    assert "[size] effusion" in written("insert my knee | next field | small | scratch that").text
    assert written("no fever | insert my knee | next field | small | scratch that | scratch that").text == "no fever"


def test_part_of_a_macro_can_be_deleted() -> None:
    result = written("insert my knee | delete the words of the")
    assert result.text == "There is a [size] effusion [side] knee. Ligaments period."
    assert result.text[slice(*result.macro_spans[-1])] == " knee. Ligaments period."


def test_a_deletion_leaves_one_space_in_a_macro() -> None:
    assert "There is a [size] of the [side] knee." in written("insert my knee | delete effusion").text
    assert "There is a [size] [side] knee." in written("insert my knee | delete effusion of the").text
    assert written("insert my knee | delete there is a").text.startswith("[size] effusion")


def test_what_is_taken_back_at_the_edge_of_a_field_leaves_one_space() -> None:
    assert written("insert my knee | next field | delete that").text.startswith("There is a effusion of the [side]")
    assert written("insert my knee | delete the last four words | seen").text == (
        "There is a [size] effusion of the seen"
    )
    result = written("insert my knee | next field | delete that | select effusion")
    assert result.selected is not None
    assert result.text[slice(*result.selected)] == "effusion"


def test_a_macro_said_while_something_is_selected_leaves_it_alone() -> None:
    assert written("mild fever | select mild | insert my knee | seen today").text == (
        f"mild fever {KNEE.text} seen today"
    )


def test_only_the_newest_macros_fields_are_gone_to() -> None:
    book = MacroBook([KNEE, Macro(name="plain", language=Language.EN, say=("plain",), text="Plain.")])
    result = written("insert my knee | insert plain | next field | normal", macros=book)
    assert result.text == f"{KNEE.text} Plain. normal"


def test_dictated_marks_leave_a_macro_alone() -> None:
    result = written("no fever comma no cough period | insert my knee | seen today period")
    assert result.text == f"no fever, no cough. {KNEE.text} seen today."


def test_what_is_no_macro_is_text() -> None:
    assert written("insert my shoulder").text == "insert my shoulder"
    assert written("insert my knee | insert my knee").text == f"{KNEE.text} {KNEE.text}"


def test_a_chinese_macro_keeps_its_own_spaces() -> None:
    macro = Macro(name="m", language=Language.ZH, say=("增强",), text="行 CT 增强扫描。")
    result = written("平扫后 | 插入增强 | 未见异常", macros=MacroBook([macro]), language=Language.ZH)
    assert result.text == "平扫后行 CT 增强扫描。未见异常"


def test_a_chinese_macro_that_opens_with_latin_letters_keeps_them_apart_from_those_before() -> None:
    macro = Macro(name="m", language=Language.ZH, say=("平扫",), text="CT平扫。")
    result = written("复查mri | 插入平扫", macros=MacroBook([macro]), language=Language.ZH)
    assert result.text == "复查mri CT平扫。"
    assert inserted(result) == ["CT平扫。"]


@pytest.mark.parametrize("macro", built_in_macros().macros, ids=lambda macro: f"{macro.language}-{macro.name}")
def test_every_shipped_macro_can_be_called_by_each_of_its_names(macro: Macro) -> None:
    lead = "insert " if macro.language is Language.EN else "插入"
    for trigger in macro.triggers():
        assert write(words_from_text(lead + trigger), language=macro.language).text == macro.text


def test_a_users_macro_replaces_the_sites_and_the_shipped_one(tmp_path: Path) -> None:
    for folder, text in (("site", "Site liver."), ("user", "My liver.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.toml").write_text(
            f'[[macro]]\nname = "liver"\nlanguage = "en"\nnormal_of = ["liver"]\ntext = "{text}"\n', "utf-8"
        )
    assert written("insert normal liver", macros=load_macros([tmp_path / "site"])).text == "Site liver."
    both = load_macros([tmp_path / "site", tmp_path / "user"])
    assert written("insert normal liver", macros=both).text == "My liver."
    assert written("insert normal spleen", macros=both).text.startswith("The spleen")


def test_a_macro_for_one_template_comes_before_one_for_all_and_is_unknown_to_the_others() -> None:
    ct = Macro(name="ct liver", language=Language.EN, normal_of=("liver",), templates=("ct_chest",), text="CT liver.")
    later = Macro(name="any liver", language=Language.EN, normal_of=("liver",), text="The liver is normal.")
    book = built_in_macros().over([ct]).over([later])
    assert written("insert normal liver", macros=book.for_template("ct_chest")).text == "CT liver."
    assert written("insert normal liver", macros=book.for_template("us_abdomen")).text.startswith("The liver")


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('[[macro]]\nname = "a"\nlanguage = "en"\nsay = ["a"]\n', 1, "text"),
        ('[[macro]]\nname = "a"\nlanguage = "en"\ntext = "x"\n', 1, "needs say or normal_of"),
        ('[[macro]]\nname = "a"\nlanguage = "fr"\nsay = ["a"]\ntext = "x"\n', 3, "language"),
        ('[[macro]]\nname = "a"\nlanguage = "en"\nsay = ["a"]\ntext = "the [side knee"\n', 5, "bracket"),
        ('[[macro]]\nname = "a"\nlanguage = "en"\nsay = ["a"]\ntext = "two  spaces"\n', 5, "two spaces"),
        ('[[macro]]\nname = "a"\nlanguage = "en"\nsay = ["a"]\ntext = " "\n', 5, "is empty"),
        ('[[macro]]\nname = "a"\nlanguage = "en"\nsay = ["a"]\ntext = "x"\ncolour = "red"\n', 6, "colour"),
        ('[[macro]]\nname = "a"\nname = "b"\n', 3, "TOML"),
    ],
)
def test_a_bad_macro_file_says_where_and_what(tmp_path: Path, content: str, line: int, says: str) -> None:
    (tmp_path / "bad.toml").write_text(content, "utf-8")
    with pytest.raises(BookError) as caught:
        load_macros([tmp_path])
    assert str(caught.value).startswith(f"{tmp_path / 'bad.toml'}:{line}: ")
    assert says in str(caught.value)


def test_a_missing_folder_and_a_file_in_another_encoding_are_named(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="no such folder"):
        load_macros([tmp_path / "none"])
    (tmp_path / "latin.toml").write_bytes(b'[[macro]]\nname = "caf\xe9"\n')
    with pytest.raises(BookError, match=r"latin\.toml: not UTF-8"):
        load_macros([tmp_path])


@pytest.mark.parametrize("macro", built_in_macros().macros, ids=lambda macro: f"{macro.language}-{macro.name}")
def test_a_normal_text_enters_no_finding_problem_or_measure(macro: Macro) -> None:
    reader = understander(macro.language)
    lead = "insert " if macro.language is Language.EN else "插入"
    result = write(words_from_text(lead + macro.triggers()[0]), language=macro.language)
    for template in load_catalog().templates:
        fields = reader.read(result, template=template).fields
        assert not [entry for entry in fields.values() if isinstance(entry, (list, dict)) and entry]


def test_values_from_a_macro_say_so_and_dictated_ones_do_not() -> None:
    macro = Macro(name="nodule", language=Language.EN, say=("nodule",), text="Six millimeter left lung nodule.")
    result = written("findings colon right pneumothorax period | insert nodule", macros=MacroBook([macro]))
    understanding = understander("en").read(result, template="chest_xray")
    sources = {pointer: entry.source for pointer, entry in understanding.evidence.items()}
    assert sources["/fields/findings/0/finding"] is Source.DICTATED
    assert sources["/fields/findings/0/laterality"] is Source.DICTATED
    assert sources["/fields/findings/1/finding"] is Source.MACRO
    assert sources["/fields/findings/1/laterality"] is Source.MACRO


def test_a_measure_converted_from_a_macro_is_the_macros() -> None:
    macro = Macro(name="nodule", language=Language.EN, say=("nodule",), text="A 1.2 cm left lung nodule.")
    result = written("findings colon | insert nodule", macros=MacroBook([macro]))
    evidence = understander("en").read(result, template="chest_xray").evidence
    assert evidence["/fields/findings/0/size_mm/0"].source is Source.MACRO
    assert evidence["/fields/findings/0/size_mm/0"].computed_from is None


def test_a_value_dictated_into_a_macros_field_is_dictated() -> None:
    macro = Macro(name="effusion", language=Language.EN, say=("effusion",), text="Small [side] pleural effusion.")
    result = written("findings colon | insert effusion | next field | left", macros=MacroBook([macro]))
    understanding = understander("en").read(result, template="chest_xray")
    sources = {pointer: entry.source for pointer, entry in understanding.evidence.items()}
    assert understanding.fields["findings"] == [
        {"finding": "pleural effusion", "presence": "present", "laterality": "left", "severity": "small"}
    ]
    assert sources["/fields/findings/0/laterality"] is Source.DICTATED
    assert sources["/fields/findings/0/finding"] is Source.MACRO
