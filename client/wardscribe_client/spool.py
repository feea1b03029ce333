"""All dictations that are kept on this machine: begun, found again, listed, bounded, and let go by rule."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from wardscribe_client.spool_entries import HEAD_BYTES
from wardscribe_client.spool_key import Keyring, SpoolKey, spool_key
from wardscribe_client.spool_story import Glance, Mark
from wardscribe_client.spooled_dictation import LOG_NAME, SpooledDictation, glance_at, is_in_use
from wardscribe_protocol.errors import FullError, InputError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.timeline import SAMPLE_RATE, samples_from_ms

_ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolSettings:
    """Bounds of the spool and how long it keeps what nobody needs from it any more."""

    max_mib: int = 8192  # some 70 hours of dictation
    min_free_mib: int = 256  # left to others on the same disk
    keep_days_after_signing: float = 7.0
    keep_days_after_discarding: float = 1.0


class Standing(StrEnum):
    """How far a dictation has come."""

    OPEN = "open"  # begun and not ended: its process is gone
    UNSENT = "unsent"  # ended, and the server has no record of it yet
    RECORDED = "recorded"  # the server has all of it and made a record, which nobody has signed
    SIGNED = "signed"
    DISCARDED = "discarded"
    IN_USE = "in_use"  # open in this or another window
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolItem:
    """One dictation, as a list shows it. `session` is the server's name, by which its report is found."""

    id: str
    standing: Standing
    begun_at: datetime | None = None
    start: Start | None = None
    seconds: float = 0.0
    session: str | None = None
    size_bytes: int = 0
    damaged_seconds: float = 0.0
    problem: str | None = None

    @property
    def unsent(self) -> bool:
        """Whether something of it is here only."""
        return self.standing in (Standing.OPEN, Standing.UNSENT)


class Spool:
    """A folder of dictations, each in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        key: SpoolKey,
        settings: SpoolSettings | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder = folder
        self._key = key
        self._settings = settings or SpoolSettings()
        self._now = now
        self._free_bytes = free_bytes
        self._open: dict[str, SpooledDictation] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @classmethod
    def at(cls, folder: Path, *, keyring: Keyring | None = None, settings: SpoolSettings | None = None) -> "Spool":
        """The spool in a folder, with its key from the keyring or from beside it; both made when they are not there.

        Raises: InputError.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(f"{folder}: dictations cannot be kept there ({error.strerror})") from error
        return cls(folder, key=spool_key(folder, keyring=keyring), settings=settings)

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    def create(self, start: Start) -> SpooledDictation:
        """Begin a dictation.

        Raises: FullError when there is no room for it, saying what to do; InputError when nothing can be kept at all.
        """
        self.settle()
        self.check_room()
        made = SpooledDictation.create(self._folder / self._new_id(), start=start, key=self._key)
        self._open[made.id] = made
        return made

    def open(self, dictation_id: str) -> SpooledDictation:
        """Go on with a dictation that an earlier process left.

        Raises: InputError when it is not there, or open elsewhere.
        """
        opened = SpooledDictation.open(self._path(dictation_id), key=self._key)
        self._open[opened.id] = opened
        return opened

    def close(self, dictation: SpooledDictation) -> None:
        """Leave a dictation; it stays on disk."""
        self._open.pop(dictation.id, None)
        dictation.close()

    def check_room(self, *, bytes_wanted: int = _MIB) -> None:
        """Whether so much more can be kept.

        Raises: FullError saying what to do.
        """
        used = self._used_bytes()
        if used + bytes_wanted > self._settings.max_mib * _MIB:
            raise FullError(
                f"{used // _MIB} MiB of dictations wait on this machine, and {self._settings.max_mib} are allowed: "
                "send or sign some of them, or raise the limit"
            )
        if self._free_bytes(self._folder) < self._settings.min_free_mib * _MIB + bytes_wanted:
            raise FullError(
                f"less than {self._settings.min_free_mib} MiB are free on the disk with {self._folder}: make room on it"
            )

    def items(self) -> list[SpoolItem]:
        """Every dictation that is kept, oldest first."""
        folders = sorted(path for path in self._folder.iterdir() if path.is_dir() and _ID.fullmatch(path.name))
        return [self._item(path) for path in folders]

    def unsent(self) -> list[SpoolItem]:
        """What is here only, oldest first: shown at the start."""
        return [item for item in self.items() if item.unsent]

    def audio(self, dictation_id: str, start_ms: int, end_ms: int) -> bytes:
        """The sound of a dictation from one moment to another, s16le at 16 kHz.

        Raises: InputError.
        """
        span = samples_from_ms(start_ms), samples_from_ms(end_ms)
        opened = self._open.get(dictation_id)
        if opened is not None:
            return opened.audio(*span)
        opened = SpooledDictation.open(self._path(dictation_id), key=self._key)
        try:
            return opened.audio(*span)
        finally:
            opened.close()

    def of_session(self, session: str) -> str | None:
        """The dictation of a server's session, or of one of its reports (`<session>/2`)."""
        wanted = session.partition("/")[0]
        return next((item.id for item in self.items() if item.session == wanted), None)

    def mark_signed(self, dictation_id: str) -> None:
        """Its record is signed: the retention rule begins. Raises: InputError."""
        self._mark(dictation_id, Mark.SIGNED)

    def discard(self, dictation_id: str) -> None:
        """A person does not want it; it is kept a little longer all the same. Raises: InputError."""
        self._mark(dictation_id, Mark.DISCARDED)

    def settle(self) -> list[str]:
        """Remove what the retention rule lets go: safe on the server and signed, or discarded, for long enough."""
        gone = []
        for path in sorted(self._folder.iterdir()):
            if path.is_dir() and _ID.fullmatch(path.name) and path.name not in self._open and self._is_due(path):
                shutil.rmtree(path, ignore_errors=True)
                gone.append(path.name)
        return gone

    # Inside

    def _new_id(self) -> str:
        return f"{self._now():%Y%m%dT%H%M%S%f}-{os.urandom(4).hex()}"

    def _path(self, dictation_id: str) -> Path:
        path = self._folder / dictation_id
        if not _ID.fullmatch(dictation_id) or not path.is_dir():
            raise InputError(f"{dictation_id}: no such dictation in {self._folder}")
        return path

    def _mark(self, dictation_id: str, mark: Mark) -> None:
        opened = self._open.get(dictation_id)
        if opened is not None:
            opened.mark(mark)
            return
        dictation = SpooledDictation.open(self._path(dictation_id), key=self._key)
        try:
            dictation.mark(mark)
        finally:
            dictation.close()

    def _used_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._folder.glob(f"*/{LOG_NAME}"))

    def _item(self, path: Path) -> SpoolItem:
        opened = self._open.get(path.name)
        if opened is not None:
            return _described(path.name, opened.glance(), Standing.IN_USE)
        try:
            glance = self._glance(path)
        except InputError as error:
            size = (path / LOG_NAME).stat().st_size if (path / LOG_NAME).exists() else 0
            return SpoolItem(id=path.name, standing=Standing.UNREADABLE, size_bytes=size, problem=error.message)
        if glance is None:
            return SpoolItem(id=path.name, standing=Standing.IN_USE)
        return _described(path.name, glance, _standing(glance))

    def _glance(self, path: Path) -> Glance | None:
        """None while it is open in another process. Raises: InputError when it cannot be read."""
        if is_in_use(path):
            return None
        glance = glance_at(path, key=self._key)
        if glance is None:
            dictation = SpooledDictation.open(path, key=self._key)
            glance = dictation.glance()
            dictation.close()
        return glance

    def _is_due(self, path: Path) -> bool:
        try:
            glance = self._glance(path)
        except InputError:
            # A process that was killed while it began one leaves a folder with nothing in it.
            return not (path / LOG_NAME).exists() or (path / LOG_NAME).stat().st_size <= HEAD_BYTES
        if glance is None:
            return False
        signed, discarded = glance.marks.get(Mark.SIGNED), glance.marks.get(Mark.DISCARDED)
        if signed is not None and glance.closed:
            return self._older(signed, self._settings.keep_days_after_signing)
        return discarded is not None and self._older(discarded, self._settings.keep_days_after_discarding)

    def _older(self, at: str, days: float) -> bool:
        return datetime.fromisoformat(at) + timedelta(days=days) <= self._now()


def _standing(glance: Glance) -> Standing:
    if Mark.DISCARDED in glance.marks:
        return Standing.DISCARDED
    if glance.closed:
        return Standing.SIGNED if Mark.SIGNED in glance.marks else Standing.RECORDED
    return Standing.UNSENT if Mark.STOPPED in glance.marks else Standing.OPEN


def _described(dictation_id: str, glance: Glance, standing: Standing) -> SpoolItem:
    return SpoolItem(
        id=dictation_id,
        standing=standing,
        begun_at=datetime.fromisoformat(glance.begun_at),
        start=glance.start,
        seconds=glance.samples / SAMPLE_RATE,
        session=glance.session,
        size_bytes=glance.size_bytes,
        damaged_seconds=glance.damaged_samples / SAMPLE_RATE,
    )
