"""Inputs that once broke a parser, each as small as it could be made: every one gets an answer now."""

import json
from argparse import Namespace
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from wardscribe_cli import check
from wardscribe_lexicons import LexiconError
from wardscribe_lexicons.tables import read_local
from wardscribe_models.errors import ManifestError
from wardscribe_models.manifest import load_manifest
from wardscribe_protocol.client_session import ClientSession
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.errors import InputError, RemoteProtocolError
from wardscribe_protocol.messages import FieldState, FieldUpdate, Start
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.catalog import TemplateError, load_catalog
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.pointers import leaves
from wardscribe_server.pipeline.understanding.entities import find_entities
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.book_files import BookError
from wardscribe_server.pipeline.writing.habits import load_habits

BAD_TOML = {
    "nested too deeply": "x = " + "[" * 3000,
    "tables nested too deeply": "x = " + "{a=" * 3000,
    "a number that Python does not read": "x = " + "9" * 5000,
    "a key of three lines": '"a\\nb\\nc" = 1',
    "a key without an end": "k" * 9000 + " = 1",
}


def _head(path: Path) -> None:
    (path / "terms.tsv").write_text("preferred\tclass\n")
    read_local(path, "en")


def _habits(path: Path) -> None:
    load_habits(path.parent)


READERS: dict[str, tuple[str, Callable[[Path], object], type[Exception]]] = {
    "templates": ("short.toml", lambda path: load_catalog(site=path), TemplateError),
    "lexicons": ("terms.toml", _head, LexiconError),
    "macros": ("own.toml", _habits, BookError),
    "commands": ("own.toml", _habits, BookError),
    "writing": ("own.toml", _habits, BookError),
    "models": ("manifest.toml", lambda path: load_manifest(path / "manifest.toml"), ManifestError),
}


@pytest.mark.parametrize("part", READERS)
@pytest.mark.parametrize("fault", BAD_TOML)
def test_toml_that_cannot_be_used_is_one_short_line(part: str, fault: str, tmp_path: Path) -> None:
    name, read, refusal = READERS[part]
    folder = tmp_path / part
    folder.mkdir()
    (folder / name).write_text(BAD_TOML[fault])
    with pytest.raises(refusal) as caught:
        read(folder)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("part", READERS)
def test_a_folder_in_the_place_of_a_file_is_one_line(part: str, tmp_path: Path) -> None:
    name, read, refusal = READERS[part]
    if part == "lexicons":
        name = "terms.tsv"
        read = partial(read_local, language="en")
    folder = tmp_path / part
    (folder / name).mkdir(parents=True)
    with pytest.raises(refusal, match=name):
        read(folder)


def client() -> ClientSession:
    session = ClientSession(Start(template="chest_xray", language=Language.EN))
    session.connected()
    session.data_to_send()
    return session


READY = '{"type":"ready","session":"s","token":"t","credit_samples":9}'


@pytest.mark.parametrize("token", ["", "t" * 13_000])
def test_a_session_that_could_not_be_resumed_is_not_begun(token: str) -> None:
    session = client()
    with pytest.raises(RemoteProtocolError):
        session.receive_text(READY.replace('"t"', f'"{token}"'))
    session.disconnected()
    session.connected()
    assert session.data_to_send()


def test_a_durable_message_without_a_number_is_not_acknowledged() -> None:
    session = client()
    session.receive_text(READY)
    with pytest.raises(RemoteProtocolError):
        session.receive_text('{"type":"finalized","up_to_sample":0}')
    session.disconnected()
    session.connected()
    session.data_to_send()
    session.receive_text(READY)
    assert session.data_to_send() == []


@cache
def _readers() -> Readers:
    return Readers(ServerSettings())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_a_number_that_no_record_can_hold_is_no_value(language: Language, digits: int) -> None:
    number = "9" * digits
    said = {
        Language.EN: f"there is a {number} mm nodule in the liver for {number} hours. sodium {number} mmol/L",
        Language.ZH: f"肝脏见{number}毫米结节{number}小时，血钠{number}mmol/L，体温{number}度",
    }[language]
    for template in ("us_abdomen", "outpatient"):
        composer = _readers().composer(template=template, language=language, recognised=False)
        record = composer.compose(words_from_text(said)).record
        assert number in record.transcript.text.replace(",", "")
        for pointer, value in leaves(dict(record.fields)).items():
            encode_message(FieldUpdate(path=pointer, value=value, state=FieldState.PROPOSED))


def test_a_short_line_of_a_table_whose_first_column_is_another_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("class\tpreferred\nfinding\n")
    with pytest.raises(LexiconError, match=r"own\.tsv:2"):
        read_local(tmp_path, "en")


def test_a_record_with_a_key_of_several_lines_is_refused_in_one(tmp_path: Path) -> None:
    record = {"schema": "wardscribe.record/1", "template": "x", "language": "en", "transcript": {"raw": "", "text": ""}}
    record |= {"fields": {}, "evidence": {"a\nb\u2028c" * 100: {}}}
    (tmp_path / "record.json").write_text(json.dumps(record))
    with pytest.raises(InputError) as caught:
        check.run(Namespace(file=tmp_path / "record.json", context=None))
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 1000


def test_a_counted_list_with_an_odd_separator_is_read() -> None:
    reader = _readers().understander(Language.EN).reader
    assert find_entities("1.\x1f Effusion. 2.\x1f Oedema.", reader=reader)
