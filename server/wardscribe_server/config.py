"""The server's settings, from `WARDSCRIBE_*` and the command line. Only this module reads the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from wardscribe_models.store import default_root


def _default_data_dir() -> Path:
    return Path.home() / ".local" / "share" / "wardscribe"


def _default_key_source() -> str:
    return f"file:{Path.home() / '.config' / 'wardscribe' / 'master.key'}"


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
        default=500, ge=300, le=3000, description="silence that ends an utterance; its words stand long before"
    )
    hear_again: bool = Field(
        default=True, description="decode a segment once more with those before it, and where the lexicon has doubts"
    )
    tagger: bool = Field(
        default=True, description="find entities with the tagger besides the rules, where its weights are"
    )
    tagger_folder: Path | None = Field(default=None, description="folder with the tagger; the shipped one otherwise")
    lexicon: bool = Field(default=True, description="correct recognised text with the medical lexicon")
    site: Path | None = Field(default=None, description="folder with the site's templates, terms, macros and commands")
    user: str | None = Field(default=None, description="whose macros, commands and writing options apply by default")
    data: Path = Field(default_factory=_default_data_dir, description="folder for records and their audio")
    key_source: str = Field(
        default_factory=_default_key_source, description="where the master key is: file:PATH, env, keyring:NAME"
    )
    master_key: SecretStr | None = Field(default=None, description="the master key in base64, for key_source env")
    database_url: SecretStr | None = Field(
        default=None,
        description="where reports are kept: sqlite:////path or postgresql+psycopg://…; a file in the data folder",
    )
    models_dir: Path = Field(default_factory=_default_models_dir, description="folder for model weights")
    busy_seconds: float = Field(default=5, gt=0, description="wait for a worker from which new sessions are put off")
    max_sessions: int = Field(default=64, ge=1, description="sessions open at the same time")
    max_audio_minutes: float = Field(default=480, gt=0, description="longest recording or session")
    lease_seconds: float = Field(default=900, gt=0, description="how long a session waits for its client to come back")
    idle_seconds: float = Field(default=900, gt=0, description="how long a silent connection is kept")
    min_free_mb: int = Field(default=200, ge=0, description="free disk space below which no new audio is accepted")
    max_sessions_mb: int = Field(default=0, ge=0, description="space for all journals together; 0: as the disk allows")
    keep_audio_days: int = Field(
        default=0,
        ge=0,
        description="days that audio and journal stay after a session whose report is signed; 0: for ever",
    )
    keep_unsigned_days: int = Field(default=0, ge=0, description="the same, for a draft that nobody signed")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="how much is logged")


def _listed(given: object) -> object:
    """Words between commas or spaces, as one writes them in an environment variable."""
    return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given


_List = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class AccessSettings(BaseSettings):
    """Who may reach the server, and how."""

    model_config = SettingsConfigDict(env_prefix="WARDSCRIBE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    tls_cert: Path | None = Field(default=None, description="certificate chain in PEM; read anew when it changes")
    tls_key: Path | None = Field(default=None, description="its private key in PEM")
    allow_plain: bool = Field(default=False, description="let others reach the server without encryption")
    allow_anonymous: bool = Field(default=False, description="let others reach the server without access tokens")
    origins: _List = Field(default=(), description="web pages that may use the server besides its own, https://HOST")
    proxies: _List = Field(default=(), description="addresses of reverse proxies that say who asks (X-Forwarded-For)")
    max_connections: int = Field(default=1024, ge=1, description="connections open at the same time")
    max_connections_per_address: int = Field(default=256, ge=1, description="the same, from one address")
    max_connections_per_user: int = Field(default=32, ge=1, description="dictations of one user at the same time")
    max_requests: int = Field(default=600, ge=1, description="requests a minute, of one user and of one address")
    max_sessions_per_user: int = Field(default=8, ge=1, description="sessions of one user at the same time")
    max_starts: int = Field(default=30, ge=1, description="sessions that one user may begin a minute")
    max_body_kb: int = Field(default=2048, ge=1, description="largest body of a request")
    oidc_issuer: str | None = Field(default=None, description="identity provider whose bearer tokens count, https://…")
    oidc_audience: str | None = Field(default=None, description="the audience that its tokens must be made for")
    oidc_jwks_url: str | None = Field(default=None, description="its public keys; found through the issuer otherwise")
    oidc_ca: Path | None = Field(default=None, description="authorities that vouch for it, PEM; the system's otherwise")
    oidc_tenant: str = Field(default="local", description="tenant of everybody that it knows")
    oidc_tenant_claim: str | None = Field(default=None, description="claim that names the tenant instead")
    oidc_user_claim: str = Field(default="sub", description="claim that names the user")
    oidc_roles_claim: str = Field(default="roles", description="claim with the roles; dots lead into objects")
    oidc_roles: dict[str, Literal["dictating", "resident", "attending", "administrator"]] = Field(
        default_factory=dict, description="what its names of roles mean here, as JSON; the same names otherwise"
    )
