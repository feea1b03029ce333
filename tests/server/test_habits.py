"""A site's and a user's own way of dictating: which file wins, and what a bad one says."""

import re
from pathlib import Path

import pytest

from wardscribe_cli.__main__ import Exit, main
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers, habits
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.options import Abbreviations, DateOrder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write(tmp_path / "writing/ours.toml", 'dates = "day_first"\nabbreviations = "capitals"\n')
    write(tmp_path / "users/lin/writing/mine.toml", 'dates = "iso"\n')
    return tmp_path


def settings(site: Path | None, **more: object) -> ServerSettings:
    return ServerSettings(site=site, **more)


def test_a_user_wins_over_the_site_and_the_site_over_what_is_shipped(site: Path) -> None:
    assert habits(settings(None)).options.dates is DateOrder.MONTH_FIRST
    assert habits(settings(site)).options.dates is DateOrder.DAY_FIRST
    chosen = habits(settings(site), "lin").options
    assert (chosen.dates, chosen.abbreviations) == (DateOrder.ISO, Abbreviations.CAPITALS)


def test_a_user_without_files_has_the_sites_habits(site: Path) -> None:
    assert habits(settings(site), "nobody").options == habits(settings(site)).options


def test_the_record_is_written_the_users_way(site: Path) -> None:
    composer = Readers(settings(site)).composer(
        template="outpatient", language=Language.EN, recognised=False, user="lin"
    )
    text = "seen on march fourth twenty twenty six takes lisinopril ten milligrams b i d"
    written = composer.compose(words_from_text(text)).written.text
    assert "2026-03-04" in written
    assert "10 mg BID" in written


def test_format_follows_the_user_that_is_named(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = tmp_path / "said.txt"
    lines.write_text("seen on march fourth twenty twenty six\n", encoding="utf-8")
    with lines.open() as said:
        monkeypatch.setattr("sys.stdin", said)
        assert main(["format", "--lang", "en", "--site", str(site), "--user", "lin"]) == Exit.DONE
    assert capsys.readouterr().out == "seen on 2026-03-04\n"


@pytest.mark.parametrize("user", ["../other", "Lin", "", "a/b", "x" * 65])
def test_a_user_name_cannot_lead_out_of_the_sites_folder(site: Path, user: str) -> None:
    if user:
        with pytest.raises(InputError, match="user's name"):
            habits(settings(site), user)
    else:
        assert habits(settings(site), user).options == habits(settings(site)).options


@pytest.mark.parametrize(
    ("text", "said"),
    [('dates = "backwards"\n', "dates"), ("colour = 1\n", "colour"), ("dates = \n", "not readable as TOML")],
)
def test_a_bad_options_file_is_named_with_its_line(site: Path, text: str, said: str) -> None:
    write(site / "writing/zz.toml", text)
    with pytest.raises(InputError, match=said) as refused:
        habits(settings(site))
    assert "zz.toml:1" in refused.value.message


def test_a_site_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--site"):
        Readers(settings(tmp_path / "nowhere"))


def test_every_example_of_the_documentation_works(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/voice-commands.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    for index, block in enumerate(blocks):
        kind = "macros" if "[[macro]]" in block else "commands" if "[[command]]" in block else "writing"
        write(tmp_path / kind / f"{index}.toml", block)
    loaded = habits(settings(tmp_path))
    assert len(blocks) == 3
    assert loaded.options.digits_from_ten
    assert loaded.macros.named("my knee", language=Language.EN) is not None
    assert "kind regards" in loaded.commands.phrases(Language.EN)
    assert "next line" not in loaded.commands.phrases(Language.EN)
