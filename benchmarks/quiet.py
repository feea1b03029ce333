#!/usr/bin/env python3
"""Count what is written while nobody dictates: silence, hum, a keyboard and a ward, in both languages.

A real server gets the sounds over a real socket, faster than real time, and all that a reader could see is counted.
`benchmarks/README.md` says what each figure means.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from live_results import live_results, pair, publish, read_results, weights_folder
from noises import NOISES, Sound, minutes
from own_server import OwnServer
from provenance import machine
from pydantic import JsonValue, ValidationError
from server_process import ReadyCheck, ServerFailed, free_port, running
from speech import folder_corpus, read_pcm

from wardscribe_client.link import Link, carried
from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.messages import Commit, Final, ServerMessage, Start, Tail
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE

_OWN_VOICES = Path(__file__).resolve().parent.parent / "tests" / "dictations"
_READY_WITHIN_S = 120.0
_RECONNECT_S = 5.0
_BLOCK_BYTES = SAMPLE_RATE // 10 * 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when nothing was written, 1 when something was, 2 for a bad argument, file or server."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        baseline = read_results(options.baseline) if options.baseline else None
        weights, at_start = weights_folder(options.model), machine()
        settings = dict(pair("--setting", one) for one in options.setting)
        voices = _voices(options.voices)
        rows = list(_measured(options, weights, OwnServer(settings), voices))
    except (WardscribeError, ServerFailed) as error:
        print(f"benchmarks/quiet.py: {error}", file=sys.stderr)
        return 2
    except ValidationError as error:
        print(f"benchmarks/quiet.py: {error.error_count()} bad settings", file=sys.stderr)
        return 2
    written = sum(int(str(row["characters"])) for row in rows)
    shown = sum(int(str(row["tail_characters"])) for row in rows)
    results = live_results(
        "quiet",
        given=given,
        weights=weights,
        at_start=at_start,
        settings={"minutes": options.minutes, "voices": len(voices), **settings},
        figures={"characters": written, "tail_characters": shown, "sounds": len(rows)},
        rows=rows,
    )
    publish(results, out=options.out, baseline=baseline)
    return int(written > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/quiet.py", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M", help="of each sound in each language (30)")
    parser.add_argument("--noise", nargs="*", choices=tuple(NOISES), default=list(NOISES), help="all of them otherwise")
    parser.add_argument("--language", nargs="*", choices=tuple(Language), default=list(Language), help="both otherwise")
    parser.add_argument(
        "--voices", action="append", default=[], metavar="LANG=DIR", help="who talks far away; our own dictations else"
    )
    parser.add_argument("--model", default="base", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="WARDSCRIBE_NAME=VALUE")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="earlier result file to compare with")
    return parser


def _voices(given: Sequence[str]) -> list[Sound]:
    """Raises: InputError."""
    files = [recording.path for one in given for recording in folder_corpus(one).recordings]
    files = files or sorted(_OWN_VOICES.glob("*.flac"))
    if not files:
        raise InputError(f"{_OWN_VOICES}: no voices here; name some with --voices LANG=DIR")
    return [np.frombuffer(read_pcm(path), dtype="<i2").astype(np.float64) / 32768 for path in files[:40]]


def _measured(
    options: argparse.Namespace, weights: Path, system: OwnServer, voices: Sequence[Sound]
) -> Iterator[dict[str, JsonValue]]:
    """One row a sound and language. Each is a session of its own on the same server."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="quiet-") as scratch:
        launch = system.launch(port=port, model=weights, folder=Path(scratch))
        with running(
            launch.command,
            environment=launch.environment,
            folder=Path(scratch),
            ready=ReadyCheck(port, path=launch.health_path),
            within_s=_READY_WITHIN_S,
        ):
            for name in options.noise:
                for language in map(Language, options.language):
                    started = time.perf_counter()
                    shown = Shown()
                    sound = minutes(name, count=options.minutes, voices=voices)
                    record_text = asyncio.run(_listen(sound, language, port=port, shown=shown))
                    yield {
                        "noise": name,
                        "language": language.value,
                        "minutes": options.minutes,
                        **shown.figures(record_text),
                        "speed": round(options.minutes * 60 / (time.perf_counter() - started), 1),
                    }


class Shown:
    """Characters that a reader of one session could see."""

    def __init__(self) -> None:
        self.committed = self.tails = self.longest_tail = 0
        self.finals: dict[int, int] = {}

    def note(self, message: ServerMessage) -> None:
        """Count what one message shows."""
        match message:
            case Commit(words=words):
                self.committed += sum(len(word.text) for word in words)
            case Final(segment=segment, text=text):
                self.finals[segment] = max(self.finals.get(segment, 0), len(text.strip()))
            case Tail(text=text) if text.strip():
                self.tails += 1
                self.longest_tail = max(self.longest_tail, len(text.strip()))
            case _:
                pass

    def figures(self, record_text: str) -> dict[str, JsonValue]:
        """`characters` is the most of what stood: in commits, in finals or in the record."""
        return {
            "characters": max(self.committed, sum(self.finals.values()), len(record_text)),
            "committed_characters": self.committed,
            "record_characters": len(record_text),
            "tails": self.tails,
            "tail_characters": self.longest_tail,
        }


async def _listen(sound: Iterator[bytes], language: Language, *, port: int, shown: Shown) -> str:
    """Send a sound as fast as it is taken; the text of the record."""
    link = Link(
        Start(template="chest_xray", language=language),
        url=f"ws://127.0.0.1:{port}/v1/dictation",
        reconnect_s=_RECONNECT_S,
        on_message=shown.note,
    )

    async def feed() -> None:
        while (minute := await asyncio.to_thread(next, sound, None)) is not None:
            for offset in range(0, len(minute), _BLOCK_BYTES):
                await link.send_audio(minute[offset : offset + _BLOCK_BYTES])
        link.stop()

    record = await carried(link, feed())
    return record.transcript.text + ("" if record.transcript.text else record.transcript.raw)


if __name__ == "__main__":
    sys.exit(main())
