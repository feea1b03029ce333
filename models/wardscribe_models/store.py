"""Where weights live on this machine, and what is there.

Owns the folder layout: `ROOT/NAME/` with the files of the model and their digests. Downloading is `fetch`'s, imported
only when asked for, so that an install without the network libraries can still find weights.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wardscribe_models.errors import ModelMissingError, UnknownModelError
from wardscribe_models.ledger import expected_sha256, read_ledger, sha256_of
from wardscribe_models.manifest import Manifest, Model, load_manifest
from wardscribe_models.progress import Progress, Unwatched

FOLDER_NEEDS = ("model.bin", "config.json", "tokenizer.json")
DEFAULT_HUB = "https://huggingface.co"


class State(StrEnum):
    """How much of a model is here, by names and sizes."""

    ABSENT = "absent"
    PARTIAL = "partial"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Listed:
    """A model of the manifest and what of it is here."""

    name: str
    model: Model
    state: State
    folder: Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file of a fetched model."""

    file: str
    code: str  # missing, size, digest, unrecorded
    message: str


def default_root(environment: Mapping[str, str], home: Path) -> Path:
    """The folder for weights: WARDSCRIBE_MODELS_DIR, else the user's cache folder (XDG)."""
    chosen = environment.get("WARDSCRIBE_MODELS_DIR", "")
    if chosen:
        return Path(chosen).expanduser()
    cache = environment.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    base = Path(cache) if cache and Path(cache).is_absolute() else home / ".cache"
    return base / "wardscribe" / "models"


class ModelStore:
    """The weights under one folder, after one manifest."""

    def __init__(self, root: Path, *, manifest: Manifest | None = None, hub: str = DEFAULT_HUB) -> None:
        self.root = root
        self.manifest = manifest or load_manifest()
        self._hub = hub

    def list_models(self) -> tuple[Listed, ...]:
        """Every model of the manifest, in its order. Looks at names and sizes only."""
        return tuple(
            Listed(name, model, self._state(name, model), self.root / name)
            for name, model in self.manifest.models.items()
        )

    def locate(self, name_or_path: str) -> Path:
        """The folder of a fetched model, or of any CTranslate2 model on this machine.

        Raises: UnknownModelError, ModelMissingError.
        """
        model = self.manifest.models.get(name_or_path)
        if model is not None:
            if self._state(name_or_path, model) is not State.PRESENT:
                raise ModelMissingError(
                    f"model {name_or_path!r} is not on this machine: run `wardscribe models fetch {name_or_path}`"
                )
            return self.root / name_or_path
        folder = Path(name_or_path).expanduser()
        if not folder.is_dir():
            raise UnknownModelError(
                f"unknown model {name_or_path!r}: give a folder or one of {', '.join(self.manifest.models)}"
            )
        lacking = [file for file in FOLDER_NEEDS if not (folder / file).is_file()]
        if lacking:
            raise UnknownModelError(f"{folder} is not a CTranslate2 Whisper model: it has no {', '.join(lacking)}")
        return folder.resolve()

    def fetch(
        self, name: str, *, progress: Progress | None = None, pause: Callable[[float], None] = time.sleep
    ) -> Path:
        """Bring a model of the manifest to this machine, or finish or repair it; returns its folder.

        Raises: UnknownModelError, FetchError, DiskFullError, StoreError.
        """
        from wardscribe_models.fetch import fetch_model
        from wardscribe_models.sources import open_source

        model = self.manifest.model(name)
        sources = [open_source(source, endpoint=self._hub, pause=pause) for source in model.sources]
        return fetch_model(name, model, sources, self.root / name, progress=progress or Unwatched())

    def verify(self, name: str) -> list[Problem]:
        """Read every file of a model and compare; nothing is changed.

        Raises: UnknownModelError.
        """
        model = self.manifest.model(name)
        folder = self.root / name
        ledger = read_ledger(folder, model.revision)
        problems = []
        for file in model.files:
            path = folder / file.name
            expected = expected_sha256(file, ledger)
            if not path.is_file():
                problems.append(Problem(file.name, "missing", f"{path}: not there"))
            elif path.stat().st_size != file.size:
                found = path.stat().st_size
                problems.append(Problem(file.name, "size", f"{path}: {found} bytes, expected {file.size}"))
            elif expected is None:
                problems.append(Problem(file.name, "unrecorded", f"{path}: no digest is known; fetch the model again"))
            elif (digest := sha256_of(path)) != expected:
                problems.append(Problem(file.name, "digest", f"{path}: sha256 {digest}, expected {expected}"))
        return problems

    def _state(self, name: str, model: Model) -> State:
        folder = self.root / name
        if not folder.is_dir():
            return State.ABSENT
        sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
        if all(sizes.get(file.name) == file.size for file in model.files):
            return State.PRESENT
        return State.PARTIAL
