"""The network: a BERT encoder in plain torch, and a linear head for each thing that is read off it.

Owns shapes and the forward pass. Must not know losses, data or files other than its own weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.training.batches import TAGS
from models.training.decoding import RELATION_WIDTH, Floats
from models.training.encoder import Shape
from models.training.labels import AXES, SECTIONS
from models.training.reading import Runner


@dataclass(frozen=True, slots=True)
class Heads:
    """What is read off each token or sentence besides the shipped tags: the tag sets of the public schemes."""

    schemes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class PooledDropout(nn.Module):
    """Dropout that takes its mask from a pool drawn once: drawing one a step costs a fifth of the step on a CPU."""

    POOL = 1 << 22

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self._pool: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """`x` of any shape; itself outside training."""
        if not self.training or self.share == 0.0:
            return x
        if self._pool is None or self._pool.dtype != x.dtype:
            drawn = torch.rand(self.POOL) >= self.share
            self._pool = (drawn / (1 - self.share)).to(x.dtype)
        room = self.POOL - x.numel()
        if room <= 0:
            return functional.dropout(x, self.share)
        start = int(torch.randint(room, ()))
        return x * self._pool[start : start + x.numel()].view(x.shape)


class Layer(nn.Module):
    """One transformer layer with the norm behind each half, as in BERT."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.mixed = nn.Linear(shape.hidden, shape.hidden)
        self.attention_norm = nn.LayerNorm(shape.hidden, eps=1e-12)
        self.widen = nn.Linear(shape.hidden, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.hidden)
        self.output_norm = nn.LayerNorm(shape.hidden, eps=1e-12)
        self.dropout = PooledDropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """`x` [B, T, hidden], `bias` [B, 1, 1, T] added to the attention scores: 0 or very negative."""
        batch, length, hidden = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, hidden // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        # Written out: the backward pass of torch's fused attention takes a third of the whole step on a CPU.
        scores = torch.matmul(q * (hidden // self.heads) ** -0.5, k.transpose(-1, -2)) + bias.to(q.dtype)
        attended = torch.matmul(scores.softmax(-1).to(v.dtype), v).transpose(1, 2).reshape(batch, length, hidden)
        x = self.attention_norm(x + self.dropout(self.mixed(attended)))
        return self.output_norm(x + self.dropout(self.narrow(functional.gelu(self.widen(x)))))


class Encoder(nn.Module):
    """Piece ids to contextual vectors."""

    def __init__(self, shape: Shape, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.pieces = nn.Embedding(shape.pieces, shape.hidden)
        self.positions = nn.Embedding(shape.positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.dropout = PooledDropout(dropout)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """`ids` and `mask` int64 [B, T] to vectors [B, T, hidden]."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.norm(self.pieces(ids) + self.positions(places)))
        bias = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x


class Tagger(nn.Module):
    """The shipped heads and, for training and evaluation only, one tag head for each public scheme."""

    def __init__(self, encoder: Encoder, heads: Heads | None = None) -> None:
        super().__init__()
        width = encoder.shape.hidden
        self.encoder = encoder
        self.dropout = PooledDropout(0.1)
        self.tags = nn.Linear(width, len(TAGS))
        self.axes = nn.ModuleDict({axis: nn.Linear(width, len(values)) for axis, values in AXES.items()})
        self.dependent = nn.Linear(width, RELATION_WIDTH)
        self.head = nn.Linear(width, RELATION_WIDTH)
        self.section = nn.Linear(width, len(SECTIONS))
        schemes = heads.schemes if heads else {}
        self.schemes = nn.ModuleDict({name: nn.Linear(width, len(tags)) for name, tags in schemes.items()})

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """What is shipped: tags, the four axes, q, k [B, T, *] and section [B, *], as logits."""
        x = self.dropout(self.encoder(ids, mask))
        return self.read(x, mask)

    def read(self, x: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """The shipped heads over vectors [B, T, hidden]."""
        weights = mask.to(x.dtype)[..., None]
        mean = (x * weights).sum(1) / weights.sum(1)
        return {
            "tags": self.tags(x),
            **{axis: head(x) for axis, head in self.axes.items()},
            "q": self.dependent(x),
            "k": self.head(x),
            "section": self.section(mean),
        }


def loaded(
    shape: Shape, weights: Mapping[str, NDArray[np.float32]], rows: list[int], *, dropout: float = 0.1
) -> Encoder:
    """An encoder with the original's weights; row i of its vocabulary is row `rows[i]` of the original's."""
    pruned = Shape(shape.hidden, shape.layers, shape.heads, shape.inner, shape.positions, len(rows))
    encoder = Encoder(pruned, dropout=dropout)
    state = {
        "pieces.weight": weights["emb.word"][rows],
        "positions.weight": weights["emb.pos"] + weights["emb.type"][0],  # there is one kind of text only
        "norm.weight": weights["emb.ln.w"],
        "norm.bias": weights["emb.ln.b"],
    }
    names = {"ao": "mixed", "aln": "attention_norm", "fi": "widen", "fo": "narrow", "oln": "output_norm"}
    for place in range(shape.layers):
        for short, part in (("w", "weight"), ("b", "bias")):
            state[f"layers.{place}.qkv.{part}"] = np.concatenate([weights[f"l{place}.{x}.{short}"] for x in "qkv"])
            for theirs, ours in names.items():
                state[f"layers.{place}.{ours}.{part}"] = weights[f"l{place}.{theirs}.{short}"]
    encoder.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()})
    return encoder


def torch_runner(tagger: Tagger, scheme: str | None = None) -> Runner:
    """The trained network; with `scheme`, that source's own head too, under the name `scheme`."""
    tagger.eval()

    @torch.no_grad()
    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Mapping[str, Floats]:
        where = torch.from_numpy(mask)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            x = tagger.encoder(torch.from_numpy(ids), where)
            out = tagger.read(x, where)
            if scheme is not None:
                out["scheme"] = tagger.schemes[scheme](x)
        return {name: value.float().numpy() for name, value in out.items()}

    return run
