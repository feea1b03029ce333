"""`wardscribe templates list`, `show`, `check`, `new` and `import`."""

import json
from pathlib import Path

import pytest

from wardscribe_cli.__main__ import main

_MRRT = Path(__file__).parents[1] / "server" / "templates" / "mrrt"


def test_list_and_show_tell_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates", "list"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 9
    assert ["chest_xray", "Chest X-ray", "胸部X线", "8 fields", "shipped"] in lines
    assert main(["templates", "show", "operative"]) == 0
    shown = capsys.readouterr().out
    assert "LOINC 10219-4" in shown
    assert "prohibits signing" in shown
    assert "values: general, spinal, epidural, regional, local, sedation" in shown
    assert "MedicationStatement" not in shown


def test_a_new_template_passes_the_check_and_is_filled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "templates").mkdir()
    path = tmp_path / "templates" / "wrist.toml"
    assert main(["templates", "new", "wrist_xray", "-o", str(path)]) == 0
    assert main(["templates", "check", "--site", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{path}: wrist_xray, 3 sections, 4 fields"
    assert main(["templates", "list", "--site", str(tmp_path)]) == 0
    assert f"4 fields\t{path}" in capsys.readouterr().out
    said = tmp_path / "said.txt"
    said.write_text("findings the example length is two point five centimetres period", encoding="utf-8")
    given = ["--template", "wrist_xray", "--lang", "en", "--site", str(tmp_path)]
    assert main(["fill", str(said), *given]) == 0
    assert json.loads(capsys.readouterr().out)["fields"]["example_length_mm"] == 25


def test_show_toml_gives_a_file_to_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates", "show", "us_abdomen", "--toml"]) == 0
    (tmp_path / "templates").mkdir()
    changed = capsys.readouterr().out.replace('en = "Ultrasound of the abdomen"', 'en = "Our abdomen"')
    (tmp_path / "templates" / "mine.toml").write_text(changed, encoding="utf-8")
    assert main(["templates", "list", "--site", str(tmp_path)]) == 0
    assert "us_abdomen\tOur abdomen\t" in capsys.readouterr().out


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("mine", encoding="utf-8")
    assert main(["templates", "new", "mine", "-o", str(path)]) == 2
    assert main(["templates", "import", str(_MRRT / "renal_ultrasound.html"), "-o", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "mine"
    assert "is there already" in capsys.readouterr().err


def test_check_tells_every_bad_file_in_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a.toml", "id = "), ("b.toml", 'id = "b"\ncolour = 1\n')):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["templates", "check", str(tmp_path / "a.toml"), str(tmp_path / "b.toml")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert f"{tmp_path / 'a.toml'}:1: " in told[0]
    assert f"{tmp_path / 'b.toml'}:2: colour: " in told[1]


def test_an_imported_template_passes_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "renal.toml"
    assert main(["templates", "import", str(_MRRT / "renal_ultrasound.html"), "--id", "renal", "-o", str(path)]) == 0
    assert "pre-fills" in capsys.readouterr().err
    assert main(["templates", "check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: renal, 6 sections, 10 fields\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["new", "Two Words"],
        ["show", "tea_leaves"],
        ["check"],
        ["import", "nothing.html"],
        ["import", str(_MRRT / "renal_ultrasound.html"), "--id", "../x"],
        ["list", "--site", "/nowhere/at/all"],
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates", *arguments]) == 2
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1
    assert not captured.out
