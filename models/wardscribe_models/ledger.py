"""The digests of the files in a folder of weights, as they were when they were fetched.

Kept in `digests.json` beside the weights. For a file that the manifest pins by revision only, this is what is enforced.
"""

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wardscribe_models.manifest import ModelFile, Sha256

LEDGER = "digests.json"


class Entry(BaseModel):
    """One fetched file."""

    model_config = ConfigDict(frozen=True)

    sha256: Sha256
    size: int = Field(ge=0)
    source: str


class Ledger(BaseModel):
    """The fetched files of one revision of a model, by file name."""

    model_config = ConfigDict(frozen=True)

    revision: str
    files: dict[str, Entry] = {}


def read_ledger(folder: Path, revision: str) -> Ledger:
    """What was written down for `revision` in `folder`; an empty ledger when there is none, or for another revision."""
    try:
        ledger = Ledger.model_validate_json((folder / LEDGER).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return Ledger(revision=revision)
    return ledger if ledger.revision == revision else Ledger(revision=revision)


def write_ledger(folder: Path, ledger: Ledger) -> None:
    """Replace the ledger of `folder`, whole or not at all."""
    new = folder / f"{LEDGER}.new"
    new.write_text(ledger.model_dump_json(indent=2) + "\n", encoding="utf-8")
    new.replace(folder / LEDGER)


def expected_sha256(file: ModelFile, ledger: Ledger) -> str | None:
    """The digest that `file` must have: the manifest's, else the one recorded, else none is known."""
    entry = ledger.files.get(file.name)
    return file.sha256 or (entry.sha256 if entry is not None else None)


def is_sound(folder: Path, file: ModelFile, ledger: Ledger) -> bool:
    """Whether `file` is in `folder` with the size and digest that it must have."""
    path = folder / file.name
    expected = expected_sha256(file, ledger)
    return expected is not None and path.is_file() and path.stat().st_size == file.size and sha256_of(path) == expected


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
