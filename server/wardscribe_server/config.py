"""The server's settings, from `WARDSCRIBE_*` and the command line. Only this module reads the environment."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from wardscribe_models.store import default_root


def _default_data_dir() -> Path:
    return Path.home() / ".local" / "share" / "wardscribe"


def _default_models_dir() -> Path:
    return default_root(os.environ, Path.home())


class ServerSettings(BaseSettings):
    """What the server, `transcribe` and `fill` run with."""

    model_config = SettingsConfigDict(env_prefix="WARDSCRIBE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8760, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    model: str = Field(default="base", description="name in the manifest, or a folder with a CTranslate2 Whisper model")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="where the recogniser runs")
    compute_type: str = Field(default="default", description="CTranslate2 compute type; int8 on CPU, float16 on CUDA")
    threads: int = Field(default=0, ge=0, description="threads of one decode; 0 chooses from the machine")
    workers: int = Field(default=0, ge=0, le=64, description="decodes at the same time; 0 chooses from the machine")
    batch: int = Field(default=0, ge=0, le=64, description="windows decoded together; 0 chooses from the device")
    pause_ms: int = Field(
        default=575, ge=300, le=3000, description="silence that ends an utterance; its words stand long before"
    )
    hear_again: bool = Field(
        default=True, description="decode a segment once more with those before it, and where the lexicon has doubts"
    )
    lexicon: bool = Field(default=True, description="correct recognised text with the medical lexicon")
    site: Path | None = Field(default=None, description="folder with the site's templates, terms, macros and commands")
    user: str | None = Field(default=None, description="whose macros, commands and writing options apply by default")
    data: Path = Field(default_factory=_default_data_dir, description="folder for records and their audio")
    models_dir: Path = Field(default_factory=_default_models_dir, description="folder for model weights")
    busy_seconds: float = Field(default=5, gt=0, description="wait for a worker from which new sessions are put off")
    max_sessions: int = Field(default=64, ge=1, description="sessions open at the same time")
    max_audio_minutes: float = Field(default=480, gt=0, description="longest recording or session")
    lease_seconds: float = Field(default=900, gt=0, description="how long a session waits for its client to come back")
    idle_seconds: float = Field(default=900, gt=0, description="how long a silent connection is kept")
    min_free_mb: int = Field(default=200, ge=0, description="free disk space below which no new audio is accepted")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="how much is logged")
