"""The committed tables of dictations: whole, of voices that may be used, held-out ones apart from the others."""

import csv
from pathlib import Path

import pytest
import soundfile
from dictation_tables import read_table
from term_scores import read_terms

from wardscribe_protocol.record import Language

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "dictations"
TABLES = sorted(path.stem for path in FOLDER.glob("*.tsv"))
RESERVED_VOICES = {
    *("af_heart", "am_adam", "am_michael", "bf_emma", "bm_george", "bm_lewis"),
    *("zf_xiaobei", "zf_xiaoyi", "zm_yunjian", "zm_yunyang"),
}
SAMPLE_BYTES = 3_000_000


def rows_of(name):
    return read_table(FOLDER / f"{name}.tsv", language=Language(name[:2]))


def voices_of(names):
    return {row.voice for name in names for row in rows_of(name)}


def test_there_are_seven_tables():
    assert TABLES == ["en_heldout", "en_phrases", "en_tune", "zh_heldout", "zh_newtext", "zh_phrases", "zh_tune"]


@pytest.mark.parametrize("name", TABLES)
def test_every_term_is_said_and_every_id_is_used_once(name):
    rows = rows_of(name)
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        assert all(term.lower() in row.text.lower() for term in row.terms), row.id


@pytest.mark.parametrize("name", TABLES)
def test_source_and_licence_stand_at_the_head_and_speeds_are_human(name):
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    assert "Licence: Apache-2.0" in lines[1]
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
    for row in rows:
        assert 0.9 <= float(row["speed"]) <= 1.2
        assert row["language"] == name[:2]


def test_voices_kept_for_evaluation_are_not_used():
    assert not voices_of(TABLES) & RESERVED_VOICES


def test_what_is_held_out_has_voices_and_sentences_of_its_own():
    held_out = [name for name in TABLES if name.endswith("heldout")]
    others = [name for name in TABLES if name.endswith(("tune", "phrases"))]
    assert not voices_of(held_out) & voices_of(others)
    assert not {row.text for name in held_out for row in rows_of(name)} & {
        row.text for name in others for row in rows_of(name)
    }


def test_new_texts_in_known_voices_are_held_out_dictations():
    held_out = {row.id.replace("heldout", "newtext"): row for row in rows_of("zh_heldout")}
    for row in rows_of("zh_newtext"):
        assert (row.text, row.terms) == (held_out[row.id].text, held_out[row.id].terms)
        assert row.voice in voices_of(["zh_tune"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_drugs_are_terms_of_the_dictations(language):
    said = {term for name in TABLES if name.startswith(language) for row in rows_of(name) for term in row.terms}
    drugs = read_terms(FOLDER / f"drugs_{language}.txt")
    assert len(set(drugs)) == len(drugs) > 100
    assert set(drugs) <= said


def test_the_sample_is_small_and_of_the_held_out_dictations():
    recordings = sorted((FOLDER / "sample").glob("*.flac"))
    assert {path.stem[:2] for path in recordings} == {"en", "zh"}
    assert sum(path.stat().st_size for path in recordings) <= SAMPLE_BYTES
    held_out = {row.id for name in ("en_heldout", "zh_heldout") for row in rows_of(name)}
    assert {path.stem for path in recordings} <= held_out
    for path in recordings:
        sound = soundfile.info(path)
        assert (sound.samplerate, sound.channels) == (16_000, 1)
