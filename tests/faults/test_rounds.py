"""Faults while people dictate, in short: one round over every kind of thing that breaks, and one with the real weights.

`benchmarks/faults.py` and `client_faults.py` are the long form.
"""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_faults import CLIENT
from fault_plan import Fault, Kind, Plan
from fault_recordings import recordings
from fault_round import Round, play_round
from fault_stage import Stage
from faults import undisturbed_records

_ROUND = Plan(
    "short",
    (("en-chest-xray",), ("zh-outpatient",)),
    (
        Fault(Kind.CUT, 0.8, 0, 0.5),
        Fault(Kind.KILL_SERVER, 1.5, 0, 0.1),
        Fault(Kind.FILL_DISK, 3.0, 0, 0.3),
        Fault(Kind.KILL_CLIENT, 4.5, 1, 0.1),
        Fault(Kind.TORN_JOURNAL, 5.5, 0, 0.1),
        Fault(Kind.FAIL_WORKER, 6.5, 0, 0.5),
        Fault(Kind.HALF_OPEN, 7.0, 1, 0.5),
        Fault(Kind.CLOCK_JUMP, 8.0, 0, 0.9),
        Fault(Kind.DRAIN_SERVER, 9.0, 0, 0.1),
    ),
)
_CLIENT = Plan(
    "client",
    (("zh-outpatient",),),
    (
        Fault(Kind.UNPLUG, 0.5, 0, 0.2),
        Fault(Kind.CUT, 1.0, 0, 0.5),
        Fault(Kind.KILL_CLIENT, 1.5, 0, 0.1),
        Fault(Kind.KILL_SERVER, 3.0, 0, 0.1),
        Fault(Kind.UNPLUG, 3.5, 0, 0.1),
        Fault(Kind.KILL_CLIENT, 4.0, 0, 0.1),
    ),
)
_REAL = Plan(
    "real",
    (("zh-heldout-ct_chest-3",),),
    (Fault(Kind.KILL_SERVER, 2.5, 0, 0.1), Fault(Kind.KILL_CLIENT, 4.0, 0, 0.1), Fault(Kind.DRAIN_SERVER, 6.0, 0, 0.1)),
)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def stage(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """What is slow to load is loaded once for all rounds."""
    names = [name for plan in (_ROUND, _REAL) for playlist in plan.playlists for name in playlist]
    known = {name: one for name, one in recordings().items() if name in names}
    made = Stage(tmp_path_factory.mktemp("stage"), known, engine="knowing")
    runner.run(made.start())
    yield made
    runner.run(made.close())


async def disturbed(
    stage: Stage,
    folder: Path,
    plan: Plan,
    *,
    engine: str,
    speed: float,
    undisturbed_speed: float,
    client: str = "fault_client.py",
) -> Round:
    """The round, judged against an undisturbed run of the same recordings on the same servers."""
    if stage.server_pid:
        await stage.end_server(signal.SIGTERM)
    stage.engine = engine
    names = [name for playlist in plan.playlists for name in playlist]
    known = {name: one for name, one in recordings().items() if name in names}
    undisturbed = await undisturbed_records(
        stage, known, folder / "undisturbed", speed=undisturbed_speed, together=len(names)
    )
    await stage.start_server()
    return await play_round(plan, known, undisturbed, stage, spools=folder / "round", speed=speed, client=client)


def check(played: Round, plan: Plan) -> None:
    assert played.missed == 0
    assert played.happened == [fault.kind for fault in plan.faults]
    assert not played.stuck
    assert [fault for verdict in played.verdicts.values() for fault in verdict.faults] == []
    assert sum(verdict.samples_lost for verdict in played.verdicts.values()) == 0
    assert all(verdict.same_record and verdict.words for verdict in played.verdicts.values())


def test_nothing_is_lost_whatever_breaks(tmp_path: Path, runner: asyncio.Runner, stage: Stage) -> None:
    played = runner.run(disturbed(stage, tmp_path, _ROUND, engine="knowing", speed=3.0, undisturbed_speed=10.0))
    check(played, _ROUND)
    assert played.servers == 4


def test_nothing_is_lost_by_the_client_library(tmp_path: Path, runner: asyncio.Runner, stage: Stage) -> None:
    played = runner.run(
        disturbed(stage, tmp_path, _CLIENT, engine="knowing", speed=3.0, undisturbed_speed=10.0, client=CLIENT)
    )
    check(played, _CLIENT)
    assert not list(tmp_path.rglob("restarts")), "the same session from its beginning to its end"


@pytest.mark.model
def test_nothing_is_lost_with_the_real_weights(tmp_path: Path, runner: asyncio.Runner, stage: Stage) -> None:
    played = runner.run(disturbed(stage, tmp_path, _REAL, engine="whisper", speed=1.0, undisturbed_speed=2.0))
    check(played, _REAL)
