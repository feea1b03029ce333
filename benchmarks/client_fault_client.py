#!/usr/bin/env python3
"""The client library to be killed: a microphone that may be unplugged, the encrypted spool, the link.

Started again with the same folder, it goes on with the dictation that it finds there. At the end it leaves what the
judge of `fault_client.py` reads, taken from the spool: state.json, messages.jsonl, and done or failed.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from fault_client import LINK
from recorded_microphones import CHOSEN, RecordedMicrophones

from wardscribe_client.capture import Capture
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import DictationEvent, Restarted
from wardscribe_client.microphone import Microphone
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool, Standing
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import FieldEdit, Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE

_LOOK_EVERY_S = 0.02


async def dictate(spool: Spool, arguments: argparse.Namespace) -> str:
    """Go on with the dictation to its end; its name in the spool."""
    pcm = arguments.pcm.read_bytes()
    server = ServerAccess(url=arguments.url)
    settings = SendingSettings(reconnect_s=120.0, link=LINK)
    left = [item.id for item in spool.items() if item.standing is not Standing.UNREADABLE]

    def told(event: DictationEvent) -> None:
        if isinstance(event, Restarted):
            with (arguments.spool / "restarts").open("a", encoding="ascii") as file:
                file.write(f"{event.code}\n")

    begun = (
        spool.open(left[0])
        if left
        else spool.create(Start(template=arguments.template, language=Language(arguments.language)))
    )
    microphones = RecordedMicrophones(
        pcm, skip_samples=begun.captured_samples, speed=arguments.speed, unplug=arguments.spool / "unplug"
    )
    given = sum(isinstance(placed.control, FieldEdit) for placed in begun.controls)
    edits = [(at * len(pcm) / BYTES_PER_SAMPLE, path, value) for at, path, value in json.loads(arguments.edits)][given:]
    capture = Capture(Microphone(CHOSEN.name, system=microphones))
    async with (
        capture,
        Dictation(begun, spool=spool, server=server, capture=capture, on_event=told, settings=settings) as dictation,
    ):
        if not dictation.stopped:
            dictation.record()
            microphones.play()
            result = asyncio.create_task(dictation.result())
            while dictation.captured_samples < len(pcm) // BYTES_PER_SAMPLE and not result.done():
                while edits and dictation.captured_samples >= edits[0][0]:
                    dictation.edit_field(*edits.pop(0)[1:])
                await asyncio.wait([result], timeout=_LOOK_EVERY_S)
            for _, path, value in edits:
                dictation.edit_field(path, value)
            dictation.stop()
        await dictation.result()
    return begun.id


def leave_for_the_judge(spool: Spool, dictation_id: str, arguments: argparse.Namespace) -> None:
    """What the server was told and said, and whether the spool holds what was played."""
    kept = spool.open(dictation_id)
    assert kept.story.state is not None, "a dictation with a record had a session"
    (arguments.spool / "state.json").write_text(kept.story.state.model_dump_json(), encoding="utf-8")
    lines = [message.model_dump_json(by_alias=True, exclude_none=True) + "\n" for message in kept.messages()]
    (arguments.spool / "messages.jsonl").write_text("".join(lines), encoding="utf-8")
    same = kept.audio(0, kept.captured_samples) == arguments.pcm.read_bytes() and not kept.story.damaged_samples
    spool.close(kept)
    if same:
        (arguments.spool / "done").touch()
    else:
        (arguments.spool / "failed").write_text("the spool does not hold what was played", encoding="utf-8")


def main() -> int:
    """Dictate; 0 when the record is here, 1 when the dictation failed."""
    arguments = _parser().parse_args()
    spool = Spool.at(arguments.spool)
    try:
        leave_for_the_judge(spool, asyncio.run(dictate(spool, arguments)), arguments)
    except WardscribeError as error:
        (arguments.spool / "failed").write_text(error.code.value, encoding="utf-8")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pcm", type=Path, required=True, help="the recording, s16le")
    parser.add_argument("--template", required=True)
    parser.add_argument("--language", required=True)
    parser.add_argument("--edits", default="[]", help="JSON: [share of the recording, pointer, value], in order")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--url", required=True)
    parser.add_argument("--spool", type=Path, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
