"""What a person has set on this workstation, kept as TOML in their own folder. No token, nothing dictated."""

import json
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wardscribe_client.owner_only import read_owner_only, write_owner_only
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language

PREFERENCES_FILE: Final = "preferences.toml"
_HEAD: Final = (
    "# Wardscribe on this workstation. Changed by its window under Settings; may be edited while it is closed.\n"
)
_TABLES: Final = ("hot_keys",)


class InterfaceLanguage(StrEnum):
    """Language of the window; that of a dictation is chosen apart."""

    SYSTEM = "system"
    EN = "en"
    ZH = "zh"


class Theme(StrEnum):
    """Colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Preferences(BaseModel):
    """Everything that the settings show. `server` is empty until the first start is over."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    server: Annotated[str, Field(max_length=512)] = ""
    ca: Path | None = None
    allow_plain: bool = False
    user: Annotated[str, Field(max_length=128)] | None = None
    microphone: Annotated[str, Field(max_length=256)] | None = None  # None: the system's default
    interface_language: InterfaceLanguage = InterfaceLanguage.SYSTEM
    dictation_language: Language = Language.EN
    template: Annotated[str, Field(max_length=64)] | None = None  # the one used last
    theme: Theme = Theme.SYSTEM
    always_on_top: bool = False
    low_confidence: Annotated[float, Field(ge=0, le=1)] = 0.6  # words below are marked
    keep_signed_days: Annotated[int, Field(ge=0, le=3650)] = 7  # sound kept here after its report is signed
    hot_keys: Mapping[str, str] = Field(default_factory=dict)  # action -> keys, where changed by the person

    def changed(self, **changes: object) -> Self:
        """These preferences with some of them changed.

        Raises: InputError naming the one that cannot be.
        """
        try:
            return type(self).model_validate(self.model_dump() | changes)
        except ValidationError as error:
            raise InputError(_told(error, "settings")) from None


def preferences_path(folder: Path) -> Path:
    """Where they are kept in the user's folder."""
    return folder / PREFERENCES_FILE


def load_preferences(folder: Path) -> Preferences:
    """As they were stored; the defaults where nothing was.

    Raises: InputError naming file, line and what to do.
    """
    path = preferences_path(folder)
    text = read_owner_only(path)
    if text is None:
        return Preferences()
    try:
        return Preferences.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not readable as TOML ({error}); mend it, or delete it to begin anew") from error
    except ValidationError as error:
        key = str(error.errors(include_input=False)[0]["loc"][0])
        lines = enumerate(text.splitlines(), start=1)
        at = next((number for number, line in lines if line.strip().strip("[").startswith(key)), 1)
        raise InputError(_told(error, f"{path}:{at}") + "; mend it, or delete the file to begin anew") from None


def store_preferences(folder: Path, preferences: Preferences) -> None:
    """Keep them, readable by their owner alone.

    Raises: InputError when they cannot be written.
    """
    kept = preferences.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    plain = [f"{key} = {_toml(value)}" for key, value in kept.items() if key not in _TABLES]
    tables = [
        "\n".join((f"\n[{name}]", *(f"{_toml(key)} = {_toml(value)}" for key, value in kept[name].items())))
        for name in _TABLES
        if kept.get(name)
    ]
    write_owner_only(preferences_path(folder), "\n".join((_HEAD + "\n".join(plain), *tables)) + "\n")


def _toml(value: str | float | bool) -> str:  # noqa: FBT001 - a value of any plain kind
    # JSON's escapes are TOML's as well, and so are its numbers and its words for truth.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _told(error: ValidationError, where: str) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    told = "there is no such setting" if first["type"] == "extra_forbidden" else first["msg"].lower()
    return f"{where}: {key}: {told}"
