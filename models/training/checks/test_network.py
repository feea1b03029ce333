"""The network and what is exported of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.training.encoder import Shape
from models.training.export import publish
from models.training.network import Encoder, Heads, PooledDropout, Tagger, torch_runner
from models.training.reading import OUTPUTS, onnx_runner

SHAPE = Shape(hidden=64, layers=2, heads=4, inner=128, positions=32, pieces=50)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    """A small network with weights drawn once."""
    torch.manual_seed(3)
    return Tagger(Encoder(SHAPE), Heads({"own": ("O", "B-x", "I-x")})).eval()


def test_padding_changes_nothing(tagger: Tagger) -> None:
    """A sentence alone and beside a longer one."""
    ids, mask = np.array([[0, 7, 8, 2]]), np.ones((1, 4), np.int64)
    wide, shown = np.array([[0, 7, 8, 2, 1, 1], [0, 9, 9, 9, 9, 2]]), np.array([[1] * 4 + [0] * 2, [1] * 6])
    run = torch_runner(tagger, "own")
    alone, beside = run(ids, mask), run(wide, shown)
    for name, value in alone.items():
        other = beside[name][:1] if name == "section" else beside[name][:1, :4]
        assert np.allclose(value, other, atol=2e-2), name  # half precision


def test_what_is_exported_says_what_the_network_says(tagger: Tagger, tmp_path: Path) -> None:
    """In 32 bits exactly; in 8 bits nearly, and a third of the size."""
    tokenizer = tmp_path / "tokenizer.json"
    tokenizer.write_text("{}")
    publish(tagger, tokenizer, tmp_path / "tagger", version="1")
    ids, mask = np.array([[0, 7, 8, 9, 2]]), np.ones((1, 5), np.int64)
    with torch.no_grad():
        said = tagger(torch.from_numpy(ids), torch.from_numpy(mask))
    full, small = tmp_path / "tagger.fp32.onnx", tmp_path / "tagger" / "tagger.onnx"
    for name in OUTPUTS:
        assert np.allclose(onnx_runner(full)(ids, mask)[name], said[name], atol=1e-4), name
        assert np.allclose(onnx_runner(small)(ids, mask)[name], said[name], atol=0.2), name
    labels = json.loads((tmp_path / "tagger" / "labels.json").read_text())
    assert set(labels["sha256"]) == {"tagger.onnx", "tokenizer.json"}


def test_dropout_keeps_the_mean_and_is_off_outside_training() -> None:
    """A pool of masks drawn once is as good as masks drawn each time."""
    torch.manual_seed(1)
    dropout = PooledDropout(0.25)
    x = torch.ones(200, 500)
    assert dropout.train()(x).mean().item() == pytest.approx(1.0, abs=0.02)
    assert (dropout(x) == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(dropout.eval()(x), x)
