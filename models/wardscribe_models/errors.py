"""What can go wrong with weights: one tree, each error one line for the person at the terminal, with a stable code.

Texts name models, files, hosts and folders; never a URL with its credentials.
"""

from pathlib import Path
from typing import ClassVar


class ModelsError(Exception):
    """Base of the errors about weights."""

    code: ClassVar[str] = "models"


class ManifestError(ModelsError):
    """The manifest cannot be read or contradicts itself."""

    code = "manifest_invalid"


class UnknownModelError(ModelsError):
    """Neither a name in the manifest nor a folder with a model."""

    code = "model_unknown"


class ModelMissingError(ModelsError):
    """A model of the manifest that has not been fetched, or not completely."""

    code = "model_missing"


class StoreError(ModelsError):
    """The folder for weights cannot be used."""

    code = "store_unusable"


class DiskFullError(ModelsError):
    """No room for the weights."""

    code = "disk_full"

    def __init__(self, folder: Path, needed_bytes: int | None = None) -> None:
        room = f"about {-(-needed_bytes // 1_000_000)} MB" if needed_bytes is not None else "room"
        super().__init__(f"the disk of {folder} is full: free {room}, or choose another folder for the models")


class SourceError(ModelsError):
    """One source could not give a file; the next one is tried."""

    code = "source_failed"


class UnreachableError(SourceError):
    """The source could not be connected to at all."""

    code = "source_unreachable"


class DigestMismatchError(SourceError):
    """A source gave a file that is not the one that the manifest names; the file has been removed.

    `resumed` when part of it was from an earlier attempt, which may be what is wrong.
    """

    code = "digest_mismatch"

    def __init__(self, message: str, *, resumed: bool) -> None:
        super().__init__(message)
        self.resumed = resumed


class FetchError(ModelsError):
    """No source gave the model."""

    code = "fetch_failed"
