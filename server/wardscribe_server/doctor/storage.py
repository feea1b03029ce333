"""The data folder, its keys, and the rules of retention."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from wardscribe_server.config import ServerSettings
from wardscribe_server.doctor.findings import Finding, fail, ok, warn
from wardscribe_server.vault.keys import KeyFile, KeyRefusedError, load_master_key, parse_key_source
from wardscribe_server.vault.tenant_keys import KEYS_FILE
from wardscribe_server.vault.vault import open_vault

_PROBE_BYTES = 1 << 16
_SLOW_SYNC_S = 0.1  # audio is synced every half second, for each session
_SPARE = 5  # times the least free space


def examine_disk(settings: ServerSettings) -> Iterator[Finding]:
    """Room, privacy, and that a synced write works."""
    data = settings.data
    folder = next(path for path in (data, *data.parents) if path.exists())
    least = settings.min_free_mb * 1_000_000
    free = shutil.disk_usage(folder).free
    room = f"{free / 1e9:.1f} GB free"
    if free <= least:
        yield fail("disk", f"{room}, less than min_free_mb={settings.min_free_mb}: no audio is accepted; make room")
    elif free < _SPARE * least:
        yield warn("disk", f"{room}: at {settings.min_free_mb} MB no audio is accepted any more; make room soon")
    else:
        yield ok("disk", room)
    if folder != data:
        able = os.access(folder, os.W_OK | os.X_OK)
        yield (
            ok("data", "made at the first start")
            if able
            else fail("data", f"{data} cannot be made: {folder} is not writable; give another with --data")
        )
        return
    if data.stat().st_mode & 0o077:
        yield warn("data", f"others on this machine can look into {data}; run `chmod 700 {data}`")
    yield _synced_write(data)


def _synced_write(data: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=data) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
            began = time.perf_counter()
            os.fsync(probe.fileno())
            took_s = time.perf_counter() - began
    except OSError as error:
        return fail("data", f"{data} cannot be written ({error.strerror}); mend it, or give another with --data")
    if took_s > _SLOW_SYNC_S:
        return warn("data", f"a sync takes {took_s * 1000:.0f} ms: too slow for many sessions; use a faster disk")
    return ok("data", "a synced write works")


def examine_keys(settings: ServerSettings) -> Iterator[Finding]:
    """The master key and what is wrapped under it."""
    first = not (settings.data / KEYS_FILE).exists()
    try:
        source = parse_key_source(settings.key_source)
        if isinstance(source, KeyFile) and source.path.absolute().is_relative_to(settings.data.absolute()):
            yield warn(
                "keys", "the master key lies among the data: whoever copies one has both; move it, set key_source"
            )
        if first and isinstance(source, KeyFile) and not source.path.exists():
            yield ok("keys", "made at the first start; back the master key up then")
            return
        load_master_key(source, from_environment=settings.master_key)
        if first:
            yield ok("keys", "the master key is right; tenants' keys are made at the first start")
            return
        vault = open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)
        yield ok("keys", f"found and right, for {len(vault.tenants)} tenants; is the master key backed up?")
    except KeyRefusedError as error:
        yield fail("keys", error.message)


def examine_retention(settings: ServerSettings) -> Iterator[Finding]:
    """Whether anything is ever deleted."""
    unset = [name for name in ("keep_audio_days", "keep_unsigned_days") if not getattr(settings, name)]
    if unset:
        yield warn("retention", f"audio is kept for ever where no rule is set: {', '.join(unset)}")
    else:
        yield ok("retention", f"{settings.keep_audio_days} days signed, {settings.keep_unsigned_days} days unsigned")
