"""One stage of training: some files of examples, each with its weight, for so many passes or minutes.

Owns the optimiser, the schedule, the log and the checkpoints, from which an interrupted stage goes on. Must not know
what comes before or after the stage.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import torch
from torch import Tensor, nn

from models.training.batches import Item, Reader, arrays, batched, lowered
from models.training.examples import Example
from models.training.losses import losses
from models.training.network import Tagger


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How one stage is trained."""

    name: str
    passes: float
    minutes: float = 45.0
    rate: float = 2e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.95
    weight_decay: float = 0.01
    warm_up: float = 0.06  # share of the stage
    pieces: int = 1500  # of a batch, with padding
    lowered: float = 0.3  # share of the English written sentences that are read in lower case
    seed: int = 1
    checkpoint_minutes: float = 5.0


class WeightGroup(TypedDict):
    """Weights that the optimiser treats alike, in its own words; `peak` is the rate that the schedule starts from."""

    params: list[nn.Parameter]
    lr: float
    peak: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class Part:
    """Examples of one file; `weight` 2.0 sees each twice a pass, 0.5 every other one."""

    examples: Sequence[Example]
    weight: float = 1.0


def groups(tagger: Tagger, stage: Stage) -> list[WeightGroup]:
    """Parameters with their rates: the nearer to the input the slower, heads fastest, no decay of norms and biases."""
    depth = len(tagger.encoder.layers)
    made: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, weight in tagger.named_parameters():
        if not weight.requires_grad:
            continue
        if name.startswith("encoder.layers."):
            rate = stage.rate * stage.layer_decay ** (depth - 1 - int(name.split(".")[2]))
        elif name.startswith("encoder."):
            rate = stage.rate * stage.layer_decay**depth
        else:
            rate = stage.head_rate
        decay = stage.weight_decay if weight.ndim > 1 else 0.0
        made.setdefault((rate, decay), []).append(weight)
    return [{"params": weights, "lr": rate, "peak": rate, "weight_decay": wd} for (rate, wd), weights in made.items()]


def run(tagger: Tagger, reader: Reader, parts: Mapping[str, Part], stage: Stage, *, folder: Path) -> None:
    """Train in place; checkpoint and log lie in `folder`. A finished stage is loaded, not trained again."""
    folder.mkdir(parents=True, exist_ok=True)
    finished, checkpoint = folder / f"{stage.name}.pt", folder / f"{stage.name}.checkpoint.pt"
    if finished.exists():
        tagger.load_state_dict(torch.load(finished))
        return
    torch.manual_seed(stage.seed)
    optimiser = torch.optim.AdamW(groups(tagger, stage), fused=True)
    done, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        tagger.load_state_dict(state["tagger"])
        optimiser.load_state_dict(state["optimiser"])
        done, spent = state["steps"], state["spent"]
    clock = _Clock(stage.minutes * 60, spent)
    total = _steps(reader, parts, stage)
    tagger.train()
    recent: dict[str, float] = {}
    saved = time.monotonic()
    for step, items in enumerate(_plan(reader, parts, stage)):
        share = max(step / total, clock.share())
        if share >= 1:
            break
        if step < done:
            continue
        for name, value in _step(tagger, optimiser, items, _factor(share, stage.warm_up)).items():
            recent[name] = 0.98 * recent.get(name, value) + 0.02 * value
        if step % 50 == 0:
            row = {name: round(value, 4) for name, value in recent.items()}
            _log(folder, stage.name, {"step": step, "of": total, "share": round(share, 3), **row})
        if time.monotonic() - saved > stage.checkpoint_minutes * 60:
            saved = time.monotonic()
            _save(checkpoint, tagger, optimiser, step + 1, clock.spent())
    _save_finished(finished, tagger)
    checkpoint.unlink(missing_ok=True)


class _Clock:
    def __init__(self, limit: float, spent: float) -> None:
        self._limit, self._started = limit, time.monotonic() - spent

    def spent(self) -> float:
        return time.monotonic() - self._started

    def share(self) -> float:
        return self.spent() / self._limit


def _factor(share: float, warm_up: float) -> float:
    return share / warm_up + 0.01 if share < warm_up else (1 - share) / (1 - warm_up)


def _step(tagger: Tagger, optimiser: torch.optim.Optimizer, items: Sequence[Item], factor: float) -> dict[str, float]:
    batch = arrays(items)
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * factor
    ids, mask = torch.from_numpy(batch.ids), torch.from_numpy(batch.mask)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        x = tagger.dropout(tagger.encoder(ids, mask))
        parts = losses(x, tagger.read(x, mask), batch, tagger.schemes)
        total: Tensor = torch.stack([part.float() for part in parts.values()]).sum()
    total.backward()
    nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    return {name: part.item() for name, part in parts.items()}


def _plan(reader: Reader, parts: Mapping[str, Part], stage: Stage) -> Iterator[list[Item]]:
    turn = 0
    while True:
        chance = random.Random(f"{stage.name} {stage.seed} {turn}")  # noqa: S311 - order of training, not a secret
        yield from batched(list(reader.items(_drawn(parts, stage, chance))), pieces=stage.pieces, chance=chance)
        turn += 1


def _drawn(parts: Mapping[str, Part], stage: Stage, chance: random.Random) -> Iterator[Example]:
    for part in parts.values():
        for example in part.examples:
            times = int(part.weight) + (chance.random() < part.weight % 1)
            for _ in range(times):
                lower = example.language == "en" and example.form == "written" and chance.random() < stage.lowered
                yield lowered(example) if lower else example


def _steps(reader: Reader, parts: Mapping[str, Part], stage: Stage) -> int:
    chance = random.Random(f"{stage.name} {stage.seed} 0")  # noqa: S311 - order of training, not a secret
    one = batched(list(reader.items(_drawn(parts, stage, chance))), pieces=stage.pieces, chance=chance)
    return max(1, round(len(one) * stage.passes))


def _save(path: Path, tagger: Tagger, optimiser: torch.optim.Optimizer, steps: int, spent: float) -> None:
    unfinished = path.with_suffix(".unfinished")
    state = {"tagger": tagger.state_dict(), "optimiser": optimiser.state_dict(), "steps": steps, "spent": spent}
    torch.save(state, unfinished)
    unfinished.replace(path)


def _save_finished(path: Path, tagger: Tagger) -> None:
    unfinished = path.with_suffix(".unfinished")
    torch.save(tagger.state_dict(), unfinished)
    unfinished.replace(path)


def _log(folder: Path, name: str, row: Mapping[str, object]) -> None:
    with (folder / f"{name}.log.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps({"stage": name, "time": round(time.time()), **row}) + "\n")
