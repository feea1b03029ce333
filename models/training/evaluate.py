"""Every figure of a trained tagger, into one JSON file.

Owns which sets are measured with what. Must not know how the tagger was trained.
"""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.training.batches import NOT_SAID, Reader, scheme_tags
from models.training.calibration import Calibration, fitted
from models.training.examples import Example, read
from models.training.network import Tagger, torch_runner
from models.training.reading import AT_ONCE, Reading, Runner, onnx_runner, readings
from models.training.scores import (
    Judged,
    assertion_figures,
    calibration_error,
    judged,
    log_softmax,
    relation_scores,
    relations_found,
    scheme_figures,
    section_accuracy,
)

# Our own sentence, read aloud: forty words.
FORTY_WORDS = (
    "there is a twelve millimetre solid nodule in the posterior segment of the right upper lobe which has grown since "
    "the last examination and there is no pleural effusion or pneumothorax and the patient denies fever or chest pain "
    "today"
)
OWN = Path(__file__).parents[2] / "benchmarks" / "tagger"  # our own sentences, the same for every run
PROBLEMS = frozenset(("finding", "symptom", "disease"))
TIMED_RUNS = 200
COMPARED = 250  # sentences of each set, read in 8 and in 32 bits


@dataclass(frozen=True, slots=True)
class Folders:
    """Where examples lie."""

    gold: Path
    generated: Path

    def reported(self, reader: Reader) -> Mapping[str, Path]:
        """The sets whose figures are reported, by name: the public ones and our own."""
        public = {
            f"{name}.{source.report}": self.gold / f"{name}.{source.report}.jsonl.gz"
            for name, source in reader.sources.items()
            if source.report
        }
        own = {f"generated.{path.name.removesuffix('.jsonl.gz')}": path for path in sorted(OWN.glob("*.jsonl.gz"))}
        return {name: path for name, path in {**public, **own}.items() if path.exists()}

    def choosing(self, reader: Reader) -> list[Path]:
        """The sets that temperatures are fitted on: none of them is trained on or reported."""
        public = [
            self.gold / f"{name}.{source.choose}.jsonl.gz" for name, source in reader.sources.items() if source.choose
        ]
        return [path for path in (*public, *sorted(self.generated.glob("dev.*.jsonl.gz"))) if path.exists()]


def calibrated(run: Runner, reader: Reader, folders: Folders, *, most: int = 400) -> Calibration:
    """Temperatures and threshold for what is shipped; from each file at most so many sentences, drawn once."""
    held_out: list[Reading] = []
    for path in folders.choosing(reader):
        examples = list(read(path))
        random.Random(1).shuffle(examples)  # noqa: S311 - which sentences, not a secret
        held_out += readings(run, reader, examples[:most])
    return fitted(held_out)


def figures(
    tagger: Tagger,
    reader: Reader,
    folders: Folders,
    *,
    shipped: Path,
    full: Path,
    calibration: Calibration,
    most: int | None = None,
) -> dict[str, object]:
    """Everything: per set with the shipped file, the public schemes with their own heads, speed, 8 bits against 32.

    With `most`, over so many sentences of each set only: a glance, not figures to report.
    """
    sets = folders.reported(reader)
    small = onnx_runner(shipped)
    report: dict[str, object] = {}
    for name, path in sets.items():
        examples = list(read(path))[:most]
        report[name] = _set(name, examples, tagger, reader, small, calibration)
    return {
        "sets": report,
        "eight_bits": _eight_bits(sets, reader, small, onnx_runner(full)),
        "speed": {"int8": timed(shipped, reader), "fp32": timed(full, reader)},
        "temperature": calibration.temperature,
        "relation_threshold": calibration.relation_threshold,
    }


def _set(
    name: str, examples: Sequence[Example], tagger: Tagger, reader: Reader, small: Runner, calibration: Calibration
) -> dict[str, object]:
    source = reader.sources.get(name.split(".")[0])
    seen = list(readings(small, reader, examples))
    product = judged(seen, source, temperature=calibration.temperature["tags"])
    found: dict[str, object] = {
        "sentences": len(examples),
        "product_head": product.tally.figures(),
        "calibration_error": calibration_error(product.sureness),
    }
    if source is not None and source.scheme:
        own = readings(torch_runner(tagger, source.name), reader, examples, at_once=AT_ONCE)
        found["own_head"] = scheme_figures(own, scheme_tags(source))
    if source is None:
        found["problems_as_one_f1"] = _f1(judged(seen, None, alike=PROBLEMS))
        found["forms"] = {
            form: _f1(judged([one for one in seen if one.example.form == form], None))
            for form in sorted({one.example.form for one in seen})
        }
    assertion = assertion_figures(seen)
    if assertion["entities"]:
        found["assertion"] = {**assertion, "calibration_error": _axis_errors(seen, calibration)}
    logits, truths = relation_scores(seen)
    if len(logits):
        temperature = calibration.temperature["relation"]
        found["relations"] = {
            "between_gold_entities": _binary_f1(logits / temperature, truths, calibration.relation_threshold),
            "between_found_entities": relations_found(
                seen, threshold=calibration.relation_threshold, temperature=temperature
            ),
        }
    section = section_accuracy(seen)
    if section["sentences"]:
        found["section"] = section
    return found


def _axis_errors(seen: Sequence[Reading], calibration: Calibration) -> dict[str, float]:
    sureness: dict[str, list[tuple[float, bool]]] = {}
    for reading in seen:
        for axis, targets in reading.item.axes.items():
            for place, target in enumerate(targets):
                if target != NOT_SAID:
                    chances = np.exp(log_softmax(reading.logits[axis][place] / calibration.temperature[axis]))
                    sureness.setdefault(axis, []).append((float(chances.max()), int(chances.argmax()) == target))
    return {axis: calibration_error(rows) for axis, rows in sureness.items()}


def _binary_f1(logits: np.ndarray, truths: np.ndarray, threshold: float) -> dict[str, object]:
    said = 1 / (1 + np.exp(-logits)) >= threshold
    right = int((said & truths).sum())
    return {"f1": round(2 * right / max(1, int(said.sum() + truths.sum())), 4), "wanted": int(truths.sum())}


def _eight_bits(sets: Mapping[str, Path], reader: Reader, small: Runner, full: Runner) -> dict[str, object]:
    """F1 of the product head in 8 and in 32 bits, over the first sentences of each set."""
    rows = {}
    for name, path in sets.items():
        examples = list(read(path))[:COMPARED]
        source = reader.sources.get(name.split(".")[0])
        f1 = [_f1(judged(readings(run, reader, examples), source)) for run in (full, small)]
        rows[name] = {"fp32": f1[0], "int8": f1[1], "points": round(100 * (f1[1] - f1[0]), 2)}
    points = [float(row["points"]) for row in rows.values()]
    return {"sets": rows, "mean_points": round(float(np.mean(points)), 2), "worst_points": min(points)}


def _f1(product: Judged) -> float:
    return float(str(product.tally.figures()["f1"]))


def timed(path: Path, reader: Reader) -> dict[str, object]:
    """Milliseconds for a sentence of forty words on one core, tokenising included."""
    run = onnx_runner(path)
    times = []
    for _ in range(TIMED_RUNS):
        started = time.perf_counter()
        ids = np.array([reader.tokenizer.encode(FORTY_WORDS).ids])
        run(ids, np.ones_like(ids))
        times.append(time.perf_counter() - started)
    times.sort()
    return {
        "p50_ms": round(1000 * times[len(times) // 2], 2),
        "p95_ms": round(1000 * times[len(times) * 95 // 100], 2),
        "pieces": len(reader.tokenizer.encode(FORTY_WORDS).ids),
        "bytes": path.stat().st_size,
    }
