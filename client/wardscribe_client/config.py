"""The client's settings: `WARDSCRIBE_*` variables. The only module of the client that reads the environment."""

import logging
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_config_dir() -> Path:
    return Path.home() / ".config" / "wardscribe"


def _default_spool() -> Path:
    return Path.home() / ".local" / "share" / "wardscribe" / "spool"


class ClientSettings(BaseSettings):
    """What `stream`, `transcribe --server` and the desktop client run with."""

    model_config = SettingsConfigDict(env_prefix="WARDSCRIBE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    url: str = Field(default="ws://127.0.0.1:8760/v1/dictation", description="the server's dictation endpoint")
    token: SecretStr | None = Field(default=None, description="access token, when the server asks for one")
    token_file: Path | None = Field(default=None, description="file with the access token, read at each connection")
    ca: Path | None = Field(default=None, description="authorities that vouch for the server, PEM; else the system's")
    allow_plain: bool = Field(default=False, description="send the access token to another machine unencrypted")
    user: str | None = Field(default=None, description="user whose macros, commands and writing options apply")
    config_dir: Path = Field(
        default_factory=_default_config_dir, description="folder of the person's preferences and access tokens"
    )
    keyring: bool = Field(default=True, description="keep access tokens in the desktop's keyring, where there is one")
    max_audio_minutes: float = Field(default=480, gt=0, description="longest recording that is sent")
    reconnect_seconds: float = Field(default=60, gt=0, description="how long to try again when the server is gone")
    spool: Path = Field(default_factory=_default_spool, description="where dictations are kept until they are safe")
    spool_max_mb: int = Field(default=8192, gt=0, description="most that may be kept there, in MiB")
    spool_keep_days: float = Field(default=7, ge=0, description="how long a signed dictation's sound is kept here")
    buttons: Path | None = Field(default=None, description="your own map of buttons and pedals, TOML")


class DesktopSession(BaseSettings):
    """What kind of desktop this is: one may keep programs from seeing keys, another may have no screen."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    xdg_session_type: str = ""
    wayland_display: str = ""
    display: str = ""
    qt_qpa_platform: str = ""

    def shows_windows(self, platform: str) -> bool:
        """Whether there is a screen to show one on: Qt ends the process where it finds none."""
        return platform in ("darwin", "win32") or bool(self.display or self.wayland_display or self.qt_qpa_platform)

    @property
    def wayland(self) -> bool:
        """Whether Wayland keeps programs apart."""
        return self.xdg_session_type == "wayland" or bool(self.wayland_display)

    @property
    def x11(self) -> bool:
        """Whether there is an X server to ask."""
        return bool(self.display)


class LogSettings(BaseSettings):
    """How much any command logs. A name that is none is left for the command's own settings to refuse."""

    model_config = SettingsConfigDict(env_prefix="WARDSCRIBE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    log_level: str = "info"

    @property
    def level(self) -> int:
        """The level as `logging` counts it."""
        return logging.getLevelNamesMapping().get(self.log_level.upper(), logging.INFO)
