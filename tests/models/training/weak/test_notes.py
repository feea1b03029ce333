import csv
import json

from models.training.weak.notes import aci_bench, mts_dialog, mtsamples


def rows(path, fields, *values):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(fields)
        writer.writerows(values)


def test_the_header_of_a_dialogue_note_says_the_section(tmp_path):
    rows(
        tmp_path / "MTS-Dialog-TrainingSet.csv",
        ("ID", "section_header", "section_text", "dialogue"),
        ("1", "ALLERGY", "None known to him.", ""),
        ("2", "FAM/SOCHX", "His aunt had gout.  He smokes a pipe.  He likes chess.", ""),
        ("3", "WEATHER", "Sunny all day.", ""),
    )

    assert [(one.id, one.text, one.section) for one in mts_dialog(tmp_path)] == [
        ("1/0", "None known to him.", "allergies"),
        ("2/0", "His aunt had gout.", "family"),
        ("2/1", "He smokes a pipe.", "social"),
        ("2/2", "He likes chess.", None),
        ("3/0", "Sunny all day.", None),
    ]


def test_a_line_in_capitals_opens_a_section(tmp_path):
    note = "CHIEF COMPLAINT\n\nSore elbow.\n\nPHYSICAL EXAM\n• Elbow: Red and warm.\n\nTRAVEL\nWent to sea."
    rows(tmp_path / "challenge_data" / "train.csv", ("encounter_id", "note"), ("E1", note))

    assert [(one.text, one.section) for one in aci_bench(tmp_path)] == [
        ("Sore elbow.", "complaint"),
        ("Red and warm.", "exam"),
        ("Went to sea.", None),
    ]


def test_headings_inside_a_report_open_sections_and_its_list_of_keywords_is_left_out(tmp_path):
    report = "FINDINGS: ,A soft polyp was removed.,COMPLICATIONS: , None at all here.polyps, colon, removal"
    (tmp_path / "mtsamples.json").write_text(json.dumps([{"transcription": report}]), encoding="utf-8")

    assert [(one.text, one.section) for one in mtsamples(tmp_path)] == [
        ("A soft polyp was removed.", "findings"),
        ("None at all here.", "complications"),
    ]
