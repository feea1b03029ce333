"""What a dictation still waits for is a check until it is settled."""

from pathlib import Path

import pytest

from wardscribe_protocol.record import Language, Severity
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.values import words_from_text


def codes(text: str, *, language: Language = Language.EN, site: Path | None = None) -> dict[str, Severity]:
    composer = Readers(ServerSettings(site=site)).composer(template="outpatient", language=language, recognised=False)
    return {check.code: check.severity for check in composer.compose(words_from_text(text)).record.checks}


@pytest.mark.parametrize(
    ("text", "language"),
    [("no fever | sign the report", Language.EN), ("无发热 | 签发报告", Language.ZH)],
)
def test_signing_by_voice_only_asks(text: str, language: Language) -> None:
    assert codes(text, language=language)["sign_requested"] is Severity.INFO


def test_a_report_that_nobody_asked_to_sign_does_not_ask() -> None:
    assert "sign_requested" not in codes("no fever | he will sign the consent form")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros/knee.toml").write_text(
        '[[macro]]\nname = "knee"\nlanguage = "en"\nsay = ["my knee"]\ntext = "Effusion of the [side] knee."\n'
    )
    return tmp_path


def test_a_macro_field_is_asked_for_until_it_is_filled(site: Path) -> None:
    assert codes("insert my knee", site=site)["macro_field_empty"] is Severity.WARNING
    assert "macro_field_empty" not in codes("insert my knee | next field | left", site=site)
