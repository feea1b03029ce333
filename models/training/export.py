"""From a trained network to the folder that is shipped: ONNX in 8 bits, the tokeniser, the order of the labels.

Owns the names of inputs and outputs, the quantisation and `labels.json`. Must not know how the network was trained.
"""

import hashlib
import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from models.training.batches import TAGS
from models.training.labels import AXES, SECTIONS
from models.training.network import Tagger
from models.training.reading import INPUTS, OUTPUTS

OPSET = 17  # the first with LayerNormalization as one operator
MAX_TOKENS = 256


class _Shipped(nn.Module):
    """The outputs in a fixed order: the exporter takes no mappings."""

    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        self.tagger = tagger

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        out = self.tagger(ids, mask)
        return tuple(out[name] for name in OUTPUTS)


def write_onnx(tagger: Tagger, path: Path) -> None:
    """The shipped heads in 32-bit floats."""
    tagger.eval()
    ids = torch.arange(8).reshape(2, 4)
    axes = {name: {0: "sentences", 1: "tokens"} for name in (*INPUTS, *OUTPUTS)} | {"section": {0: "sentences"}}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # the new exporter writes the same graph with one package more
        torch.onnx.export(
            _Shipped(tagger).eval(),  # the exporter puts back the mode that it found, down to the last part
            (ids, torch.ones_like(ids)),
            str(path),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def quantise(source: Path, target: Path) -> None:
    """Matrices and embeddings in 8 bits, a scale for each output channel; activations are scaled as they come.

    The matrix behind the widened half of a layer stays in 32 bits: what goes into it has outliers (most in layers 4 and
    5), and one scale for all of it more than doubles the pieces whose best tag changes.
    """
    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    wide = [node.name for node in onnx.load(prepared).graph.node if "/narrow/MatMul" in node.name]
    quantize_dynamic(
        str(prepared),
        str(target),
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=wide,
    )
    prepared.unlink()


def write_labels(
    path: Path, *, version: str, temperature: Mapping[str, float] | None = None, relation_threshold: float = 0.5
) -> None:
    """The order of every output, what turns scores into probabilities, and the digests of the files beside it."""
    heads = ("tags", *AXES, "section", "relation")
    beside = [path.with_name(name) for name in ("tagger.onnx", "tokenizer.json")]
    path.write_text(
        json.dumps(
            {
                "version": version,
                "tags": TAGS,
                "assertion": AXES,
                "sections": SECTIONS,
                "temperature": {head: round((temperature or {}).get(head, 1.0), 4) for head in heads},
                "relation_threshold": relation_threshold,
                "max_tokens": MAX_TOKENS,
                "sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in beside},
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )


def publish(
    tagger: Tagger,
    tokenizer: Path,
    folder: Path,
    *,
    version: str,
    temperature: Mapping[str, float] | None = None,
    relation_threshold: float = 0.5,
) -> None:
    """The whole folder at once: whoever looks sees the old one or the new one. `tagger.fp32.onnx` lies beside it."""
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    full = folder.with_name(f"{folder.name}.fp32.onnx")
    write_onnx(tagger, full)
    quantise(full, unfinished / "tagger.onnx")
    shutil.copyfile(tokenizer, unfinished / "tokenizer.json")
    write_labels(
        unfinished / "labels.json", version=version, temperature=temperature, relation_threshold=relation_threshold
    )
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
