"""A ward round over many beds becomes a record a patient; a bed that is only mentioned does not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from pydantic import JsonValue

from tests.server.understand.reading_tools import understander
from wardscribe_protocol.messages import Closed, Context
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.timeline import Span
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser
from wardscribe_server.pipeline.compose import Composed, Composer
from wardscribe_server.pipeline.held import BEFORE_ALL_WORDS, NO_HOLDINGS, Holdings
from wardscribe_server.pipeline.rounds import RoundComposer
from wardscribe_server.pipeline.values import Utterance, Word, WordId, words_from_text
from wardscribe_server.transcribe import finished


def _composer(language: str) -> RoundComposer:
    return RoundComposer(lambda: Composer(understander(language), template="ward_round", language=Language(language)))


def _round(text: str, language: str) -> Composed:
    return _composer(language).compose(words_from_text(text), raw=text)


def _beds(text: str, language: str) -> list[object]:
    return [record.fields.get("bed") for record in _round(text, language).records]


@pytest.mark.parametrize(
    ("text", "beds"),
    [
        (
            "bed twelve comma pneumonia period no fever period bed fourteen comma hip fracture period no pain",
            ["12", "14"],
        ),
        ("bed two no fever next patient bed four no cough moving on to bed nine no rash", ["2", "4", "9"]),
        ("bed two no fever | bed four no cough", ["2", "4"]),
        ("mrs okafor in bed two comma no fever period mr lind in bed six comma no cough period", ["2", "6"]),
        ("good morning ward round period bed six comma no fever period then bed seven comma no rash", ["6", "7"]),
        (
            "bed six comma no fever period next comma bed seven comma no rash period back to bed six add a d dimer",
            ["6", "7"],
        ),
        (
            "bed six comma no fever period next patient period mrs brown comma seventy comma bed seven comma no rash",
            ["6", "7"],
        ),
        ("room five bed two comma no fever period bed four b comma no rash", ["5 2", "4B"]),
    ],
)
def test_english_rounds_are_cut_where_another_bed_begins(text: str, beds: list[str]) -> None:
    assert _beds(text, "en") == beds


@pytest.mark.parametrize(
    ("text", "beds"),
    [
        ("十二床，肺炎，无发热。十四床，胆囊炎术后第一天，无腹痛。", ["12", "14"]),
        ("十二床患者今日无发热 继续头孢曲松 下一床 十五床 伤口无渗血 加床二 头痛", ["12", "15", "加2"]),
        ("三床 咳嗽减轻 | 下一位 五床 无憋醒 | 回到三床 加做血气分析", ["3", "5"]),
        ("八床无胸痛。张三，男，六十岁，二十床，胸闷好转。", ["8", "20"]),
        ("七床无腹痛 再看一下九床 无呕吐", ["7", "9"]),
    ],
)
def test_chinese_rounds_are_cut_where_another_bed_begins(text: str, beds: list[str]) -> None:
    assert _beds(text, "zh") == beds


@pytest.mark.parametrize(
    ("text", "language", "bed"),
    [
        ("bed three period transferred from bed nine last night period no chest pain", "en", "3"),
        ("bed three period plan to move him to bed two tomorrow period", "en", "3"),
        ("bed three period head of bed thirty degrees period no cough", "en", "3"),
        ("bed three period he was in bed five last week period no cough", "en", "3"),
        ("bed three period same rash as bed eight period", "en", "3"),
        ("mr smith comma day three after hip replacement period no pain period he is in bed twelve", "en", "12"),
        ("bed twelve comma correction comma bed thirteen comma no pain", "en", "13"),
        ("bed twelve comma no pain period bed twelve had a quiet night", "en", "12"),
        ("三床 由九床转入 今日无发热 计划转至五床", "zh", "3"),
        ("三床患者与七床同病房，无发热", "zh", "3"),
        ("十二床 不对 十三床 患者无发热", "zh", "13"),
        ("患者李某，住八床，今日无发热，建议转至三床", "zh", "8"),
    ],
)
def test_a_bed_that_is_only_mentioned_or_corrected_does_not_cut(text: str, language: str, bed: str) -> None:
    assert _beds(text, language) == [bed]


def test_a_dictation_over_one_patient_is_what_it_was() -> None:
    text = "bed seven comma hospital day four comma no fever period transferred from bed nine period"
    plain = Composer(understander("en"), template="ward_round", language=Language.EN)
    utterances = words_from_text(text)
    assert _round(text, "en").records == (plain.compose(utterances, raw=text).record,)


def test_nothing_of_one_patient_is_in_another_s_record() -> None:
    composed = _round(
        "bed two comma temperature thirty nine period next patient bed four comma pulse ninety period", "en"
    )
    first, second = (record.fields for record in composed.records)
    assert first["vitals"] == {"temperature_c": 39}
    assert second["vitals"] == {"pulse_bpm": 90}


def _timed(text: str) -> tuple[Utterance, ...]:
    """The words of a text, each half a second long."""
    (utterance,) = words_from_text(text)
    return (
        Utterance(
            tuple(
                Word(WordId(at), word.text, Span(at * 8000, (at + 1) * 8000), 0.9)
                for at, word in enumerate(utterance.words)
            )
        ),
    )


def test_words_keep_ids_times_and_characters_inside_each_record() -> None:
    said = "bed two no fever next patient bed four moderate cough"
    records = _composer("en").compose(_timed(said)).records
    assert [record.transcript.raw for record in records] == ["bed two no fever", "next patient bed four moderate cough"]
    for record in records:
        for evidence in record.evidence.values():
            assert evidence.chars is not None
            assert record.transcript.text[slice(*evidence.chars)] == evidence.text
    cough = records[1].evidence["/fields/symptoms/0/problem"]
    assert cough.audio_ms == (4500, 5000)


def test_live_the_record_is_that_of_the_patient_spoken_of_and_comes_back_with_the_bed() -> None:
    composer = _composer("en")
    said = words_from_text("bed two no fever | next patient bed four no cough | back to bed two no rash")
    live = [composer.compose(said[: at + 1]).record for at in range(3)]
    assert [record.fields["bed"] for record in live] == ["2", "4", "2"]
    assert _symptoms(live[1]) == ["cough"]
    assert _symptoms(live[2]) == ["fever", "rash"]


def test_an_edit_is_about_the_patient_spoken_of_when_it_was_made() -> None:
    composer = _composer("en")
    said = words_from_text("bed two no fever | next patient bed four no cough")
    holdings = _set(composer, said[:1], NO_HOLDINGS, "/fields/hospital_day", 3)
    composed = composer.compose_holding(said, holdings)
    assert [record.fields.get("hospital_day") for record in composed.records] == [3, None]
    holdings = _set(composer, said, holdings, "/fields/hospital_day", 3)
    holdings = _set(composer, said, holdings, "/fields/postop_day", 1)
    composed = composer.compose_holding(said, holdings)
    assert [record.fields.get("hospital_day") for record in composed.records] == [3, 3], "the same value of another one"
    assert [record.fields.get("postop_day") for record in composed.records] == [None, 1]


def test_an_edit_stays_with_its_patient_when_the_bed_is_named_later_or_again() -> None:
    composer = _composer("en")
    said = words_from_text("bed two no fever | next patient he has a moderate cough | this is bed two no rash")
    unnamed = _set(composer, said[:2], NO_HOLDINGS, "/fields/hospital_day", 3)
    assert [record.fields.get("hospital_day") for record in composer.compose_holding(said[:2], unnamed).records] == [
        None,
        3,
    ]
    composed = composer.compose_holding(said, unnamed)
    assert [record.fields.get("bed") for record in composed.records] == ["2"]
    assert composed.record.fields["hospital_day"] == 3
    first = _set(composer, (), NO_HOLDINGS, "/fields/hospital_day", 5)
    two = words_from_text("bed two no fever | next patient bed four no cough")
    records = composer.compose_holding(two, first).records
    assert [record.fields.get("hospital_day") for record in records] == [5, None], "set before a word was said"


def _set(composer: Composer, said: Sequence[Utterance], holdings: Holdings, pointer: str, value: JsonValue) -> Holdings:
    """As the flow does: `value` set by a person after `said`."""
    composed = composer.compose_holding(said, holdings)
    held = composed.held.edited(pointer, value, proposed=composed.proposed)
    last = said[-1].words[-1].id if said else BEFORE_ALL_WORDS
    return composed.held_with(held, holdings=holdings, last=last)


def test_what_is_remembered_changes_no_record() -> None:
    composer = _composer("en")
    said = words_from_text(
        "bed two no fever | next patient bed four no cough | back to bed two temperature thirty nine | bed four no rash"
    )
    for upto in range(1, len(said) + 1):
        assert composer.compose(said[:upto]).records == _composer("en").compose(said[:upto]).records
    kept = composer.compose(said).records
    composer.forget()
    assert composer.compose(said).records == kept


def test_a_cut_after_a_word_that_was_heard_late_keeps_every_word_with_its_patient() -> None:
    said = "bed two no fever next patient bed four moderate cough"
    (utterance,) = _timed(said)
    late = replace(utterance.words[2], id=WordId(40))  # the second hearing added it
    utterances = (Utterance((*utterance.words[:2], late, *utterance.words[3:])),)
    parts = _composer("en").compose(utterances).parts
    assert [sorted(part.words - {BEFORE_ALL_WORDS}) for part in parts] == [[0, 1, 3, 40], [4, 5, 6, 7, 8, 9]]


def test_what_is_known_of_one_patient_is_not_held_against_several() -> None:
    context = Context.model_validate({"patient": {"sex": "female"}})

    def composed(text: str) -> Composed:
        return RoundComposer(
            lambda: Composer(understander("en"), template="ward_round", language=Language.EN, context=context)
        ).compose(words_from_text(text))

    alone = composed("bed two a sixty year old man with moderate cough period")
    assert "patient_sex" in {check.code for check in alone.record.checks}
    several = composed(
        "bed two a sixty year old man with cough period next patient bed four a woman with no rash period"
    )
    assert len(several.records) == 2
    assert not [check for record in several.records for check in record.checks if check.code == "patient_sex"]


def test_a_recording_ends_with_a_record_a_patient_and_so_does_a_session() -> None:
    loud, silent = b"\x00\x40\x00\xc0" * 8000, bytes(64000)
    script = ["bed two no fever", "next patient bed four no cough"]
    end = finished(
        [loud, silent, loud, silent],
        composer=_composer("en"),
        recogniser=ScriptedRecogniser(script),
        detector=LoudnessDetector(),
    )
    assert [record.fields["bed"] for record in end.records] == ["2", "4"]
    assert end.record == end.records[-1]
    closed = Closed.of(end.record, total_samples=64000, records=end.records)
    assert closed.records == end.records
    assert Closed.of(end.record, total_samples=64000, records=end.records[-1:]).records is None


def _symptoms(record: Record) -> list[object]:
    entries = record.fields["symptoms"]
    assert isinstance(entries, list)
    return [entry["problem"] for entry in entries if isinstance(entry, dict)]
