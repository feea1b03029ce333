"""One round: some speakers dictate at the same time while faults happen; then every dictation is judged."""

import asyncio
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fault_journals import tear
from fault_line import Line, Way
from fault_oracle import Verdict, judge
from fault_plan import ON_SERVER, Fault, Kind, Plan
from fault_recordings import Recording
from fault_stage import Speaker, Stage

_LONGEST_ROUND_S = 240.0
_WORTH_WAITING_S, _LOOK_EVERY_S = 5.0, 0.02  # for a client or a connection to be there, so that it can be broken


@dataclass(slots=True)
class Round:
    """What happened. A fault for a speaker who had nothing to say at that moment is not counted."""

    seed: str
    happened: list[Kind] = field(default_factory=list)
    missed: int = 0
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by speaker and recording
    servers: int = 0
    seconds: float = 0.0
    stuck: bool = False

    @property
    def good(self) -> bool:
        """Whether everything holds."""
        return not self.stuck and not any(verdict.faults for verdict in self.verdicts.values())


async def play_round(
    plan: Plan,
    recordings: Mapping[str, Recording],
    undisturbed: Mapping[str, str],
    stage: Stage,
    *,
    spools: Path,
    speed: float,
    client: str = "fault_client.py",
) -> Round:
    """Carry out a plan on a stage that has a server, and judge it. The stage has no server then."""
    began, servers = time.monotonic(), stage.servers
    played = Round(plan.seed)
    lines = [Line(stage.port) for _ in plan.playlists]
    speakers = [Speaker(stage, line, await line.start(), spools=spools, speed=speed, client=client) for line in lines]
    names = [[f"{at}-{number}-{name}" for number, name in enumerate(names)] for at, names in enumerate(plan.playlists)]

    async def dictate(speaker: Speaker, playlist: tuple[str, ...], spoken: list[str]) -> None:
        for name, label in zip(playlist, spoken, strict=True):
            await speaker.dictate(recordings[name], spools / label)

    dictations = [asyncio.create_task(dictate(*parts)) for parts in zip(speakers, plan.playlists, names, strict=True)]
    faults = asyncio.create_task(_Mishaps(stage, speakers, played).happen(plan))
    try:
        async with asyncio.timeout(_LONGEST_ROUND_S):
            await asyncio.gather(*dictations, faults)
    except TimeoutError:
        played.stuck = True
    finally:
        for task in (*dictations, faults):
            task.cancel()
        await asyncio.gather(*dictations, faults, return_exceptions=True)
        await asyncio.gather(*(line.close() for line in lines))
    if stage.server_pid:
        await stage.end_server(signal.SIGTERM)
    for playlist, spoken in zip(plan.playlists, names, strict=True):
        for name, label in zip(playlist, spoken, strict=True):
            played.verdicts[label] = judge(
                pcm=stage.pcm[name].read_bytes(),
                spool=spools / label,
                data=stage.data,
                undisturbed=undisturbed.get(name),
            )
    played.servers = stage.servers - servers + 1
    played.seconds = time.monotonic() - began
    return played


class _Mishaps:
    """Carries out the faults of a plan, one after the other."""

    def __init__(self, stage: Stage, speakers: list[Speaker], played: Round) -> None:
        self._stage = stage
        self._speakers = speakers
        self._played = played

    async def happen(self, plan: Plan) -> None:
        """Every fault at its time, or as soon after it as the one before is over."""
        chance = random.Random(f"{plan.seed}/mishaps")  # noqa: S311 - decides what is tested
        began = time.monotonic()
        for fault in plan.faults:
            await asyncio.sleep(max(0.0, began + fault.at_s - time.monotonic()))
            if await self._happens(fault, chance):
                self._played.happened.append(fault.kind)
            else:
                self._played.missed += 1

    async def _happens(self, fault: Fault, chance: random.Random) -> bool:
        if fault.kind in ON_SERVER:
            if not any(speaker.now for speaker in self._speakers):
                return False
            await self._on_server(fault, chance)
            return True
        speaker = self._speakers[fault.speaker]
        of_client = fault.kind in (Kind.KILL_CLIENT, Kind.UNPLUG)
        until = time.monotonic() + _WORTH_WAITING_S
        while speaker.now and not (speaker.dictating if of_client else speaker.line.busy):
            if time.monotonic() > until:
                return False
            await asyncio.sleep(_LOOK_EVERY_S)
        if speaker.now is None:
            return False
        if fault.kind is Kind.UNPLUG:
            return await self._unplugged(speaker, fault)
        if of_client:
            speaker.kill()
            asyncio.get_running_loop().call_later(fault.strength, speaker.come_back)
        else:
            self._on_line(fault, speaker.line)
        return True

    @staticmethod
    async def _unplugged(speaker: Speaker, fault: Fault) -> bool:
        """Whether the client noticed; one that has said everything does not listen any more."""
        assert speaker.spool is not None, "somebody dictates"
        spool, asked = speaker.spool, speaker.spool / "unplug"
        spool.mkdir(parents=True, exist_ok=True)
        asked.write_text(str(0.1 + 2 * fault.strength), encoding="ascii")
        until = time.monotonic() + _WORTH_WAITING_S
        while asked.exists():
            if time.monotonic() > until or speaker.spool != spool or speaker.now is None:
                asked.unlink(missing_ok=True)
                return False
            await asyncio.sleep(_LOOK_EVERY_S)
        return True

    async def _on_server(self, fault: Fault, chance: random.Random) -> None:
        stage, strength = self._stage, fault.strength
        match fault.kind:
            case Kind.KILL_SERVER | Kind.DRAIN_SERVER | Kind.TORN_JOURNAL:
                await stage.end_server(signal.SIGTERM if fault.kind is Kind.DRAIN_SERVER else signal.SIGKILL)
                if fault.kind is Kind.TORN_JOURNAL:
                    tear(stage.data, stage.board.synced(), chance)
                await asyncio.sleep(strength)
                await stage.start_server()
            case Kind.FREEZE_SERVER:
                await stage.freeze_server(0.2 + 3 * strength)
            case Kind.FAIL_WORKER:
                stage.board.fail(1 + int(3 * strength))
            case Kind.FILL_DISK:
                stage.limit_files(stage.largest_journal_bytes() + int(6000 * strength))
                await asyncio.sleep(0.5 + 2.5 * chance.random())
                stage.limit_files(None)
            case Kind.CLOCK_JUMP:
                stage.board.set_clock(fault.clock_jump_s)

    @staticmethod
    def _on_line(fault: Fault, line: Line) -> None:
        match fault.kind:
            case Kind.CUT:
                line.cut()
            case Kind.STALL:
                line.stall(0.3 + 4 * fault.strength)
            case Kind.HALF_OPEN:
                line.kill_silently(Way.UP, Way.DOWN)
            case Kind.DEAF_SERVER:
                line.kill_silently(Way.UP)
            case Kind.DEAF_CLIENT:
                line.kill_silently(Way.DOWN)
            case Kind.SLOW:
                line.slow(0.1 + 0.4 * fault.strength, 1.0 + 3 * fault.strength)
