import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wardscribe_cli.__main__ import COMMANDS, main
from wardscribe_models.manifest import load_manifest

Run = Callable[..., tuple[int, str, str]]

FORMAT = [sys.executable, "-m", "wardscribe_cli", "format", "--lang", "en"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command with these arguments and this standard input: exit code, standard output, standard error."""

    def call(*arguments: str, given: str | bytes = "") -> tuple[int, str, str]:
        source = tmp_path / "stdin"
        source.write_bytes(given if isinstance(given, bytes) else given.encode())
        with source.open(encoding="latin-1") as stdin, monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", stdin)
            code = main(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def refused(result: tuple[int, str, str]) -> str:
    """The one line that bad usage costs."""
    code, out, err = result
    assert code == 2
    assert out == ""
    assert err.startswith("wardscribe: ")
    assert err.count("\n") == 1
    return err.removeprefix("wardscribe: ").strip()


@pytest.mark.parametrize(
    ("language", "spoken", "written"),
    [
        ("en", "heart rate seventy eight", "heart rate 78"),
        ("en", "a nodule of twelve millimeters", "a nodule of 12 mm"),
        ("zh", "体温三十六度五", "体温36.5度"),
    ],
)
def test_format_gives_the_written_form_of_each_line(run: Run, language: str, spoken: str, written: str) -> None:
    code, out, err = run("format", "--lang", language, given=spoken + "\n")
    assert (code, err) == (0, "")
    assert out.rstrip("\n").rstrip(".。") == written


@pytest.mark.parametrize(
    ("language", "heard", "corrected"),
    [("en", "small plural effusion", "small pleural effusion"), ("zh", "右侧胸强积液", "右侧胸腔积液")],
)
def test_correct_puts_the_lexicons_term_for_what_sounds_like_it(
    run: Run, language: str, heard: str, corrected: str
) -> None:
    assert run("correct", "--lang", language, given=heard + "\n") == (0, corrected + "\n", "")


@pytest.mark.parametrize(
    ("language", "line", "term"),
    [("en", "No pleural effusion.", "pleural effusion"), ("zh", "未见胸腔积液。", "胸腔积液")],
)
def test_entities_cites_the_characters_of_the_line_and_says_what_is_claimed(
    run: Run, language: str, line: str, term: str
) -> None:
    code, out, err = run("entities", "--lang", language, given=line + "\n")
    assert (code, err) == (0, "")
    found = {entity["text"]: entity for entity in json.loads(out)["entities"]}
    entity = found[term]
    assert line[entity["start"] : entity["end"]] == term
    assert entity["presence"] == "absent"
    keys = {"label", "start", "end", "text", "score", "presence", "certainty", "time", "subject"}
    assert all(set(each) == keys for each in found.values())


@pytest.mark.parametrize("command", ["format", "correct", "entities"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_line_in_is_one_line_out_and_empty_lines_stay(run: Run, command: str, language: str) -> None:
    code, out, _ = run(command, "--lang", language, given="\ufefffever\r\n\n  \n头痛 | fever new line cough\nlast")
    assert code == 0
    lines = out.split("\n")
    assert len(lines) == 6
    assert lines[-1] == ""
    assert lines[1] == ('{"entities": []}' if command == "entities" else "")


@pytest.mark.parametrize("command", ["format", "correct", "entities"])
def test_no_input_is_no_output(run: Run, command: str) -> None:
    assert run(command, "--lang", "en") == (0, "", "")


@pytest.mark.parametrize("command", ["format", "correct", "entities"])
def test_bad_usage_is_one_line_and_code_2(run: Run, command: str) -> None:
    assert "unknown language 'fr'; one of: en, zh" in refused(run(command, "--lang", "fr", given="x\n"))
    assert "--lang" in refused(run(command, given="x\n"))
    assert "--loud" in refused(run(command, "--lang", "en", "--loud", given="x\n"))


def test_input_that_is_not_utf_8_is_one_line_and_code_2(run: Run) -> None:
    assert refused(run("format", "--lang", "zh", given="体温".encode("gbk"))) == "standard input: not UTF-8 text"


def test_a_line_comes_out_before_the_next_one_goes_in() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "wardscribe_cli", "format", "--lang", "en"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"pulse\n", b"heart rate\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline().lower().startswith(line.strip())
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_reader_that_goes_away_is_no_error() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(FORMAT, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"pulse\n")
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 0


def settings_shown(out: str) -> dict[str, tuple[str, str]]:
    """Value and source of each setting."""
    rows = [line.split("\t") for line in out.splitlines()]
    assert all(len(row) == 3 and row[2] for row in rows)
    named = [(row[0].partition(" = "), row[1].strip("()")) for row in rows]
    return {name: (value, source) for (name, _, value), source in named}


def test_config_shows_each_setting_with_its_value_and_where_it_comes_from(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MODELS_DIR", "KEY_SOURCE", "SPOOL"):
        monkeypatch.delenv(f"WARDSCRIBE_{name}", raising=False)
    code, out, err = run("config")
    assert (code, err) == (0, "")
    shown = settings_shown(out)
    assert shown["server.port"] == ("8760", "default")
    assert {source for name, (_, source) in shown.items() if not name.startswith("engine.")} == {"default"}
    assert {source for name, (_, source) in shown.items() if name.startswith("engine.")} == {"chosen from the machine"}
    monkeypatch.setenv("WARDSCRIBE_PORT", "9001")
    monkeypatch.setenv("WARDSCRIBE_MAX_AUDIO_MINUTES", "30")
    shown = settings_shown(run("config")[1])
    assert shown["server.port"] == ("9001", "environment: WARDSCRIBE_PORT")
    assert shown["server.max_audio_minutes"] == ("30.0", "environment: WARDSCRIBE_MAX_AUDIO_MINUTES")
    assert shown["client.max_audio_minutes"] == shown["server.max_audio_minutes"]
    assert shown["server.host"][1] == "default"


def test_config_as_json_holds_the_same_values(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDSCRIBE_WORKERS", "3")
    values = json.loads(run("config", "--json")[1])
    assert values["engine.workers"] == {"value": 3, "source": "as set"}
    assert values["engine.threads"]["source"] == "chosen from the machine"
    assert values["engine.threads"]["value"] >= 1
    assert values["server.workers"] == {"value": 3, "source": "environment: WARDSCRIBE_WORKERS"}
    assert set(values) == set(settings_shown(run("config")[1]))


def test_config_never_shows_the_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDSCRIBE_TOKEN", "open-sesame")
    for arguments in (("config",), ("config", "--json")):
        code, out, err = run(*arguments)
        assert code == 0
        assert "open-sesame" not in out + err
    assert settings_shown(run("config")[1])["client.token"] == ("(set)", "environment: WARDSCRIBE_TOKEN")


@pytest.mark.parametrize(("name", "value"), [("PORT", "many"), ("WORKERS", "-1"), ("DEVICE", "abacus")])
def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"WARDSCRIBE_{name}", value)
    message = refused(run("config"))
    assert f"WARDSCRIBE_{name}" in message
    assert value not in message.replace(name, "").split(": ")[0]


def test_models_list_shows_every_model_of_the_manifest_and_whether_it_is_here(run: Run, tmp_path: Path) -> None:
    code, out, err = run("models", "list", "--models-dir", str(tmp_path / "none"))
    assert (code, err) == (0, "")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == list(load_manifest().models)
    assert {row[1] for row in rows} == {"absent"}
    assert rows[0][0] == "base"
    assert all(len(row) == 6 and row[2].endswith(" MB") for row in rows)
    assert not (tmp_path / "none").exists()


@pytest.mark.model
def test_models_list_says_that_the_base_model_is_here(run: Run, base_weights: Path) -> None:
    _, out, _ = run("models", "list", "--models-dir", str(base_weights.parent))
    assert out.splitlines()[0].startswith("base\tpresent\t")


def test_models_list_sees_a_model_that_is_only_partly_here(run: Run, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text("{}")
    assert run("models", "list", "--models-dir", str(tmp_path))[1].startswith("base\tpartial\t")


def test_models_asks_which_one_and_what_to_do(run: Run, tmp_path: Path) -> None:
    folder = ("--models-dir", str(tmp_path))
    assert "which model" in refused(run("models", "fetch", *folder))
    assert "unknown model 'huge'" in refused(run("models", "fetch", "huge", *folder))
    assert "unknown model 'huge'" in refused(run("models", "verify", "huge", *folder))
    assert "invalid choice" in refused(run("models", "burn", *folder))


def test_the_command_lists_what_it_can_do(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert all(f"\n  {name}" in out for name in COMMANDS)
    assert run()[0] == 2
    assert "unknown command 'transcribble'" in refused(run("transcribble"))


def test_the_version_is_printed(run: Run) -> None:
    code, out, _ = run("--version")
    assert code == 0
    assert out[0].isdigit()


def test_it_runs_from_any_folder_and_with_an_empty_home(tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "wardscribe_cli", "models", "list"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": ""},
        capture_output=True,
        check=True,
    )
    assert printed.stdout.startswith(b"base\t")
    assert printed.stderr == b""


def test_a_round_is_filled_into_a_record_a_patient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = tmp_path / "round.txt"
    said.write_text("bed two comma no fever period next patient bed four comma no cough period", encoding="utf-8")
    assert main(["fill", str(said), "--template", "ward_round", "--lang", "en"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["fields"]["bed"] for record in records] == ["2", "4"]
    assert main(["fill", str(said), "--template", "ward_round", "--lang", "en", "--format", "text"]) == 0
    assert capsys.readouterr().out.count("Ward round\n") == 2
    case = {"id": "r", "template": "ward_round", "language": "en", "text": said.read_text(encoding="utf-8")}
    said.write_text(json.dumps(case), encoding="utf-8")
    assert main(["fill", str(said), "--batch"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["record"]["fields"]["bed"] == "2"
    assert row["records"] == records
