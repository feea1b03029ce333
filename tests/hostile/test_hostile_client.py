"""The short form of `benchmarks/hostile.py`: beside each attack somebody dictates, and loses no word.

How much later the words come is measured there; here it is whether they come, and what the server holds meanwhile.
"""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from attacks import ATTACKS, Attack, Harm
from fuzzing.campaign import resident_mb

from tests.server.serving import Serving, serving
from tests.server.test_gateway import one_dictation, speech
from wardscribe_protocol.record import Language
from wardscribe_server.engines.base import Effort, Hypothesis, Window
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

RECORDING = Path(__file__).parents[1] / "dictations" / "en-chest-xray.flac"
PCM = speech(utterances=2)
SAID = "No pleural effusion."
MOST_GROWTH_MB = 256


class Same(ScriptedRecogniser):
    """Hears the same in every segment, whoever speaks."""

    def __init__(self) -> None:
        super().__init__([])

    def _decode(self, window: Window) -> Hypothesis:
        self._texts = iter([SAID] if window.effort is Effort.FINAL and window.language is Language.EN else [])
        return super()._decode(window)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    data = tmp_path_factory.mktemp("hostile") / "data"
    with serving(
        data, recogniser=Same(), detector=LoudnessDetector(), min_free_mb=0, max_sessions=500, busy_seconds=600
    ) as server:
        yield server
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def beside(url: str, attack: Attack, harm: Harm) -> dict[str, object]:
    """What a dictation ends with that goes on while `attack` does."""
    attacking = asyncio.ensure_future(attack(harm))
    try:
        await asyncio.wait_for(harm.begun.wait(), 20)
        return await one_dictation(url, PCM)
    finally:
        attacking.cancel()
        await asyncio.gather(attacking, return_exceptions=True)


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # an attacker closes nothing
def test_a_dictation_beside_an_attack_is_complete(running: Serving, name: str) -> None:
    before_mb = resident_mb()
    harm = Harm(running.server.address[1], RECORDING)
    closed = asyncio.run(beside(running.url, ATTACKS[name], harm))
    assert closed["total_samples"] == len(PCM) // 2
    assert closed["record"]["transcript"]["raw"] == f"{SAID} {SAID}"
    assert httpx.get(f"{running.http}/healthz").status_code == 200
    assert resident_mb() - before_mb < MOST_GROWTH_MB
    assert not harm.done.get("compression agreed")
