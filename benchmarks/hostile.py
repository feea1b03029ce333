#!/usr/bin/env python3
"""Dictate beside a client that means harm, and measure what it costs: commit latency attacked over commit latency calm.

A real server process, real weights, real sockets; the attacker is a process of its own. Calm and attacked dictations of
the same recording alternate, so that each attack is compared with what was measured just before and after it.
`benchmarks/README.md` says what each figure means.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from attacks import ATTACKS
from live_results import live_results, pair, publish, read_results, weights_folder
from own_server import OwnServer
from playback import Playback
from provenance import machine
from pydantic import JsonValue, SecretStr
from server_process import ReadyCheck, ServerFailed, ServerProcess, free_port, running
from speech import read_pcm

from wardscribe_client.credentials import Credentials
from wardscribe_client.link import Link, carried
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import Commit, ServerMessage, Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE, samples_from_ms
from wardscribe_server.access.principal import Scope
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import Grant

_RECORDING = Path(__file__).resolve().parent.parent / "tests" / "dictations" / "en-chest-xray.flac"
_READY_WITHIN_S = 120.0
_RECONNECT_S = 10.0
_FINISH_WITHIN_S = 60.0
_LEAD_S = 1.5  # the attack is under way before the dictation begins
_MOST_RATIO = 1.2


@dataclass(slots=True)
class Heard:
    """One dictation, and what the server was like meanwhile."""

    late_s: list[float] = field(default_factory=list)
    failure: str | None = None
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    latest_frame_s: float = 0.0

    @property
    def p50_s(self) -> float | None:
        """Half of the words stood this long after they were said."""
        return statistics.median(self.late_s) if self.late_s else None

    def row(self) -> dict[str, JsonValue]:
        """For the result file."""
        ordered = sorted(self.late_s)
        return {
            "words": len(ordered),
            "p50_s": round(self.p50_s, 3) if self.p50_s is not None else None,
            "p95_s": round(ordered[int(0.95 * (len(ordered) - 1))], 3) if ordered else None,
            "failure": self.failure,
            "server_cpu_s": round(self.cpu_s, 2),
            "server_memory_mb": round(self.memory_mb, 1),
            "client_latest_frame_s": round(self.latest_frame_s, 3),
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when no attack cost more than a fifth, 1 when one did, 2 for a bad argument or server."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        baseline = read_results(options.baseline) if options.baseline else None
        weights, at_start = weights_folder(options.model), machine()
        settings = dict(pair("--setting", one) for one in options.setting)
        rows = list(_measured(options, OwnServer(settings), weights))
    except (WardscribeError, ServerFailed) as error:
        print(f"benchmarks/hostile.py: {error}", file=sys.stderr)
        return 2
    figures = {name: _figures([row for row in rows if row["attack"] == name]) for name in options.attack}
    results = live_results(
        "hostile",
        given=given,
        weights=weights,
        at_start=at_start,
        settings={"seconds": options.seconds, "rounds": options.rounds, **settings},
        figures=dict(figures),
        rows=rows,
    )
    publish(results, out=options.out, baseline=baseline)
    return int(any(not figure["held"] for figure in figures.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/hostile.py", description=__doc__.splitlines()[0])
    parser.add_argument("--attack", nargs="*", choices=tuple(ATTACKS), default=list(ATTACKS), help="all otherwise")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each attack is tried (3)")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="of the recording (20)")
    parser.add_argument("--recording", type=Path, default=_RECORDING, metavar="FILE", help="our own otherwise")
    parser.add_argument("--model", default="base", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="WARDSCRIBE_NAME=VALUE")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="earlier result file to compare with")
    return parser


def _measured(options: argparse.Namespace, system: OwnServer, weights: Path) -> Iterator[dict[str, JsonValue]]:
    """One row an attack and round. Each attack has a server of its own, so that none pays for the one before it."""
    pcm = read_pcm(options.recording)[: int(options.seconds * SAMPLE_RATE) * 2]
    for name in options.attack:
        port = free_port()
        with tempfile.TemporaryDirectory(prefix="hostile-") as scratch:
            tokens = _tokens(Path(scratch) / "data")
            launch = system.launch(port=port, model=weights, folder=Path(scratch))
            ready = ReadyCheck(port, path=launch.health_path)
            with running(
                launch.command,
                environment=launch.environment,
                folder=Path(scratch),
                ready=ready,
                within_s=_READY_WITHIN_S,
            ) as server:
                for row in _rounds(options, name, _Stand(pcm, port, server, tokens)):
                    yield row | {"healthy": ready()}


@dataclass(frozen=True, slots=True)
class _Stand:
    """What one attack is tried on."""

    pcm: bytes
    port: int
    server: ServerProcess
    tokens: Mapping[str, str]  # of the physician, and of the attacker, who is another user


def _tokens(data: Path) -> dict[str, str]:
    """A hospital's server asks who is there: the attacker has a token too, or could do nothing but knock."""
    file = TokenFile(data)
    made = {}
    for user in ("physician", "attacker"):
        grant = Grant.model_validate({"tenant": "ward", "user": user, "roles": {"attending"}, "scopes": set(Scope)})
        made[user] = file.create(grant, days=1)[0]
    return made


def _rounds(options: argparse.Namespace, name: str, stand: _Stand) -> Iterator[dict[str, JsonValue]]:
    """One attack again and again, between two calm dictations each time."""
    asyncio.run(_dictate(stand))  # the first one is slower
    before = _heard(stand)
    for number in range(options.rounds):
        with _attacked(name, stand, options.recording) as done:
            attacked = _heard(stand)
        after = _heard(stand)
        row = _row(name, number, before, attacked, after) | {"done": dict(done)}
        print(f"{name}, round {number + 1}: ratio {row['ratio']}, {dict(done)}", file=sys.stderr)
        yield row
        before = after


@contextmanager
def _attacked(name: str, stand: _Stand, recording: Path) -> Iterator[dict[str, JsonValue]]:
    """An attacker at work for as long as the block lasts; what it did is known after it."""
    command = [sys.executable, str(Path(__file__).with_name("attacks.py")), name, str(stand.port), str(recording)]
    command.append(stand.tokens["attacker"])
    done: dict[str, JsonValue] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as attacker:
        try:
            yield done
        finally:
            out, _ = attacker.communicate()
            done.update(json.loads(out or b"{}"))


def _heard(stand: _Stand) -> Heard:
    before = stand.server.used()
    heard = asyncio.run(_dictate(stand))
    after = stand.server.used()
    heard.cpu_s, heard.memory_mb = after.cpu_s - before.cpu_s, after.memory_mb
    return heard


async def _dictate(stand: _Stand) -> Heard:
    heard, playback = Heard(), Playback(stand.pcm, frame_samples=samples_from_ms(50))
    await asyncio.sleep(_LEAD_S)

    def note(message: ServerMessage) -> None:
        if isinstance(message, Commit):
            heard.late_s += [playback.now_s - word.end_ms / 1000 for word in message.words]

    link = Link(
        Start(template="chest_xray", language=Language.EN),
        url=f"ws://127.0.0.1:{stand.port}/v1/dictation",
        reconnect_s=_RECONNECT_S,
        credentials=Credentials(token=SecretStr(stand.tokens["physician"])),
        on_message=note,
    )

    async def feed() -> None:
        async for frame in playback.frames():
            await link.send_audio(frame)
        link.stop()

    try:
        await asyncio.wait_for(carried(link, feed()), len(stand.pcm) / SAMPLE_RATE / 2 + _FINISH_WITHIN_S)
    except TimeoutError:
        heard.failure = "not finished"
    except WardscribeError as error:
        heard.failure = error.code.value
    heard.latest_frame_s = playback.latest_frame_s
    return heard


def _row(name: str, number: int, before: Heard, attacked: Heard, after: Heard) -> dict[str, JsonValue]:
    calm = [one.p50_s for one in (before, after) if one.p50_s is not None]
    ratio = attacked.p50_s / statistics.mean(calm) if calm and attacked.p50_s is not None else None
    noise = max(calm) / min(calm) if len(calm) > 1 else None
    return {
        "attack": name,
        "round": number + 1,
        "ratio": round(ratio, 3) if ratio is not None else None,
        "calm_ratio": round(noise, 3) if noise is not None else None,  # how far two calm dictations are apart
        "before": before.row(),
        "attacked": attacked.row(),
        "after": after.row(),
    }


def _figures(rows: Sequence[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    """The median over the rounds; an attack under which a dictation fails was not held."""
    ratios = [float(str(row["ratio"])) for row in rows if row["ratio"] is not None]
    apart = [float(str(row["calm_ratio"])) for row in rows if row["calm_ratio"] is not None]
    attacked = [row["attacked"] for row in rows]
    failed = sum(isinstance(one, dict) and one["failure"] is not None for one in attacked)
    memory = [float(str(one["server_memory_mb"])) for one in attacked if isinstance(one, dict)]
    ratio = statistics.median(ratios) if ratios else None
    return {
        "ratio": round(ratio, 3) if ratio is not None else None,
        "calm_ratio": round(statistics.median(apart), 3) if apart else None,
        "failed": failed,
        "memory_mb": max(memory),
        "held": ratio is not None and ratio < _MOST_RATIO and not failed,
    }


if __name__ == "__main__":
    sys.exit(main())
