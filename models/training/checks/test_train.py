"""A stage: what it makes, and that it goes on where it stopped."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from models.training.batches import Reader
from models.training.encoder import Shape, pruned
from models.training.examples import Entity, Example
from models.training.network import Encoder, Tagger
from models.training.train import Part, Stage, groups, run
from tests.models.training.small_vocabulary import original

TEXTS = ("no cough", "left nodule no cough", "no nodule left lung cough")


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """A reader with a vocabulary of a few words."""
    described, _ = pruned(original(tmp_path), TEXTS, floor=1)
    return Reader(Tokenizer.from_str(described), {})


def tagger(reader: Reader) -> Tagger:
    """A small network with weights drawn anew, always the same."""
    torch.manual_seed(5)
    return Tagger(Encoder(Shape(32, 2, 2, 64, 64, reader.tokenizer.get_vocab_size())))


def parts() -> dict[str, Part]:
    """Three sentences, in each of which the cough is a symptom."""
    made = [
        Example(
            id=str(place),
            source="generated",
            language="en",
            form="spoken",
            text=text,
            entities=(Entity(start=text.index("cough"), end=text.index("cough") + 5, label="symptom"),),
            relations=(),
        )
        for place, text in enumerate(TEXTS)
    ]
    return {"generated/train.en": Part(made, 8.0)}


def test_a_stage_learns_its_sentences(reader: Reader, tmp_path: Path) -> None:
    """The loss of its log falls to a tenth."""
    stage = Stage(name="x", passes=30, rate=3e-3, head_rate=3e-3, pieces=64)
    network = tagger(reader)
    run(network, reader, parts(), stage, folder=tmp_path)
    (item,) = reader.items(parts()["generated/train.en"].examples[:1])
    network.eval()
    tags = network(torch.tensor([item.ids]), torch.ones(1, len(item.ids)))["tags"][0].argmax(-1).tolist()
    assert [item.allowed[place] >> tags[place] & 1 for place in range(len(item.ids))] == [1] * len(item.ids)


def test_a_finished_stage_is_loaded_and_not_trained_again(reader: Reader, tmp_path: Path) -> None:
    """Also by a network that knows nothing yet."""
    stage = Stage(name="x", passes=1, pieces=64)
    first, second = tagger(reader), tagger(reader)
    run(first, reader, parts(), stage, folder=tmp_path)
    before = (tmp_path / "x.log.jsonl").read_text()
    run(second, reader, parts(), stage, folder=tmp_path)
    assert (tmp_path / "x.log.jsonl").read_text() == before
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_an_interrupted_stage_goes_on_from_its_checkpoint(reader: Reader, tmp_path: Path) -> None:
    """What it knew at the checkpoint is not lost: the steps before it are not done again."""
    stage = Stage(name="x", passes=4, pieces=64, checkpoint_minutes=0.0)
    seen: list[int] = []

    class Stop(Exception):
        """The power goes."""

    network = tagger(reader)
    network.encoder.register_forward_hook(lambda *_: seen.append(1) or _stop_at(seen, 6, Stop))
    with pytest.raises(Stop):
        run(network, reader, parts(), stage, folder=tmp_path)
    assert (tmp_path / "x.checkpoint.pt").exists()
    again, steps = tagger(reader), []
    again.encoder.register_forward_hook(lambda *_: steps.append(1) and None)
    run(again, reader, parts(), stage, folder=tmp_path)
    total = len(seen) - 1 + len(steps)
    fresh: list[int] = []
    whole = tagger(reader)
    whole.encoder.register_forward_hook(lambda *_: fresh.append(1) and None)
    run(whole, reader, parts(), stage, folder=tmp_path / "whole")
    assert total == len(fresh)


def _stop_at(seen: list[int], count: int, stop: type[Exception]) -> None:
    if len(seen) >= count:
        raise stop


def test_deeper_layers_learn_faster_and_norms_do_not_decay(reader: Reader) -> None:
    """Rates fall towards the input; heads have their own."""
    network, stage = tagger(reader), Stage(name="x", passes=1, rate=1e-3, head_rate=2e-3, layer_decay=0.5)
    made = groups(network, stage)
    rate = {id(weight): group["lr"] for group in made for weight in group["params"]}
    decay = {id(w): group["weight_decay"] for group in made for w in group["params"]}
    layers = network.encoder.layers
    assert rate[id(network.tags.weight)] == 2e-3
    assert rate[id(layers[1].qkv.weight)] == 1e-3 == 2 * rate[id(layers[0].qkv.weight)]
    assert decay[id(layers[0].output_norm.weight)] == 0.0 < decay[id(layers[0].qkv.weight)]
