"""A site's and a user's own terms: which one wins, and that a change needs no restart."""

import os
from pathlib import Path

import pytest

from wardscribe_lexicons import Lexicon, LexiconError, Term, TermClass
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.lexicon.local_terms import BuiltOver, LocalLexicons, lexicon_folder, with_term
from wardscribe_server.pipeline.understanding.entities import find_entities

HEADER = "preferred\tclass\tvariants\n"


def write(path: Path, rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def test_without_local_tables_everybody_shares_one_lexicon(tmp_path: Path) -> None:
    lexicons = LocalLexicons(tmp_path)
    assert lexicons.lexicon("en") is lexicons.lexicon("en", "lin")


def test_a_term_is_there_as_soon_as_its_table_is_written(tmp_path: Path) -> None:
    lexicons = LocalLexicons(tmp_path)
    assert lexicons.lexicon("en").lookup("zorble drain") == ()
    table = write(tmp_path / "lexicons/en/ward.tsv", "Zorble drain\tdevice\t\n")
    first = lexicons.lexicon("en")
    assert first.lookup("zorble drain")
    assert lexicons.lexicon("en") is first
    write(table, "Zorble drain\tdevice\t\nBlorf clamp\tdevice\t\n")
    assert lexicons.lexicon("en").lookup("blorf clamp")
    table.unlink()
    assert lexicons.lexicon("en").lookup("zorble drain") == ()


def test_a_table_of_the_same_size_is_read_again_for_its_time(tmp_path: Path) -> None:
    table = write(tmp_path / "lexicons/ward.tsv", "Zorble\tdevice\t\n")
    lexicons = LocalLexicons(tmp_path)
    assert lexicons.lexicon("en").lookup("zorble")
    write(table, "Blorfe\tdevice\t\n")
    os.utime(table, ns=(1, 1))
    assert lexicons.lexicon("en").lookup("blorfe")


def test_a_user_wins_over_the_site_and_no_other_user_notices(tmp_path: Path) -> None:
    write(tmp_path / "lexicons/en/ward.tsv", "Zorble drain\tdevice\tthe zorb\n")
    write(tmp_path / "users/lin/lexicons/en/mine.tsv", "Zorble drain\tdevice\tmy zorb\n")
    lexicons = LocalLexicons(tmp_path)
    assert lexicons.lexicon("en", "lin").lookup("my zorb")
    assert lexicons.lexicon("en", "lin").lookup("the zorb") == ()
    assert lexicons.lexicon("en", "wu").lookup("the zorb")
    assert lexicons.lexicon("en", "wu").lookup("my zorb") == ()


def test_a_change_of_the_site_reaches_a_user_with_terms_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "users/lin/lexicons/mine.tsv", "Blorf clamp\tdevice\t\n")
    lexicons = LocalLexicons(tmp_path)
    assert lexicons.lexicon("en", "lin").lookup("blorf clamp")
    write(tmp_path / "lexicons/ward.tsv", "Zorble drain\tdevice\t\n")
    lexicon = lexicons.lexicon("en", "lin")
    assert lexicon.lookup("zorble drain")
    assert lexicon.lookup("blorf clamp")


@pytest.mark.parametrize("user", ["../../etc", "Lin", "", "a b"])
def test_a_user_name_never_leads_out_of_the_site(tmp_path: Path, user: str) -> None:
    with pytest.raises(LexiconError, match="user's name"):
        lexicon_folder(tmp_path, user)


def test_a_bad_table_is_refused_at_the_start_of_a_session_with_file_and_line(tmp_path: Path) -> None:
    readers = Readers(ServerSettings(site=tmp_path))
    write(tmp_path / "lexicons/en/ward.tsv", "Zorble drain\tnoise\t\n")
    with pytest.raises(InputError, match=r"ward\.tsv:2: unknown class"):
        readers.composer(template="outpatient", language=Language.EN, recognised=False)
    write(tmp_path / "lexicons/en/ward.tsv", "Zorble drain\tdevice\t\n")
    readers.composer(template="outpatient", language=Language.EN, recognised=False)


def test_a_new_term_becomes_an_entity_of_the_next_session(tmp_path: Path) -> None:
    readers = Readers(ServerSettings(site=tmp_path))

    text = "there is a glimmerwort on the arm"

    def entities(user: str) -> set[str]:
        reader = readers.understander(Language.EN, user).reader
        return {text[entity.start : entity.end] for entity in find_entities(text, reader=reader)}

    assert "glimmerwort" not in entities("lin")
    write(tmp_path / "users/lin/lexicons/mine.tsv", "glimmerwort\tfinding\t\n")
    assert "glimmerwort" in entities("lin")
    assert "glimmerwort" not in entities("wu")


def test_what_is_built_over_a_lexicon_is_built_once_and_the_oldest_forgotten() -> None:
    built: list[Lexicon] = []
    over = BuiltOver(lambda lexicon: built.append(lexicon) or len(built))
    lexicons = [Lexicon("en", (Term(str(number), TermClass.TEST),)) for number in range(8)]
    assert [over.of(lexicons[0]), over.of(lexicons[0])] == [1, 1]
    for lexicon in lexicons:
        over.of(lexicon)
    assert len(built) == 8
    assert over.of(lexicons[0]) == 9


def test_a_term_is_added_at_the_end_of_a_table_that_may_be_new(tmp_path: Path) -> None:
    table = tmp_path / "added.tsv"
    term = Term("Zorble drain", TermClass.DEVICE, variants=("zorb",), pronounced=("zor bull",))
    table.write_text(with_term(table, term), encoding="utf-8")
    text = with_term(table, Term("Blorf", TermClass.DEVICE))
    assert text.count("\n") == 3
    assert text.split("\n")[1:3] == ["Zorble drain\tdevice\tzorb\t\t1\tzor bull", "Blorf\tdevice\t\t\t1\t"]


@pytest.mark.parametrize("preferred", ["", "two\nlines", "a\ttab", "this|that", "#comment"])
def test_what_would_break_the_table_is_not_added(tmp_path: Path, preferred: str) -> None:
    with pytest.raises(LexiconError, match="one printable line"):
        with_term(tmp_path / "added.tsv", Term(preferred, TermClass.DEVICE))


def test_a_term_that_stands_in_the_table_is_not_added_again(tmp_path: Path) -> None:
    table = write(tmp_path / "ward.tsv", "# ours\nZorble drain\tdevice\t\n")
    with pytest.raises(LexiconError, match=r"ward\.tsv:3: the term stands here"):
        with_term(table, Term("Zorble drain", TermClass.DEVICE))
    with pytest.raises(LexiconError, match="column 'pronounced' is missing"):
        with_term(table, Term("Blorf", TermClass.DEVICE, pronounced=("blorf",)))
