import json

import pytest

from models.training.gold import brat, chineseblue, iob, phee
from models.training.gold.case_reports import CaseReports, part_of
from models.training.gold.iob import BadGold
from models.training.sources import sources


def said(sentence):
    return sentence.text, [(sentence.text[one.start : one.end], one.kind) for one in sentence.spans]


def test_tokens_with_tags_become_sentences_with_mentions(tmp_path):
    path = tmp_path / "train.tsv"
    path.write_text(
        "Zorbate\tB-Drug\n-\tO\ninduced\tO\nrash\tB-Sign\n,\tO\nitchy\tI-Sign\nskin\tI-Sign\n\nEnd\tO\n",
        encoding="utf-8",
    )

    assert [said(one) for one in iob.tagged_sentences(path)] == [
        ("Zorbate-induced rash, itchy skin", [("Zorbate", "Drug"), ("rash", "Sign"), ("itchy skin", "Sign")]),
        ("End", []),
    ]


@pytest.mark.parametrize("line", ["Zorbate B-Drug", "Zorbate\tDrug"])
def test_a_line_that_is_no_token_with_a_tag_is_named_and_not_shown(tmp_path, line):
    path = tmp_path / "train.tsv"
    path.write_text(f"Ok\tO\n{line}\n", encoding="utf-8")

    with pytest.raises(BadGold, match=r"train\.tsv:2") as raised:
        list(iob.tagged_sentences(path))
    assert "Zorbate" not in str(raised.value)


def chinese(tmp_path, *rows, health_records=False):
    path = tmp_path / "train.json"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return [
        (document, said(one)) for document, one in chineseblue.tagged_sentences(path, health_records=health_records)
    ]


def mention(surface, kind, offset):
    return {"mention": surface, "type": kind, "offset": str(offset)}


def test_a_chinese_text_is_divided_and_a_shifted_mention_found_again(tmp_path):
    row = {"text": "头痛三天。查体颈软。", "mention_data": [mention("头痛", "symptom", 0), mention("颈", "body", 6)]}

    assert chinese(tmp_path, row) == [
        (0, ("头痛三天。", [("头痛", "symptom")])),
        (0, ("查体颈软。", [("颈", "body")])),
    ]


def test_of_two_mentions_in_one_place_the_longer_stays_and_what_is_nowhere_goes(tmp_path):
    row = {
        "text": "前列腺炎两年",
        "mention_data": [mention("前列腺", "body", 0), mention("前列腺炎", "disease", 0), mention("肺", "body", 3)],
    }

    assert chinese(tmp_path, row) == [(0, ("前列腺炎两年", [("前列腺炎", "disease")]))]


def test_the_exchanged_characters_of_the_health_records_are_put_back(tmp_path):
    row = {"text": "全麻上行手术叒左下肺", "mention_data": [{"mention": "左下肺", "label": "部位", "offset": "7"}]}

    assert chinese(tmp_path, row, health_records=True) == [(0, ("全麻下行手术 左上肺", [("左上肺", "部位")]))]


def test_arguments_of_events_become_flat_mentions(tmp_path):
    event = {
        "Subject": {"Age": {"text": [["40-year-old"]], "start": [[2]]}},
        "Treatment": {"Drug": {"text": [["zorbate"]], "start": [[28]]}},
        "Effect": {"text": [["hives"]], "start": [[18]]},
    }
    path = tmp_path / "dev.json"
    row = {"id": "7_2", "context": "A 40-year-old had hives on zorbate.", "annotations": [{"events": [event]}]}
    path.write_text(json.dumps(row).replace("28", "27"), encoding="utf-8")

    ((name, sentence),) = phee.tagged_sentences(path)

    assert name == "7_2"
    assert said(sentence)[1] == [("40-year-old", "Age"), ("hives", "Effect"), ("zorbate", "Drug")]


TEXT = "A 60-year-old man had severe left flank pain.\nNo fever. Sodium was 128 mmol/L on zorbate 20 mg daily.\n"
ANNOTATION = """T1\tAge 2 13\t60-year-old
T2\tSeverity 22 28\tsevere
T3\tBiological_structure 29 39\tleft flank
T4\tSign_symptom 40 44\tpain
E1\tSign_symptom:T4\t
R1\tMODIFY Arg1:T3 Arg2:E1\t
R2\tMODIFY Arg1:T2 Arg2:E1\t
T5\tSign_symptom 49 54\tfever
E2\tSign_symptom:T5
A1\tPOLARITY E2 NEG
T6\tDiagnostic_procedure 56 62\tSodium
E3\tDiagnostic_procedure:T6
T7\tLab_value 67 77\t128 mmol/L
R3\tMODIFY Arg1:T7 Arg2:E3\t
T8\tMedication 81 88\tzorbate
E4\tMedication:T8
T9\tDosage 89 100\t20 mg daily
R4\tMODIFY Arg1:T9 Arg2:E4\t
T10\tHistory 2 5;10 13\t60- old
"""


@pytest.fixture
def reports(english):
    return CaseReports(sources()["maccrobat"], english)


def report(tmp_path, annotation=ANNOTATION):
    (tmp_path / "1.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "1.ann").write_text(annotation, encoding="utf-8")
    (document,) = brat.documents(tmp_path)
    return document


def test_a_case_report_has_our_labels_relations_and_presence(tmp_path, reports):
    first, second, third = reports.examples(report(tmp_path))

    named = [(first.text[one.start : one.end], one.label) for one in first.entities]
    assert named == [
        ("60-year-old", "age"),
        ("severe", "severity"),
        ("left", "laterality"),
        ("flank pain", "symptom"),
    ]
    assert first.relations == ((1, 3), (2, 3))
    assert [(one.kind, one.start) for one in first.scheme_spans][-2:] == [
        ("Biological_structure", 29),
        ("Sign_symptom", 40),
    ]
    assert [(one.label, one.presence) for one in second.entities] == [("symptom", "absent")]
    assert [third.text[one.start : one.end] for one in third.entities] == [
        "Sodium", "128", "mmol/L", "zorbate", "20 mg", "daily",
    ]  # fmt: skip
    assert third.relations == ((1, 0), (2, 0), (4, 3), (5, 3))


def test_what_went_away_is_not_said_to_be_absent(tmp_path, reports):
    _, second, _ = reports.examples(report(tmp_path))
    gone = TEXT.replace("No fever", "A  fever")
    (tmp_path / "1.txt").write_text(gone, encoding="utf-8")
    (document,) = brat.documents(tmp_path)
    _, changed, _ = reports.examples(document)

    assert second.entities[0].presence == "absent"
    assert changed.entities[0].presence is None


def test_an_illness_of_the_past_is_one_and_a_clause_about_the_past_is_left_open(tmp_path, reports):
    annotation = "T1\tHistory 40 44\tpain\nT2\tHistory 46 54\tNo fever\n"

    first, second, _ = reports.examples(report(tmp_path, annotation))

    assert [(one.label, one.presence, one.time) for one in first.entities] == [("symptom", "present", "past")]
    assert [(one.label, one.presence) for one in second.entities] == [("unknown", None)]


def test_a_line_of_standoff_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BadGold, match=r"1\.ann:2"):
        report(tmp_path, "T1\tAge 2 13\t60-year-old\nT2\tAge two 13\tx\n")


def test_the_parts_of_the_case_reports_are_fixed():
    names = [f"{number:03}" for number in range(150)]
    parts = part_of(names)

    assert sorted(parts.values()).count("test") == 30
    assert sorted(parts.values()).count("dev") == 20
    assert parts == part_of(names[::-1])
