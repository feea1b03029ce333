"""The benchmark's modules are beside their script, not installed: put their folder on the path."""

import math
import struct
import sys
import wave
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from cases import Case

from wardscribe_protocol.timeline import SAMPLE_RATE

SCORER = '''
"""Counts whether `heart_size` is right; a stand-in with the shape of a field scorer."""


class Tally:
    def __init__(self):
        self.right = self.missed = self.extra = self.wrong = self.critical = 0


def score(gold, record):
    tally = Tally()
    want, got = gold["fields"].get("heart_size"), ((record or {}).get("fields") or {}).get("heart_size")
    if got == want:
        tally.right = 1
    elif got is None:
        tally.missed = 1
    else:
        tally.wrong = tally.critical = 1
    return tally
'''


@pytest.fixture
def scorer_file(tmp_path):
    path = tmp_path / "stand_in_scorer.py"
    path.write_text(SCORER, encoding="utf-8")
    return path


@pytest.fixture
def case():
    def made(name="a-1", *, template="chest_xray", language="en", text="heart size is normal", size="normal", terms=()):
        return Case(
            id=name, template=template, language=language, text=text, fields={"heart_size": size}, terms=tuple(terms)
        )

    return made


@pytest.fixture
def tone():
    """Writes a recording: a tone of so many seconds."""

    def written(path, seconds):
        samples = [int(8000 * math.sin(n * 0.1)) for n in range(int(seconds * SAMPLE_RATE))]
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(struct.pack(f"<{len(samples)}h", *samples))

    return written
