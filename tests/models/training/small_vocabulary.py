"""A vocabulary small enough to write down, in a file as the original tokeniser's."""

import json
from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PIECES = [
    *(("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)),
    *((char, -9.0) for char in f"{LETTERS}0123456789.,;*/-▁"),
    *(
        (piece, -3.0)
        for piece in ("▁no", "▁cough", "▁left", "▁lung", "ule", "▁nod", "咳嗽", "咳", "嗽", "左", "肺", "右")
    ),
    *((piece, -3.0) for piece in ("▁gato", "тест", "12", "▁12")),
]


def original(folder: Path) -> Path:
    """A file as the original tokeniser's, with these pieces."""
    special = [{"id": place, "content": piece} for place, (piece, _) in enumerate(PIECES[:4])]
    rules = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    path = folder / "tokenizer.json"
    path.write_text(
        json.dumps(
            {
                "version": "1.0",
                "truncation": None,
                "padding": None,
                "added_tokens": [{**one, **rules} for one in special],
                "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}]},
                "pre_tokenizer": None,
                "post_processor": {
                    "type": "TemplateProcessing",
                    "single": [
                        {"SpecialToken": {"id": "<s>", "type_id": 0}},
                        {"Sequence": {"id": "A", "type_id": 0}},
                        {"SpecialToken": {"id": "</s>", "type_id": 0}},
                    ],
                    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                    "special_tokens": {
                        "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                        "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]},
                    },
                },
                "decoder": None,
                "model": {"type": "Unigram", "unk_id": 3, "vocab": PIECES},
            }
        ),
        encoding="utf-8",
    )
    return path
