"""The short form of `benchmarks/fuzz.py`: every part gets a few hundred spoilt inputs, the same in each run.

A failure prints the input as base64: `campaign` with that input as only seed does it again.
"""

from pathlib import Path

import pytest
from fuzzing.campaign import campaign
from fuzzing.mutations import Mutator
from fuzzing.parts import INPUTS, target
from fuzzing.targets import Broken, Target, changed_bytes

SHORT = {"frame": 3000, "client_message": 3000, "server_message": 1500, "server_session": 8000, "client_session": 4000}
SLOW = {"correct": 8, "format": 30, "entities": 60, "fill": 30, "audio": 60, "websocket": 60, "template": 60}
MOST_GROWTH_MB = 128


def short(name: str) -> int:
    return SHORT.get(name) or SLOW.get(name.partition("_")[0], 250)


@pytest.mark.parametrize("name", INPUTS)
def test_every_spoilt_input_gets_a_defined_answer(name: str, tmp_path: Path) -> None:
    with target(name, tmp_path) as part:
        outcome = campaign(part, inputs=short(name), seed=20_261_123)
    assert not outcome.findings, "\n".join(finding.line for finding in outcome.findings)
    assert outcome.inputs >= short(name)
    assert outcome.memory_peak_mb - outcome.memory_start_mb < MOST_GROWTH_MB


def test_the_campaign_finds_what_breaks_and_says_how_to_do_it_again() -> None:
    def fragile(data: bytes) -> str:
        if b"\x00" in data:
            raise KeyError("spoken words")
        if len(data) > 30:
            raise Broken("too long")
        return "fine"

    outcome = campaign(Target("fragile", [b"seed"], fragile, changed_bytes), inputs=3000, seed=1)
    assert {finding.error.partition(":")[0] for finding in outcome.findings} == {"KeyError", "Broken"}
    assert all(finding.input_base64 and "test_fuzzing.py" in finding.where for finding in outcome.findings)


def test_what_is_answered_in_a_new_way_is_built_upon() -> None:
    """Four bytes in a row are found one after the other, never all at once."""

    def stairs(data: bytes) -> str:
        wanted = b"\xff\x80\x7f\x00"
        return str(next((step for step in range(4) if data[step : step + 1] != wanted[step : step + 1]), 4))

    outcome = campaign(Target("stairs", [b"    "], stairs, changed_bytes), inputs=60_000, seed=3)
    assert "4" in outcome.kinds


def test_one_seed_gives_one_sequence() -> None:
    first, second = Mutator(7), Mutator(7)
    for _ in range(100):
        assert first.json({"a": [1, "b"]}) == second.json({"a": [1, "b"]})
        assert first.spoilt(b"abc") == second.spoilt(b"abc")
        assert first.text("abc") == second.text("abc")
