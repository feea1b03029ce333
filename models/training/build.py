"""From source data to the shipped tagger, in stages; one that is done is skipped.

Owns the order of the stages and where each leaves its result. Must not know what happens inside a stage.

    python -m models.training.build --shared DIR --work DIR [--encoder DIR] [--threads 2]

`--shared` holds the source texts as their publishers name them, and in `encoder/` the two files that the encoder is
made of. `--work` takes everything that is made: delete a result to have its stage done again.
"""

import argparse
import json
import platform
import random
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from models.training import corpora, distillation, evaluate, export
from models.training.batches import Reader, scheme_tags
from models.training.calibration import Calibration
from models.training.encoder import Shape, pruned, read_weights
from models.training.examples import read
from models.training.network import Encoder, Heads, Tagger, loaded
from models.training.sources import sources
from models.training.train import Part, Stage, run

STAGES = Path(__file__).with_name("stages.toml")
WEIGHTS, VOCABULARY = "e5-small-q4.bin", "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where things come from and go to."""

    shared: Path
    encoder: Path
    work: Path
    plan: Mapping[str, Any]

    @property
    def tokenizer(self) -> Path:
        """The pruned tokeniser."""
        return self.work / "tokenizer.json"

    def reader(self) -> Reader:
        """The reader of examples with the pruned tokeniser."""
        known = sources()
        schemes = {name: scheme_tags(source) for name, source in known.items() if source.scheme}
        return Reader(Tokenizer.from_file(str(self.tokenizer)), known, schemes)

    def tagger(self, state: Path | None = None) -> Tagger:
        """The network with the distilled encoder, or with the weights that a stage left."""
        reader = self.reader()
        torch.manual_seed(1)
        shape = Shape(**json.loads((self.work / "shape.json").read_text(encoding="utf-8")))
        tagger = Tagger(Encoder(shape), Heads(reader.schemes))
        if state is None:
            tagger.encoder.load_state_dict(torch.load(self.work / "distilled.pt"))
        else:
            tagger.load_state_dict(torch.load(state))
        return tagger


def examples(bench: Bench) -> None:
    """All examples: public gold, completed by rule; weakly labelled text; generated sentences."""
    work, plan = bench.work, bench.plan["examples"]
    if not (work / "gold").exists() or not (work / "weak").exists():
        _module("gold", "--shared", bench.shared, "--out", work / "gold-as-published")
        _module("weak", "--shared", bench.shared, "--gold", work / "gold-as-published", "--out", work)
    if not (work / "generated").exists():
        made = work / "generated.unfinished"
        _module("generator", "--out", made, "--sentences", plan["sentences"], "--seed", plan["seed"])
        made.rename(work / "generated")


def _module(name: str, *arguments: object) -> None:
    command = [sys.executable, "-m", f"models.training.{name}", *map(str, arguments)]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own modules
        sys.exit(f"models.training.{name} could not make its examples; its line above says why")


def vocabulary(bench: Bench) -> None:
    """The tokeniser, and which of the original's rows its pieces have."""
    if bench.tokenizer.exists():
        return
    described, rows = pruned(bench.encoder / VOCABULARY, corpora.vocabulary_lines(bench.shared))
    np.save(bench.work / "rows.npy", rows)
    shape, _ = read_weights(bench.encoder / WEIGHTS)
    sizes = {name: getattr(shape, name) for name in ("hidden", "layers", "heads", "inner", "positions")}
    (bench.work / "shape.json").write_text(json.dumps({**sizes, "pieces": len(rows)}), encoding="utf-8")
    bench.tokenizer.write_text(described, encoding="utf-8")


def distilled(bench: Bench) -> None:
    """The encoder, taught to read Chinese by characters."""
    target = bench.work / "distilled.pt"
    if target.exists():
        return
    plan = bench.plan["distillation"]
    shape, weights = read_weights(bench.encoder / WEIGHTS)
    teacher = loaded(shape, weights, list(range(shape.pieces)), dropout=0.0)
    pupil = loaded(shape, weights, np.load(bench.work / "rows.npy").tolist(), dropout=0.0)
    theirs = Tokenizer.from_file(str(bench.encoder / VOCABULARY))
    ours = Tokenizer.from_file(str(bench.tokenizer))
    pairs = [distillation.paired(text, theirs, ours) for text in _distillation_texts(bench.shared, plan)]
    distillation.distil(
        teacher,
        pupil,
        pairs,
        seconds=plan["minutes"] * 60,
        rate=plan["rate"],
        tokens=plan["pieces"],
        seed=plan["seed"],
        log=bench.work / "distilled.log.jsonl",
    )
    torch.save(pupil.state_dict(), target.with_suffix(".unfinished"))
    target.with_suffix(".unfinished").replace(target)


def _distillation_texts(shared: Path, plan: Mapping[str, Any]) -> list[str]:
    chance = random.Random(plan["seed"])  # noqa: S311 - which lines, not a secret
    known = list(corpora.knowledge_lines(shared, longest=plan["longest"]))
    english = [line[:400] for line in (*corpora.text_lines(shared), *corpora.gold_lines(shared)) if len(line) > 20]
    chance.shuffle(known)
    chance.shuffle(english)
    texts = [
        *corpora.chinese_lines(shared, longest=plan["longest"]),
        *known[: plan["cmekg_lines"]],
        *english[: plan["english_lines"]],
    ]
    chance.shuffle(texts)
    return texts


def trained(bench: Bench) -> Tagger:
    """The network after all stages; a stage that is done is loaded."""
    reader, tagger = bench.reader(), bench.tagger()
    for entry in bench.plan["stage"]:
        stage = Stage(**{name: value for name, value in entry.items() if name != "mix"})
        parts = {name: Part(_examples(bench, name), weight) for name, weight in entry["mix"].items()}
        run(tagger, reader, parts, stage, folder=bench.work)
    return tagger


def _examples(bench: Bench, name: str) -> list[Any]:
    path = bench.work / f"{name}.jsonl.gz"
    if not path.exists():
        sys.exit(f"{path} is missing; delete its folder to have the examples made again")
    return list(read(path))


def shipped(bench: Bench, tagger: Tagger, *, version: str) -> Calibration:
    """The folder of the product, with temperatures fitted to the file that it holds."""
    folder, folders = bench.work / "tagger", evaluate.Folders(bench.work / "gold", bench.work / "generated")
    export.publish(tagger, bench.tokenizer, folder, version=version)
    calibration = evaluate.calibrated(evaluate.onnx_runner(folder / "tagger.onnx"), bench.reader(), folders)
    export.write_labels(
        folder / "labels.json",
        version=version,
        temperature=calibration.temperature,
        relation_threshold=calibration.relation_threshold,
    )
    return calibration


def measured(bench: Bench, tagger: Tagger, calibration: Calibration, *, version: str) -> None:
    """Every figure, into `tagger.json`."""
    folder, folders = bench.work / "tagger", evaluate.Folders(bench.work / "gold", bench.work / "generated")
    found = evaluate.figures(
        tagger,
        bench.reader(),
        folders,
        shipped=folder / "tagger.onnx",
        full=bench.work / "tagger.fp32.onnx",
        calibration=calibration,
    )
    head = {
        "schema": "wardscribe.tagger/1",
        "version": version,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": platform.processor() or platform.machine(), "threads": 1},
        "stages": bench.plan,
    }
    (bench.work / "tagger.json").write_text(json.dumps({**head, **found}, indent=1, ensure_ascii=False) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="source texts")
    parser.add_argument("--work", type=Path, required=True, help="everything that is made")
    parser.add_argument("--encoder", type=Path, help="folder of the encoder's two files (default: SHARED/encoder)")
    parser.add_argument("--plan", type=Path, default=STAGES, help="the stages (default: stages.toml beside this file)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--version", default="1")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    given.work.mkdir(parents=True, exist_ok=True)
    plan = tomllib.loads(given.plan.read_text(encoding="utf-8"))
    bench = Bench(given.shared, given.encoder or given.shared / "encoder", given.work, plan)
    steps: tuple[Callable[[Bench], None], ...] = (examples, vocabulary, distilled)
    for step in steps:
        step(bench)
    tagger = trained(bench)
    calibration = shipped(bench, tagger, version=given.version)
    measured(bench, tagger, calibration, version=given.version)


if __name__ == "__main__":
    main()
