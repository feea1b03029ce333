"""Every fuzzed part by name, with how many inputs the long campaign gives it. Builds only what is asked for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fuzzing import audio_targets, edit_targets, file_targets, live_targets, text_targets, wire_targets
from fuzzing.targets import Target

RECORDING = Path(__file__).resolve().parents[2] / "tests" / "dictations" / "en-chest-xray.flac"

_WIRE: Mapping[str, int] = {
    "frame": 300_000,
    "client_message": 120_000,
    "server_message": 120_000,
    "server_session": 320_000,
    "client_session": 240_000,
}
_FILES: Mapping[str, int] = {
    "lexicon_table": 12_000,
    "lexicon_head": 15_000,
    "template": 10_000,
    "macros": 15_000,
    "commands": 12_000,
    "writing_options": 15_000,
    "manifest": 15_000,
    "ledger": 10_000,
    "record": 25_000,
    "lines": 10_000,
}
_AUDIO: Mapping[str, int] = {f"audio_{kind}": 1_800 for kind in ("wav", "flac", "mp3", "ogg", "opus", "webm", "m4a")}
_TEXT: Mapping[str, int] = {
    f"{name}_{language}": count
    for name, count in {"format": 1_000, "correct": 120, "entities": 2_500, "fill": 900}.items()
    for language in ("en", "zh")
}
_EDITS: Mapping[str, int] = {"edits": 16_000}
_LIVE: Mapping[str, int] = {"http": 20_000, "handshake": 20_000, "websocket": 1_500, "dictation": 24_000}

INPUTS: Mapping[str, int] = {**_WIRE, **_FILES, **_AUDIO, **_TEXT, **_EDITS, **_LIVE}


@contextmanager
def target(name: str, folder: Path) -> Iterator[Target]:
    """One part, ready to be tried; `folder` takes its files.

    Raises: KeyError for a name that is not in `INPUTS`.
    """
    if name in _LIVE:
        with live_targets.listening(folder / "data") as server:
            yield _named(name, live_targets.targets(server))
    elif name in _AUDIO:
        yield _named(name, audio_targets.targets(folder, RECORDING))
    elif name in _FILES:
        yield _named(name, file_targets.targets(folder))
    elif name in _TEXT:
        yield _named(name, text_targets.targets())
    elif name in _EDITS:
        yield _named(name, edit_targets.targets())
    else:
        yield _named(name, wire_targets.targets())


def _named(name: str, found: list[Target]) -> Target:
    return {one.name: one for one in found}[name]
