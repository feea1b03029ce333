"""Teaching the encoder to read Chinese by characters: the word-piece encoder it was made from is the teacher.

Owns the pairing of a teacher's piece with the characters under it, and the loss. No label is used.
"""

import json
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from models.training.network import Encoder

PAD, UNKNOWN = 1, 3
HIDDEN_SHARE = 0.15  # of the pupil's pieces are hidden from it, so that it must read their surroundings


@dataclass(frozen=True, slots=True)
class Pair:
    """A text as both read it: `owner[i]` is the teacher's piece that the pupil's piece i belongs to, or -1."""

    teacher: Sequence[int]
    pupil: Sequence[int]
    owner: Sequence[int]


def paired(text: str, teacher: Tokenizer, pupil: Tokenizer) -> Pair:
    """Both readings of a text, joined by its characters."""
    theirs, ours = teacher.encode(text), pupil.encode(text)
    above = [-1] * len(text)
    for place, (start, end) in enumerate(theirs.offsets):
        for at in range(start, end):
            above[at] = place
    owner = [above[end - 1] if end > start else -1 for start, end in ours.offsets]
    return Pair(theirs.ids, ours.ids, owner)


def batches(pairs: Sequence[Pair], *, tokens: int, chance: random.Random) -> Iterator[list[Pair]]:
    """Pairs of like length together, in random order, each batch of about so many of the pupil's pieces."""
    order = sorted(pairs, key=lambda pair: (len(pair.pupil) // 8, chance.random()))
    made: list[list[Pair]] = [[]]
    for pair in order:
        if made[-1] and (len(made[-1]) + 1) * len(pair.pupil) > tokens:
            made.append([])
        made[-1].append(pair)
    chance.shuffle(made)
    yield from made


def distil(
    teacher: Encoder,
    pupil: Encoder,
    pairs: Sequence[Pair],
    *,
    seconds: float,
    rate: float,
    tokens: int,
    seed: int,
    log: Path,
) -> None:
    """Train the pupil in place for so many seconds (or one pass over the pairs) to say what the teacher says."""
    torch.manual_seed(seed)
    chance = random.Random(seed)  # noqa: S311 - order of training, not a secret
    plan = list(batches(pairs, tokens=tokens, chance=chance))
    teacher.eval()
    mean, scale = _spread(teacher, plan[:20])
    optimiser = torch.optim.AdamW(pupil.parameters(), lr=rate, weight_decay=0.01, fused=True)
    started = time.monotonic()
    pupil.train()
    for step, batch in enumerate(plan):
        share = max((time.monotonic() - started) / seconds, step / len(plan))
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, step / 50) * (1 - share)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = _loss(teacher, pupil, batch, mean, scale)
        loss.backward()
        nn.utils.clip_grad_norm_(pupil.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if step % 20 == 0:
            row = {"step": step, "of": len(plan), "loss": round(loss.item(), 4), "share": round(share, 3)}
            with log.open("a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")


def _loss(teacher: Encoder, pupil: Encoder, batch: Sequence[Pair], mean: Tensor, scale: Tensor) -> Tensor:
    with torch.no_grad():
        wanted = (teacher(*padded([pair.teacher for pair in batch])).float() - mean) / scale
    ids, mask = padded([pair.pupil for pair in batch])
    hidden = (torch.rand(ids.shape) < HIDDEN_SHARE) & (ids > UNKNOWN)
    said = (pupil(ids.masked_fill(hidden, UNKNOWN), mask).float() - mean) / scale
    owner = torch.full_like(ids, -1)
    for row, pair in enumerate(batch):
        owner[row, : len(pair.owner)] = torch.tensor(pair.owner)
    rows, places = torch.nonzero(owner >= 0, as_tuple=True)
    target = rows * wanted.shape[1] + owner[rows, places]
    flat = wanted.shape[0] * wanted.shape[1]
    counts = torch.zeros(flat).index_add_(0, target, torch.ones(len(target)))
    sums = torch.zeros(flat, wanted.shape[2]).index_add_(0, target, said[rows, places])
    seen = counts > 0
    return nn.functional.mse_loss(sums[seen] / counts[seen, None], wanted.reshape(flat, -1)[seen])


@torch.no_grad()
def _spread(teacher: Encoder, plan: Iterable[Sequence[Pair]]) -> tuple[Tensor, Tensor]:
    seen = []
    for batch in plan:
        ids, mask = padded([pair.teacher for pair in batch])
        seen.append(teacher(ids, mask)[mask.bool()])
    all_seen = torch.cat(seen)
    return all_seen.mean(0), all_seen.std(0)


def padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids and mask, int64 [B, T]."""
    length = max(map(len, rows))
    ids = torch.tensor([[*row, *[PAD] * (length - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
    return ids, mask
