"""Learns how sure a change to recognised Mandarin is, from changes that were right and changes that were wrong.

    python lexicons/build/sureness.py --pairs PAIRS.jsonl [...] --right TEXT [...]

Pairs are JSON objects a line with `text` (as spoken) and `segments` with their `nbest` (text, log probability); each is
corrected with its alternatives and without. Every change to a `--right` text (JSON lines with `text`, or plain lines)
is wrong. A change is right when leaving it out leaves the segment farther from what was said.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from spoken_text import Corpus, lines
from writing import PACKAGE

from wardscribe_lexicons import load
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.lexicon.mandarin import MandarinCorrector
from wardscribe_server.lexicon.sureness import Evidence, features

_ENDS = re.compile(r"(?<=[。；！？])")
_NOT_SPEECH = -1.0  # the recogniser drops segments below this log probability
_RIDGE = 0.02
_STEPS = 60
_NO_GAIN_SHARE = 0.5  # weight of a change that made nothing better or worse
_THRESHOLDS = {"sure": 0.6, "sure_of_guarded": 0.9, "sure_of_term": 0.95, "worth_saying": 0.15}

Example = tuple[Evidence, bool, float]  # evidence, right, weight


def main() -> None:
    """Writes `zh/sounds/sureness.toml`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True)
    parser.add_argument("--right", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    corrector = MandarinCorrector(load("zh"))
    examples = [example for path in options.pairs for example in _from_pairs(corrector, path)]
    n_pairs = len(examples)
    examples += [example for path in options.right for example in _from_right(corrector, path)]
    names = sorted(features(examples[0][0]))
    table = np.array([[features(evidence)[name] for name in names] for evidence, _, _ in examples])
    right = np.array([float(is_right) for _, is_right, _ in examples])
    weights = _fitted(table, right, np.array([weight for _, _, weight in examples]))
    _write(dict(zip(names, weights.tolist(), strict=True)), n_pairs, len(examples) - n_pairs)
    probability = 1 / (1 + np.exp(-table @ weights))
    for threshold in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
        kept = probability >= threshold
        of_pairs = np.arange(len(examples)) < n_pairs
        n_right, n_all = int((kept & of_pairs & (right > 0)).sum()), int((of_pairs & (right > 0)).sum())
        n_wrong, n_spoilt = int((kept & of_pairs & (right == 0)).sum()), int((kept & ~of_pairs).sum())
        sys.stdout.write(f"{threshold}: pairs {n_right} right of {n_all}, {n_wrong} not; right text {n_spoilt} wrong\n")


def _from_pairs(corrector: MandarinCorrector, path: Path) -> Iterator[Example]:
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        said = _plain(str(pair["text"]))
        for segment in pair["segments"]:
            nbest = [Alternative(str(text), float(logprob)) for text, logprob in segment["nbest"]]
            if nbest and nbest[0].logprob >= _NOT_SPEECH:
                for alternatives in (nbest, []):
                    yield from _judged(corrector, nbest[0].text, alternatives, said)


def _from_right(corrector: MandarinCorrector, path: Path) -> Iterator[Example]:
    for text in lines(Corpus(path, 1.0, exchanged="cEHRNER" in path.parts)):
        for sentence in _ENDS.split(text.replace("叒", "")):
            for evidence, _, _ in corrector.changes(sentence, ()):
                yield evidence, False, 1.0


def _judged(
    corrector: MandarinCorrector, heard: str, alternatives: Sequence[Alternative], said: str
) -> Iterator[Example]:
    for evidence, with_it, without in corrector.changes(heard, alternatives):
        gain = _distance(_plain(without), said) - _distance(_plain(with_it), said)
        yield evidence, gain > 0, 1.0 if gain else _NO_GAIN_SHARE


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _distance(part: str, whole: str) -> int:
    """Edits from `part` to the stretch of `whole` that is most like it."""
    before = [0] * (len(whole) + 1)
    for at, char in enumerate(part, start=1):
        row = [at]
        for column, other in enumerate(whole, start=1):
            row.append(min(before[column] + 1, row[-1] + 1, before[column - 1] + (char != other)))
        before = row
    return min(before)


def _fitted(table: "np.ndarray", right: "np.ndarray", weight: "np.ndarray") -> "np.ndarray":
    """Ridge logistic regression by Newton's method, on columns brought to one scale."""
    scale = np.maximum(table.std(axis=0), 1e-6)
    scale[table.std(axis=0) == 0] = 1.0
    scaled = table / scale
    weights = np.zeros(table.shape[1])
    ridge = _RIDGE * len(right) / 100 * np.eye(len(weights))
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-scaled @ weights))
        gradient = scaled.T @ (weight * (probability - right)) + ridge @ weights
        hessian = (scaled.T * (weight * probability * (1 - probability) + 1e-9)) @ scaled + ridge
        weights -= np.linalg.solve(hessian, gradient)
    return weights / scale


def _write(weights: dict[str, float], n_pairs: int, n_right: int) -> None:
    rows = [
        "# How sure a change is: weights of a logistic sum over what speaks for it.",
        f"# Source: Wardscribe project, learned by lexicons/build/sureness.py from {n_pairs} changes to our own",
        f"# dictations as recognised and {n_right} to right clinical texts (ChineseBLUE, development part).",
        "# Licence: Apache-2.0.",
        "",
        "[weights]",
        *(f"{name} = {weight:.4f}" for name, weight in weights.items()),
        "",
        "# From which probability a change is applied without evidence from the audio, and from which it is proposed.",
        "[thresholds]",
        *(f"{name} = {value}" for name, value in _THRESHOLDS.items()),
    ]
    (PACKAGE / "zh/sounds/sureness.toml").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
