"""One dictation on disk: its sound, what was done by hand, what the server told, and how far all that has come.

One file that only grows. Nothing is handed to the server before `sync` has put it on stable storage; what was being
written when a process was killed is cut off at the next opening, and what stands before it is never touched.
"""

import json
import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from wardscribe_client.spool_entries import (
    ENTRY_BYTES,
    HEAD_BYTES,
    BrokenEntryError,
    EntryHead,
    EntryKind,
    EntrySealer,
    entry_heads,
    is_head,
    new_head,
)
from wardscribe_client.spool_file import FileLock, PlacedFile, sync_folder
from wardscribe_client.spool_key import SpoolKey
from wardscribe_client.spool_story import Glance, Mark, PlacedControl, Story
from wardscribe_protocol.codec import decode_server_message, encode_message
from wardscribe_protocol.errors import FullError, InputError, RemoteProtocolError
from wardscribe_protocol.messages import ClientControl, ServerMessage, Start
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE
from wardscribe_protocol.wire import Numbered

LOG_NAME = "dictation"
GLANCE_NAME = "glance"
LOCK_NAME = "lock"
_STATE_EVERY_SAMPLES = 2 * SAMPLE_RATE  # a state that only knows of more safe audio is worth writing this often


class SpooledDictation:
    """A dictation that is open here, and in no other process."""

    def __init__(self, folder: Path, descriptor: int, sealer: EntrySealer, lock: FileLock) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self._descriptor = descriptor
        self._sealer = sealer
        self._lock = lock
        self._file = PlacedFile(descriptor)
        self._heads: list[EntryHead] = []  # without the sound
        self._audio_from = array("Q")  # first sample of each stretch of sound
        self._audio_at = array("Q")
        self._audio_bytes = array("L")
        self._broken: set[int] = set()
        self._number = 0
        self._end = HEAD_BYTES
        self._synced_samples = 0
        self.story = Story()

    @classmethod
    def create(cls, folder: Path, *, start: Start, key: SpoolKey) -> Self:
        """A new dictation.

        Raises: InputError when nothing can be written there.
        """
        lock = None
        try:
            folder.mkdir(parents=True, mode=0o700)
            lock = FileLock.taken(folder / LOCK_NAME)
            assert lock is not None, "nobody else knows the folder yet"
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(folder / LOG_NAME, flags, 0o600)
            head = new_head()
            os.write(descriptor, head)
        except OSError as error:
            if lock is not None:
                lock.release()
            raise InputError(f"{folder}: a dictation cannot be kept there ({error.strerror})") from error
        made = cls(folder, descriptor, EntrySealer(key, head), lock)
        begun = {"start": json.loads(start.model_copy(update={"token": None}).model_dump_json(exclude_none=True))}
        made._put(EntryKind.BEGUN, json.dumps(begun | {"at": datetime.now(UTC).isoformat()}).encode())
        made.sync()
        sync_folder(folder)
        sync_folder(folder.parent)
        return made

    @classmethod
    def open(cls, folder: Path, *, key: SpoolKey) -> Self:
        """One that an earlier process left. A torn end is cut off.

        Raises: InputError when it is open elsewhere, or no dictation that this key opens.
        """
        lock = FileLock.taken(folder / LOCK_NAME)
        if lock is None:
            raise InputError(f"dictation {folder.name} is open in another window")
        try:
            descriptor = os.open(folder / LOG_NAME, os.O_RDWR | getattr(os, "O_BINARY", 0))
        except OSError as error:
            lock.release()
            raise InputError(f"{folder}: the dictation cannot be read ({error.strerror})") from error
        opened = cls(folder, descriptor, EntrySealer(key, os.read(descriptor, HEAD_BYTES)), lock)
        try:
            opened._read()
        except InputError:
            opened.close()
            raise
        return opened

    @property
    def id(self) -> str:
        """By which the spool knows it."""
        return self.folder.name

    @property
    def start(self) -> Start:
        """How it began, without access token."""
        assert self.story.start is not None, "every dictation has begun"
        return self.story.start

    @property
    def captured_samples(self) -> int:
        """All of its sound."""
        return self.story.captured_samples

    @property
    def synced_samples(self) -> int:
        """Sound before this is on stable storage and may be sent."""
        return self._synced_samples

    @property
    def controls(self) -> list[PlacedControl]:
        """What was done by hand, in order."""
        return self.story.controls

    @property
    def controls_given(self) -> int:
        """How many of them the link has taken over."""
        state = self.story.state
        return state.client_seq + len(state.controls) if state is not None else 0

    @property
    def size_bytes(self) -> int:
        """On disk."""
        return self._end

    def add_audio(self, pcm: bytes) -> None:
        """Keep what was captured.

        Raises: FullError when the disk has no room; nothing of it is kept then.
        """
        self._put(EntryKind.AUDIO, pcm, samples=len(pcm) // BYTES_PER_SAMPLE)

    def add_control(self, control: ClientControl) -> None:
        """Keep what was done by hand at this moment. Raises: FullError."""
        self._put(EntryKind.CONTROL, control.model_dump_json(exclude_none=True, exclude={"seq"}).encode())

    def keep(self, state: ResumeState) -> None:
        """Keep what the link needs to go on, before anything is sent that follows from it. Raises: FullError."""
        known = self.story.state
        if known is not None and known == state.model_copy(update={"safe_samples": known.safe_samples}):
            if state.safe_samples < known.safe_samples + _STATE_EVERY_SAMPLES:
                return
            self._put(EntryKind.STATE, state.model_dump_json().encode())
            return
        self._put(EntryKind.STATE, state.model_dump_json().encode())
        self.sync()

    def told(self, message: ServerMessage) -> bool:
        """Keep a durable message; whether it is new. Others are always new. Raises: FullError."""
        if not isinstance(message, Numbered):
            return True
        if message.seq <= self.story.last_told:
            return False
        self._put(EntryKind.TOLD, encode_message(message).encode())
        return True

    def mark(self, mark: Mark) -> None:
        """Note a step, on stable storage at once. Raises: FullError."""
        if mark in self.story.marks and mark is not Mark.RESTARTED:
            return
        self._put(EntryKind.MARK, json.dumps({"mark": mark, "at": datetime.now(UTC).isoformat()}).encode())
        self.sync()

    def sync(self) -> None:
        """Put everything on stable storage. May be called from a thread, by one at a time. Raises: FullError."""
        samples = self.story.captured_samples
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise FullError(f"the disk does not keep this dictation ({error.strerror}); look after it") from error
        self._synced_samples = samples

    def audio(self, start: int, end: int) -> bytes:
        """The sound `[start, end)` in samples, s16le; less at the end of what there is."""
        parts, at = [], max(0, start)
        end = min(end, self.captured_samples)
        while at < end:
            which = _last_not_after(self._audio_from, at)
            pcm = self._stretch(which)
            first = at - self._audio_from[which]
            part = pcm[first * BYTES_PER_SAMPLE : (first + end - at) * BYTES_PER_SAMPLE]
            parts.append(part)
            at += len(part) // BYTES_PER_SAMPLE
        return b"".join(parts)

    def messages(self) -> Iterator[ServerMessage]:
        """What the server's session has told so far, oldest first."""
        told: list[EntryHead] = []
        for head in self._heads:
            if head.kind is EntryKind.TOLD:
                told.append(head)
            elif head.kind is EntryKind.MARK and json.loads(self._content(head))["mark"] == Mark.RESTARTED:
                told = []
        for head in told:
            yield decode_server_message(self._content(head).decode())

    def glance(self) -> Glance:
        """It in short."""
        story = self.story
        return Glance(
            size_bytes=self._end,
            begun_at=story.begun_at,
            start=self.start,
            samples=story.captured_samples,
            damaged_samples=story.damaged_samples,
            session=story.state.session if story.state is not None else None,
            closed=story.closed,
            marks=story.marks,
        )

    def close(self) -> None:
        """Let another process open it."""
        if self._descriptor >= 0:
            if self.story.start is not None:
                self._write_glance()
            os.close(self._descriptor)
            self._descriptor = -1
            self._lock.release()

    # Inside

    def _write_glance(self) -> None:
        sealed = self._sealer.seal(
            EntryKind.GLANCE, self.glance().model_dump_json(exclude_none=True).encode(), number=0
        )
        partial = self.folder / f".{GLANCE_NAME}.partial"
        with suppress(OSError):  # it only makes lists quicker
            partial.write_bytes(sealed)
            partial.replace(self.folder / GLANCE_NAME)

    def _put(self, kind: EntryKind, content: bytes, *, samples: int = 0) -> None:
        raw = self._sealer.seal(kind, content, number=self._number, samples=samples)
        self._write(raw)
        head = EntryHead(self._end, kind, self._number, samples, len(raw) - ENTRY_BYTES)
        self._note(head)
        self.story.take(kind, content)

    def _write(self, raw: bytes) -> None:
        try:
            self._file.write(self._end, raw)
        except OSError as error:
            self._file.cut(self._end)
            raise FullError(f"the disk takes no more of this dictation ({error.strerror}); make room on it") from error

    def _note(self, head: EntryHead) -> None:
        if head.kind is EntryKind.AUDIO:
            self._audio_from.append(self.story.captured_samples)
            self._audio_at.append(head.at)
            self._audio_bytes.append(ENTRY_BYTES + head.sealed_bytes)
            self.story.captured_samples += head.samples
        else:
            self._heads.append(head)
        self._end, self._number = head.end, head.number + 1

    def _read(self) -> None:
        size = os.fstat(self._descriptor).st_size
        if not is_head(self._file.read(0, HEAD_BYTES)):
            raise InputError(f"{self.folder}: not a dictation of this program, or its beginning is damaged")
        heads = list(entry_heads(self._file.read, size=size))
        broken = [not self._opens(head) for head in heads]
        while broken and broken[-1]:  # what was being written when the power went
            heads.pop()
            broken.pop()
        for head, is_broken in zip(heads, broken, strict=True):
            if is_broken:
                self._pass_over(head)
                continue
            self._note(head)
            if head.kind is not EntryKind.AUDIO:
                try:
                    self.story.take(head.kind, self._content(head))
                except (ValueError, KeyError, RemoteProtocolError) as error:
                    raise InputError(f"{self.folder}: written by another version of this program") from error
        if self.story.start is None:
            raise InputError(f"{self.folder}: no dictation that the spool's key opens; is it the key of another user?")
        if self._end < size:
            self._file.cut(self._end)
        self._synced_samples = self.story.captured_samples

    def _pass_over(self, head: EntryHead) -> None:
        """Sound that is damaged becomes silence of its length, so that everything after it stays where it is."""
        if head.kind is EntryKind.AUDIO:
            self._broken.add(len(self._audio_from))
            self.story.damaged_samples += head.samples
            self._note(head)
        else:
            self._end, self._number = head.end, head.number + 1

    def _opens(self, head: EntryHead) -> bool:
        try:
            self._content(head)
        except BrokenEntryError:
            return False
        return True

    def _content(self, head: EntryHead) -> bytes:
        return self._sealer.open(self._file.read(head.at, ENTRY_BYTES + head.sealed_bytes))

    def _stretch(self, which: int) -> bytes:
        if which not in self._broken:
            try:
                return self._sealer.open(self._file.read(self._audio_at[which], self._audio_bytes[which]))
            except (BrokenEntryError, OSError):
                self._broken.add(which)  # it was good when this was opened: the disk fails
        behind = self._audio_from[which + 1] if which + 1 < len(self._audio_from) else self.captured_samples
        return bytes((behind - self._audio_from[which]) * BYTES_PER_SAMPLE)


def _last_not_after(positions: "array[int]", at: int) -> int:
    return bisect_right(positions, at) - 1


def glance_at(folder: Path, *, key: SpoolKey) -> Glance | None:
    """A dictation in short without reading it through; None where that has to be done."""
    try:
        with (folder / LOG_NAME).open("rb") as log:
            head, size = log.read(HEAD_BYTES), os.fstat(log.fileno()).st_size
        content = EntrySealer(key, head).open((folder / GLANCE_NAME).read_bytes())
        glance = Glance.model_validate_json(content)
    except (OSError, BrokenEntryError, ValidationError):
        return None
    return glance if glance.size_bytes == size else None


def is_in_use(folder: Path) -> bool:
    """Whether a process has it open."""
    try:
        lock = FileLock.taken(folder / LOCK_NAME)
    except OSError:
        return False
    if lock is not None:
        lock.release()
    return lock is None
