"""Running the network over examples.

Owns batching for inference and the shape of what comes out. Must not know scores or figures.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.training.batches import Item, Reader, arrays, shortened
from models.training.decoding import Floats
from models.training.examples import Example
from models.training.labels import AXES

INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("tags", *AXES, "q", "k", "section")
AT_ONCE = 32  # not of the 8-bit file: it scales its numbers over a whole batch, the product reads one sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence with its targets and the logits of every head, [T, *] ([*] for `section`)."""

    example: Example
    item: Item
    logits: Mapping[str, Floats]


class Runner(Protocol):
    """Something that gives the logits of every head for a batch."""

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Mapping[str, Floats]:
        """Logits by head, [B, T, *] ([B, *] for `section`)."""


def onnx_runner(path: Path, *, threads: int = 1) -> Runner:
    """The exported file on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Mapping[str, Floats]:
        return dict(zip(OUTPUTS, session.run(list(OUTPUTS), dict(zip(INPUTS, (ids, mask), strict=True))), strict=True))

    return run


def readings(
    run: Runner, reader: Reader, examples: Iterable[Example], *, longest: int = 256, at_once: int = 1
) -> Iterator[Reading]:
    """Each sentence read, in order of length; what is longer than the product reads at once is cut as training does."""
    listed = [part for example in examples for part in shortened(example, reader.tokenizer, longest)]
    listed.sort(key=lambda example: len(example.text))
    for start in range(0, len(listed), at_once):
        yield from _read(run, reader, listed[start : start + at_once])


def _read(run: Runner, reader: Reader, examples: Sequence[Example]) -> Iterator[Reading]:
    encodings = reader.tokenizer.encode_batch([example.text for example in examples])
    items = [
        reader.item(example, encoding.ids[:512], encoding.offsets[:512])
        for example, encoding in zip(examples, encodings, strict=True)
    ]
    batch = arrays(items)
    out = run(batch.ids, batch.mask)
    for row, (example, item) in enumerate(zip(examples, items, strict=True)):
        n = len(item.ids)
        logits = {name: value[row] if name == "section" else value[row, :n] for name, value in out.items()}
        yield Reading(example, item, logits)
