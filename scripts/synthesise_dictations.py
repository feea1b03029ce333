#!/usr/bin/env python3
"""Speak the project's own dictations with Kokoro-82M: text in, 16 kHz mono FLAC out.

Owns how `tests/dictations/*.flac` are made from their `.txt` and `dictations.toml`, and the audio of the tables in
`benchmarks/dictations`. A development tool: it needs `kokoro-onnx`, `misaki[zh]`, `scipy` and `soundfile` in a virtual
environment of their own (the first pulls in GPL espeak-ng), which nothing in the product installs.
`tests/dictations/README.md` says where model and voices come from.

    synthesise_dictations.py --model MODEL.onnx --voices VOICE_DIR [--only NAME]
    synthesise_dictations.py --model MODEL.onnx --voices VOICE_DIR --table TABLE.tsv --into FOLDER

With a table, recordings that are there already are left as they are: an interrupted run goes on where it stopped.
"""

import argparse
import csv
import random
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
from kokoro_onnx.tokenizer import Tokenizer
from misaki import zh
from scipy.signal import resample_poly

DICTATIONS = Path(__file__).resolve().parent.parent / "tests" / "dictations"
MODEL_RATE = 24_000
FILE_RATE = 16_000
EDGE_MS = 300  # silence before the first and after the last word, as a record key leaves it
PEAK = 0.7  # of full scale, a microphone at a sensible gain
STYLE_DIMENSIONS = 256
AUDIBLE = 0.004  # below this, -48 dB, the voice has not begun or has ended
TABLE_PAUSES_MS = (350, 900)  # from a breath to a thought
ONSET_MS = 60  # kept around the audible part: the start of "ch" or "x" is quieter than that


@dataclass(frozen=True, slots=True)
class Dictation:
    """What is spoken, by whom, and how long the speaker pauses after each utterance."""

    name: str
    utterances: tuple[str, ...]
    language: str
    voice: str
    speed: float
    pauses_ms: tuple[int, ...]


def read_dictations(folder: Path) -> list[Dictation]:
    """The dictations of `dictations.toml` with their texts, pronunciations put in."""
    dictations = []
    with (folder / "dictations.toml").open("rb") as file:
        entries = tomllib.load(file)
    for name, entry in entries.items():
        text = (folder / f"{name}.txt").read_text(encoding="utf-8").strip()
        for written, said in entry.get("say", {}).items():
            text = text.replace(written, said)
        utterances = tuple(part.strip() for part in text.split("|"))
        if len(entry["pauses_ms"]) != len(utterances) - 1:
            sys.exit(f"{folder}/dictations.toml: [{name}] needs {len(utterances) - 1} pauses_ms")
        dictations.append(
            Dictation(name, utterances, entry["language"], entry["voice"], entry["speed"], tuple(entry["pauses_ms"]))
        )
    return dictations


def read_table(path: Path) -> list[Dictation]:
    """The dictations of a table; how long each pause is follows from the id, so that it is the same every time."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    dictations = []
    for row in rows:
        utterances = tuple(part.strip() for part in row["text"].split("|"))
        dice = random.Random(row["id"])  # noqa: S311 - the same pauses every time, no secret
        pauses = tuple(dice.randrange(*TABLE_PAUSES_MS) for _ in utterances[1:])
        dictations.append(Dictation(row["id"], utterances, row["language"], row["voice"], float(row["speed"]), pauses))
    return dictations


def silence(ms: int) -> np.ndarray:
    """Zeros, float32, 24 kHz."""
    return np.zeros(ms * MODEL_RATE // 1000, dtype=np.float32)


def without_edges(audio: np.ndarray) -> np.ndarray:
    """Audio cut to where it is audible, so that the pauses written down are the pauses heard."""
    audible = np.flatnonzero(np.abs(audio) > AUDIBLE)
    if not audible.size:
        return audio
    onset = ONSET_MS * MODEL_RATE // 1000
    return audio[max(0, audible[0] - onset) : audible[-1] + 1 + onset]


class Speaker:
    """Kokoro-82M as an ONNX file, with voices read from single files of float32 [length, 1, 256]."""

    def __init__(self, model: Path, voices: Path, *, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._voices = voices
        self._english = Tokenizer()
        self._chinese = zh.ZHG2P()

    def say(self, text: str, dictation: Dictation) -> np.ndarray:
        """Speech for one utterance, float32 [n_samples], 24 kHz."""
        if dictation.language == "zh":
            phonemes, _ = self._chinese(text)
        else:
            phonemes = self._english.phonemize(text, "en-gb" if dictation.voice.startswith("b") else "en-us")
        tokens = self._english.tokenize(phonemes)
        styles = np.fromfile(self._voices / f"{dictation.voice}.bin", dtype=np.float32).reshape(-1, STYLE_DIMENSIONS)
        (audio,) = self._session.run(
            ["audio"],
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": styles[len(tokens)][np.newaxis],
                "speed": np.array([dictation.speed], dtype=np.float32),
            },
        )
        return without_edges(np.asarray(audio, dtype=np.float32).ravel())


def speak(dictation: Dictation, speaker: Speaker) -> np.ndarray:
    """The whole dictation with its pauses, float32 [n_samples], 16 kHz."""
    pieces = [silence(EDGE_MS)]
    for utterance, pause_ms in zip(dictation.utterances, (*dictation.pauses_ms, EDGE_MS), strict=True):
        pieces += [speaker.say(utterance, dictation), silence(pause_ms)]
    audio = resample_poly(np.concatenate(pieces), FILE_RATE, MODEL_RATE)
    return (audio * (PEAK / np.abs(audio).max())).astype(np.float32)


def main() -> None:
    """Write every dictation, or the one named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="Kokoro-82M v1.0 ONNX file")
    parser.add_argument("--voices", type=Path, required=True, help="folder of VOICE.bin files")
    parser.add_argument("--only", help="name of one dictation")
    parser.add_argument("--table", type=Path, help="table of dictations (benchmarks/dictations/*.tsv)")
    parser.add_argument("--into", type=Path, default=DICTATIONS, help="folder to write to")
    parser.add_argument("--threads", type=int, default=0, help="processor cores to use; all without it")
    parser.add_argument("--limit", type=int, metavar="N", help="stop after N new recordings")
    arguments = parser.parse_args()
    dictations = read_table(arguments.table) if arguments.table else read_dictations(DICTATIONS)
    wanted = [one for one in dictations if arguments.only in (None, one.name)]
    if arguments.table:
        wanted = [one for one in wanted if not (arguments.into / f"{one.name}.flac").exists()]
    speaker = Speaker(arguments.model, arguments.voices, threads=arguments.threads)
    for dictation in wanted[: arguments.limit]:
        print(write_spoken(dictation, speaker, arguments.into), flush=True)


def write_spoken(dictation: Dictation, speaker: Speaker, folder: Path) -> str:
    """Write a dictation's recording, whole or not at all; says what was written."""
    audio = speak(dictation, speaker)
    path = folder / f"{dictation.name}.flac"
    unfinished = path.with_suffix(".part")
    soundfile.write(unfinished, audio, FILE_RATE, subtype="PCM_16", format="FLAC")
    unfinished.replace(path)
    return f"{path}: {len(audio) / FILE_RATE:.1f} s"


if __name__ == "__main__":
    main()
