import stat
from pathlib import Path

import pytest

from wardscribe_client.preferences import (
    InterfaceLanguage,
    Preferences,
    Theme,
    load_preferences,
    preferences_path,
    store_preferences,
)
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language

CHANGED = Preferences(
    server="https://ward7:8760",
    ca=Path("/etc/ssl/hospital.pem"),
    user="dr-lee",
    microphone='USB "Boom" 麦克风\\2',
    interface_language=InterfaceLanguage.ZH,
    dictation_language=Language.ZH,
    theme=Theme.DARK,
    always_on_top=True,
    low_confidence=0.45,
    keep_signed_days=0,
    hot_keys={"toggle_recording": "ctrl+alt+r", "录音": "f9"},
)


def test_what_was_stored_comes_back_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "wardscribe"
    store_preferences(folder, CHANGED)
    assert load_preferences(folder) == CHANGED
    assert stat.S_IMODE(preferences_path(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["preferences.toml"]


def test_without_a_file_the_defaults_hold_and_defaults_are_not_written_down(tmp_path: Path) -> None:
    assert load_preferences(tmp_path) == Preferences()
    store_preferences(tmp_path, Preferences())
    assert "=" not in preferences_path(tmp_path).read_text()


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    store_preferences(tmp_path, CHANGED)
    preferences_path(tmp_path).chmod(0o644)
    load_preferences(tmp_path)
    assert stat.S_IMODE(preferences_path(tmp_path).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "line", "named"),
    [
        ('server = "x"\ntheme = "mauve"\n', 2, "theme"),
        ('server = "x"\n\nmicrofone = "y"\n', 3, "microfone"),
        ("low_confidence = 7\n", 1, "low_confidence"),
        ('server = "x\n', 1, "TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line_and_what_to_do(
    tmp_path: Path, text: str, line: int, named: str
) -> None:
    path = preferences_path(tmp_path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_preferences(tmp_path)
    assert str(path) in refused.value.message
    assert f":{line}" in refused.value.message or f"line {line}" in refused.value.message
    assert named in refused.value.message
    assert "begin anew" in refused.value.message


def test_a_change_that_is_none_is_refused(tmp_path: Path) -> None:
    assert Preferences().changed(theme="dark").theme is Theme.DARK
    with pytest.raises(InputError):
        Preferences().changed(low_confidence=2)
