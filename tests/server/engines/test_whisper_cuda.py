"""On a graphics card: what the model is loaded with, and that decodes are put together. No card is needed, or used."""

from pathlib import Path
from types import SimpleNamespace

import ctranslate2
import pytest

from wardscribe_server.assembly import engine_plan
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines import whisper
from wardscribe_server.engines.base import EngineUnavailable
from wardscribe_server.engines.whisper import WhisperRecogniser


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, object]]:
    """How models were loaded, with a card in the machine."""
    asked: list[dict[str, object]] = []

    def load(folder: str, **settings: object) -> SimpleNamespace:
        asked.append({"folder": folder, **settings})
        return SimpleNamespace(model=SimpleNamespace(is_multilingual=True), feature_extractor=None)

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(whisper, "WhisperModel", load)
    monkeypatch.setattr(WhisperRecogniser, "_tokenizer", lambda *_: None)
    (tmp_path / "model.bin").write_bytes(b"weights")
    return asked


@pytest.mark.parametrize(
    ("device", "compute_type", "loaded_as"),
    [
        ("auto", "default", ("cuda", "float16")),
        ("cuda", "int8_float16", ("cuda", "int8_float16")),
        ("cpu", "default", ("cpu", "int8")),
    ],
)
def test_the_card_is_used_where_it_is_in_half_precision(
    loaded: list[dict[str, object]], tmp_path: Path, device: str, compute_type: str, loaded_as: tuple[str, str]
) -> None:
    made = WhisperRecogniser(tmp_path, name="x", device=device, compute_type=compute_type, max_batch=16)
    assert [(one["device"], one["compute_type"]) for one in loaded] == [loaded_as]
    assert (made.capabilities.device, made.capabilities.compute_type) == loaded_as
    assert made.capabilities.max_batch == 16


def test_one_worker_decodes_many_sessions_together_on_a_card(loaded: list[dict[str, object]]) -> None:
    assert not loaded
    plan = engine_plan(ServerSettings(device="auto"))
    assert (plan.workers, plan.max_batch) == (1, 16)


def test_a_card_without_room_is_an_error_that_names_it(
    loaded: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(whisper, "WhisperModel", full)
    with pytest.raises(EngineUnavailable, match="cannot be loaded on cuda as float16: CUDA out of memory"):
        WhisperRecogniser(tmp_path, name="x")
    assert not loaded
