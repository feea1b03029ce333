"""A tagger's folder for tests: a network that is one table, written as ONNX by hand, and a tokeniser of words.

The network looks each piece up: its tags, its claims, its two sides of relations. So a test says what every word is.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer, models, pre_tokenizers, processors

Floats = npt.NDArray[np.float32]

TAGS = ("O", "B-finding", "I-finding", "B-measurement", "I-measurement", "B-drug", "I-drug")
AXES = {
    "presence": ("present", "absent", "possible"),
    "certainty": ("certain", "hedged", "conditional"),
    "time": ("now", "past", "future"),
    "subject": ("patient", "family", "other"),
}
SECTIONS = ("findings", "plan")
_FLOAT, _INT64 = 1, 7  # of TensorProto.DataType


def write_tagger(folder: Path, words: Mapping[str, Sequence[str]], **labels: object) -> Path:
    """A tagger that knows `words`: tag first, then values of axes and a section. Sure of all; other words are "O"."""
    pieces = ["<s>", "</s>", "<unk>", *words]
    tables = {
        "tags": (TAGS, 20.0),
        **{axis: (values, 9.0) for axis, values in AXES.items()},
        "section": (SECTIONS, 9.0),
    }
    filled: dict[str, Floats] = {}
    for name, (values, raised) in tables.items():
        table = np.zeros((len(pieces), len(values)), dtype=np.float32)
        table[:, 0] = raised / 20  # likelier than any other, and not sure
        for row, piece in enumerate(pieces):
            for value in words.get(piece, ()):
                if value in values:
                    table[row, values.index(value)] = raised
        filled[name] = table
    sides = np.zeros((2, len(pieces), 64), dtype=np.float32)
    for row, piece in enumerate(pieces):
        sides[0, row, 0] = 30.0 * ("depends" in words.get(piece, ()))
        sides[1, row, 0] = 30.0 * ("heads" in words.get(piece, ())) - 15.0
    filled |= {"q": sides[0], "k": sides[1]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tagger.onnx").write_bytes(_network(filled))
    tokenizer = Tokenizer(models.WordLevel({piece: at for at, piece in enumerate(pieces)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Split("-", "isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    described = {"version": "tiny", "tags": TAGS, "assertion": AXES, "sections": SECTIONS, **labels}
    (folder / "labels.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def _network(tables: Mapping[str, Floats]) -> bytes:
    """A graph of one lookup an output; that of the section is the mean over the pieces."""
    nodes, outputs = [], []
    for name in tables:
        target = f"{name}_pieces" if name == "section" else name
        nodes.append(_node("Gather", [f"{name}_table", "input_ids"], target))
        if name == "section":
            mean = [(5, "axes", [1]), (5, "keepdims", [0])]
            nodes.append(_node("ReduceMean", [target], name, mean))
        outputs.append(_value(name, _FLOAT))
    graph = b"".join(_field(1, node) for node in nodes)
    graph += _field(2, b"tiny")
    graph += b"".join(_field(5, _tensor(f"{name}_table", table)) for name, table in tables.items())
    graph += b"".join(_field(11, _value(name, _INT64)) for name in ("input_ids", "attention_mask"))
    graph += b"".join(_field(12, output) for output in outputs)
    return _number(1, 8) + _field(7, graph) + _field(8, _number(2, 13))


def _node(
    kind: str, inputs: Sequence[str], output: str, attributes: Sequence[tuple[int, str, list[int]]] = ()
) -> bytes:
    made = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, kind.encode())
    for _, name, values in attributes:
        one = name == "keepdims"
        held = _number(3, values[0]) + _number(20, 2) if one else _number(8, values[0]) + _number(20, 7)
        made += _field(5, _field(1, name.encode()) + held)
    return made


def _tensor(name: str, values: Floats) -> bytes:
    sizes = b"".join(_number(1, size) for size in values.shape)
    return sizes + _number(2, _FLOAT) + _field(8, name.encode()) + _field(9, values.astype("<f4").tobytes())


def _value(name: str, kind: int) -> bytes:
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, kind)))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += struct.pack("B", value & 0x7F | 0x80)
        value >>= 7
    return out + struct.pack("B", value)
