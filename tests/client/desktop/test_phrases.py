"""Everything that the windows say is there in both languages, with the same values to fill in."""

import re
from pathlib import Path
from string import Formatter

import pytest

from wardscribe_client.actions import Action
from wardscribe_client.desktop import phrases
from wardscribe_client.desktop.phrases import Phrases, PhrasesError, table, without_mark
from wardscribe_client.desktop.trouble import told
from wardscribe_client.desktop.uploading import UploadStep
from wardscribe_client.hid.layouts import layouts
from wardscribe_client.report_values import Act
from wardscribe_client.reports import Away, NotAServerError, ServerAwayError
from wardscribe_client.spool import Standing
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import Language, ReportState

FOLDER = Path(phrases.__file__).parent
PARTS = sorted(path.stem for path in FOLDER.glob("*.toml"))
SOURCES = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.parent.rglob("*.py"))]


def named(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name is not None}


@pytest.mark.parametrize("part", PARTS)
def test_both_languages_say_the_same_things_with_the_same_values(part: str) -> None:
    wrong = [key for key, said in table(part).items() if named(said["en"]) != named(said["zh"])]
    assert wrong == []
    chinese = re.compile("[一-鿿]")
    assert [key for key, said in table(part).items() if chinese.search(said["en"]) and "language" not in key] == []
    head = (FOLDER / f"{part}.toml").read_text(encoding="utf-8")
    assert 'licence = "Apache-2.0"' in head


def test_a_phrase_in_one_language_only_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "half.toml").write_text('[phrases]\nx = { en = "only" }\n', encoding="utf-8")
    monkeypatch.setattr(phrases.resources, "files", lambda _: tmp_path)
    with pytest.raises(PhrasesError, match=r"half\.toml: x"):
        table("half")


def test_no_phrase_is_left_over_and_none_is_missing() -> None:
    code = "\n".join(SOURCES)
    built = (
        "state_",
        "role_",
        "row_",
        "severity_",
        "done_",
        "not_",
        "flag_",
        "format_",
        "heard_",
        "language_",
        "step_",
    )
    built += ("about_", "standing_", "action_", "button_", "tab_", "certainty_", "doubt_", "theme_", "dictated_")
    for part in PARTS:
        if part == "trouble":
            continue
        unused = [
            key
            for key in table(part)
            if f'"{key}"' not in code
            and not key.startswith(built)
            and not key.endswith(("_about", "_name", "_example"))
        ]
        assert unused == [], part


def test_every_value_that_is_shown_has_its_word() -> None:
    review, settings, unsent = (Phrases(part, Language.ZH) for part in ("review", "settings", "unsent"))
    assert all(review.has(f"state_{state.value}") for state in ReportState)
    acts = set(Act) - {Act.READ, Act.HISTORY, Act.GIVE_WET_READ, Act.RELEASE}
    assert all(review.has(f"done_{act.value}") for act in acts)
    assert all(settings.has(f"action_{action.value}") for action in Action)
    buttons = {button for layout in layouts().values() for button in layout.buttons}
    assert all(settings.has(f"button_{button}") for button in buttons if not re.fullmatch(r"f\d", button))
    assert all(unsent.has(f"standing_{standing.value}") for standing in Standing)
    assert all(unsent.has(f"step_{step.value}") for step in UploadStep)


@pytest.mark.parametrize("language", list(Language))
def test_every_error_of_a_server_is_told_in_the_persons_language(language: Language) -> None:
    for code in ErrorCode:
        said = told(RefusedError(code, "ENGLISH"), language, server="https://ward7:8760")
        assert said != "ENGLISH" or code is ErrorCode.BAD_INPUT
    for away in Away:
        assert "ward7" in told(ServerAwayError(away, "ENGLISH"), language, server="https://ward7:8760")
    assert "Wardscribe" in told(NotAServerError(ErrorCode.BAD_MESSAGE), language, server="https://ward7:8760")


def test_the_mark_of_a_key_is_not_read_out() -> None:
    assert without_mark("&Server") == "Server"
    assert without_mark("服务器(&V)") == "服务器"
