#!/usr/bin/env python3
"""A client to be killed: plays a recording at the speed of speech, with a spool from which its next process goes on.

    audio.pcm        what was captured, before any of it is sent
    state.json       what `Link` gives to keep
    messages.jsonl   every durable message, before it is acknowledged
    done, failed     how it ended

Started again with the same spool, it captures on where the last process stopped.
"""

import argparse
import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from wardscribe_client.link import Link, LinkSettings, carried
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import Closed, ServerMessage, Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE
from wardscribe_protocol.wire import Numbered

_BLOCK_BYTES = SAMPLE_RATE // 10 * BYTES_PER_SAMPLE
# Quicker than the product's own, so that a short dictation meets more than one dead connection.
LINK = LinkSettings(open_within_s=3.0, ask_every_s=0.75, answer_within_s=2.0, waits_at_first=True)
_RECONNECT_S = 120.0


@dataclass(slots=True)
class Spool:
    """What outlives the process."""

    folder: Path
    audio: int = -1
    messages: int = -1
    state: ResumeState | None = None
    captured: bytearray = field(default_factory=bytearray)
    last_seq: int = 0
    closed: bool = False

    def open(self) -> None:
        """Read what an earlier process left, and go on behind it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "audio.pcm"
        self.captured += path.read_bytes() if path.exists() else b""
        del self.captured[len(self.captured) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE :]
        self.audio = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(self.audio, len(self.captured))
        os.lseek(self.audio, 0, os.SEEK_END)
        state = self.folder / "state.json"
        self.state = ResumeState.model_validate_json(state.read_bytes()) if state.exists() else None
        log = self.folder / "messages.jsonl"
        whole = log.read_bytes().rpartition(b"\n")[0] if log.exists() else b""
        for line in whole.splitlines():
            message = json.loads(line)
            self.last_seq, self.closed = message["seq"], message["type"] == "closed"
        self.messages = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(self.messages, len(whole) + bool(whole))
        os.lseek(self.messages, 0, os.SEEK_END)

    def capture(self, block: bytes) -> None:
        """Keep what the microphone gave."""
        os.write(self.audio, block)
        self.captured += block

    def keep(self, state: ResumeState) -> None:
        """Keep what the link needs, whole or not at all."""
        partial = self.folder / "state.partial"
        partial.write_text(state.model_dump_json(), encoding="utf-8")
        partial.replace(self.folder / "state.json")

    def take(self, message: ServerMessage) -> None:
        """Keep a durable message, unless the last process had it and died before it could say so."""
        if isinstance(message, Numbered) and message.seq > self.last_seq:
            os.write(self.messages, message.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n")
            self.last_seq = message.seq
            self.closed = isinstance(message, Closed)


async def dictate(spool: Spool, arguments: argparse.Namespace) -> None:
    """Go on with the dictation to its end."""
    state = spool.state
    if state is not None:
        link = Link.resumed(
            state,
            captured_samples=len(spool.captured) // BYTES_PER_SAMPLE,
            url=arguments.url,
            reconnect_s=_RECONNECT_S,
            on_message=spool.take,
            keep=spool.keep,
            settings=LINK,
        )
    else:
        start = Start(template=arguments.template, language=Language(arguments.language))
        link = Link(
            start, url=arguments.url, reconnect_s=_RECONNECT_S, on_message=spool.take, keep=spool.keep, settings=LINK
        )
    await carried(link, _feed(link, spool, arguments))


async def _feed(link: Link, spool: Spool, arguments: argparse.Namespace) -> None:
    pcm = arguments.pcm.read_bytes()
    given = spool.state.client_seq + len(spool.state.controls) if spool.state is not None else 0
    edits = [(int(at * len(pcm)), path, value) for at, path, value in json.loads(arguments.edits)][given:]
    at = spool.state.safe_samples * BYTES_PER_SAMPLE if spool.state is not None else 0
    loop = asyncio.get_running_loop()
    began, first = loop.time(), len(spool.captured)
    while at < len(pcm):
        block = pcm[at : at + _BLOCK_BYTES]
        if at >= len(spool.captured):
            due = began + (at + len(block) - first) / BYTES_PER_SAMPLE / SAMPLE_RATE / arguments.speed
            await asyncio.sleep(max(0.0, due - loop.time()))
            spool.capture(block)
        else:
            block = block[: len(spool.captured) - at]
        while edits and at >= edits[0][0]:
            link.edit_field(*edits.pop(0)[1:])
        await link.send_audio(block)
        at += len(block)
    for _, path, value in edits:
        link.edit_field(path, value)
    link.stop()


def main() -> int:
    """Dictate; 0 when the record is here, 1 when the dictation failed."""
    arguments = _parser().parse_args()
    spool = Spool(arguments.spool)
    spool.open()
    try:
        if not spool.closed:
            asyncio.run(dictate(spool, arguments))
    except WardscribeError as error:
        (arguments.spool / "failed").write_text(error.code.value, encoding="utf-8")
        return 1
    (arguments.spool / "done").touch()
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
