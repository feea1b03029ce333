"""`wardscribe lexicon check`, `add` and `explain`."""

from pathlib import Path

import pytest

from wardscribe_cli.__main__ import main


def test_an_added_term_is_checked_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = ["--site", str(tmp_path)]
    added = ["Zorble drain", "--lang", "en", "--class", "device", "--variant", "zorb drain", "--pronounced", "zor bull"]
    assert main(["lexicon", "add", *added, *site]) == 0
    table = Path(capsys.readouterr().out.strip())
    assert table == tmp_path / "lexicons/en/added.tsv"
    assert main(["lexicon", "check", *site]) == 0
    assert capsys.readouterr().out == f"{table}: 1 terms\n"
    assert (
        main(
            [
                "lexicon",
                "explain",
                "there is a zorb drain and a small plural effusion on the left",
                "--lang",
                "en",
                *site,
            ]
        )
        == 0
    )
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["11-21", "zorb drain", "=", "a_term", "1", "Zorble drain (device, added, 1)"] in lines
    assert ["34-40", "plural", "pleural"] in [line[:3] for line in lines]


def test_a_term_of_a_user_goes_into_the_users_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["棘手结节", "--lang", "zh", "--site", str(tmp_path), "--user", "lin"]
    assert main(["lexicon", "add", *given]) == 0
    assert Path(capsys.readouterr().out.strip()) == tmp_path / "users/lin/lexicons/zh/added.tsv"


def test_every_problem_of_a_table_is_told_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "ward.tsv"
    table.write_text(
        "preferred\tclass\tweight\nblorf\tnoise\t1\nblorf\tdevice\t7\nzorb\tdevice\t1\nzorb\tdevice\t1\n",
        encoding="utf-8",
    )
    assert main(["lexicon", "check", str(table)]) == 2
    printed = capsys.readouterr()
    told = [line.removeprefix("wardscribe: ") for line in printed.err.splitlines()]
    assert [line.split(" ")[0] for line in told] == [f"{table}:2:", f"{table}:3:", f"{table}:5:"]
    assert printed.out == f"{table}: 2 terms\n"


def test_a_form_that_means_something_else_as_shipped_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "en/ward.tsv"
    table.parent.mkdir()
    table.write_text("preferred\tclass\tvariants\nward wheeze\tdisease\tasthma\n", encoding="utf-8")
    assert main(["lexicon", "check", str(table)]) == 0
    assert f"{table}:2: note: 'asthma' is a form of 'asthma' as shipped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["add", "zorb", "--lang", "en"], "no site folder"),
        (["add", "zorb", "--lang", "en", "--class", "noise", "--site", "{site}"], "unknown class"),
        (["add", "zorb", "--lang", "fr", "--site", "{site}"], "unknown language"),
        (["add", "zorb", "--lang", "en", "--site", "{site}", "--user", "../x"], "user's name"),
        (["add", "two|forms", "--lang", "en", "--site", "{site}"], "one printable line"),
        (["check"], "no site folder"),
        (["check", "--site", "{site}/absent"], "no such folder"),
        (["check", "{site}/absent.tsv"], "cannot be read"),
        (["explain", "--lang", "en"], "required"),
        ([], "required"),
    ],
)
def test_bad_usage_costs_one_line_and_exit_code_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    assert main(["lexicon", *(each.replace("{site}", str(tmp_path)) for each in arguments)]) == 2
    err = capsys.readouterr().err
    assert why in err
    assert err.startswith("wardscribe: ")
    assert err.count("\n") == 1
