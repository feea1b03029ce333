"""What the network is told when it is wrong, one function a head.

Owns the losses and their weights. Must not know where batches come from.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.batches import NOT_SAID, Batch, Item
from models.training.decoding import SCORE_SCALE
from models.training.labels import AXES

WEIGHTS: Final = {"tags": 1.0, "scheme": 1.0, "axes": 0.5, "relations": 1.0, "section": 0.2}

OPEN: Final = 0.1  # what a label that the source does not annotate is worth where it says nothing


def allowed_loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """Mean of -log(sum of the probabilities of all tags that may be right), over pieces where not every tag may.

    Where the source says nothing (the first tag, O, is allowed), the labels that it leaves open count by `OPEN` only:
    else nothing would keep the network from finding something everywhere in such a source.
    `logits` float [N, tags], `allowed` bool [N, tags].
    """
    asked = ~allowed.all(-1)
    logits, allowed = logits[asked].float(), allowed[asked]
    if not len(logits):
        return logits.sum()
    silent = allowed[:, :1].float()
    worth = torch.cat([torch.zeros_like(silent), (silent * math.log(OPEN)).expand(-1, logits.shape[1] - 1)], 1)
    right = (logits + worth).masked_fill(~allowed, -torch.inf).logsumexp(-1)
    return (logits.logsumexp(-1) - right).mean()


def said_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy over the places that have a target; zero where none has."""
    asked = targets != NOT_SAID
    if not bool(asked.any()):
        return logits.float().sum() * 0
    return functional.cross_entropy(logits[asked].float(), targets[asked])


def relation_loss(q: Tensor, k: Tensor, items: Sequence[Item]) -> Tensor:
    """Whether each dependent belongs to each head: binary cross entropy of q.k over all pairs of a sentence."""
    rows, firsts, seconds, targets = [], [], [], []
    for row, item in enumerate(items):
        for dependent in item.dependents if item.relations_said else ():
            for head in item.heads:
                if dependent != head:
                    rows.append(row)
                    firsts.append(dependent)
                    seconds.append(head)
                    targets.append(float((dependent, head) in item.pairs))
    if not targets:
        return (q.float().sum() + k.float().sum()) * 0
    scores = (q[rows, firsts].float() * k[rows, seconds].float()).sum(-1) / SCORE_SCALE
    return functional.binary_cross_entropy_with_logits(scores, torch.tensor(targets, device=q.device))


def scheme_loss(x: Tensor, batch: Batch, heads: nn.ModuleDict) -> Tensor:
    """Each public scheme's own head on the sentences of its source; weighted by their share of the batch."""
    total = x.float().sum() * 0
    targets = torch.from_numpy(batch.scheme)
    for source in sorted({item.source for item in batch.items} & set(heads)):
        rows = [row for row, item in enumerate(batch.items) if item.source == source]
        total = total + said_loss(heads[source](x[rows]), targets[rows]) * (len(rows) / len(batch.items))
    return total


def losses(x: Tensor, out: Mapping[str, Tensor], batch: Batch, heads: nn.ModuleDict) -> dict[str, Tensor]:
    """Every loss of a batch by name, already weighted. `x` are the encoder's vectors, `out` the shipped heads."""
    allowed = torch.from_numpy(batch.allowed)
    parts = {
        "tags": allowed_loss(out["tags"].flatten(0, 1), allowed.flatten(0, 1)),
        "scheme": scheme_loss(x, batch, heads),
        "axes": sum((said_loss(out[axis], torch.from_numpy(batch.axes[axis])) for axis in AXES), torch.zeros(())),
        "relations": relation_loss(out["q"], out["k"], batch.items),
        "section": said_loss(out["section"], torch.from_numpy(batch.section)),
    }
    return {name: WEIGHTS[name] * value for name, value in parts.items()}
