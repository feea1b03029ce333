"""The committed dictations are what their texts and settings say: format, length, pauses where the text has bars."""

import tomllib
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import soundfile

FOLDER = Path(__file__).parent
SETTINGS = tomllib.loads((FOLDER / "dictations.toml").read_text(encoding="utf-8"))
RESERVED_VOICES = {
    *("af_heart", "am_adam", "am_michael", "bf_emma", "bm_george", "bm_lewis"),
    *("zf_xiaobei", "zf_xiaoyi", "zm_yunjian", "zm_yunyang"),
}
FRAME = 160  # 10 ms
QUIET = 0.002


def test_every_text_has_its_sound_and_settings():
    names = {path.stem for path in FOLDER.glob("*.txt")}
    assert names == {path.stem for path in FOLDER.glob("*.flac")} == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_sound_is_16_khz_mono_of_a_demo_s_length_and_does_not_clip(name):
    audio, rate = soundfile.read(FOLDER / f"{name}.flac", dtype="float32")
    assert (rate, audio.ndim) == (16_000, 1)
    assert 28 <= len(audio) / rate <= 45
    assert 0.3 < np.abs(audio).max() < 0.9


@pytest.mark.parametrize("name", SETTINGS)
def test_the_speaker_pauses_where_the_text_has_a_bar(name):
    pauses_ms = SETTINGS[name]["pauses_ms"]
    utterances = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("|")
    assert len(utterances) == len(pauses_ms) + 1
    audio, _ = soundfile.read(FOLDER / f"{name}.flac", dtype="float32")
    frames = np.abs(audio[: len(audio) // FRAME * FRAME]).reshape(-1, FRAME).max(axis=1)
    quiet_ms = [10 * len(list(run)) for quiet, run in groupby(frames < QUIET) if quiet]
    assert sum(length >= min(pauses_ms) for length in quiet_ms) == len(pauses_ms)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_voice_is_not_one_kept_for_evaluation(name):
    assert SETTINGS[name]["voice"] not in RESERVED_VOICES
