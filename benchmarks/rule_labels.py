#!/usr/bin/env python3
"""Compare what the product's rules and lexicon say of text with people's gold, label by label, as JSON.

Owns the command line and the result file. The gold is read by `models/training/gold`; `models/LABELS.md` says what the
figures mean.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from provenance import command_line, commit, machine
from pydantic import JsonValue

_ROOT = Path(__file__).resolve().parent.parent
_SETS = {"maccrobat": "test", "bc5cdr": "dev", "ncbi": "dev", "cehrner": "dev", "cmedqaner": "dev"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it was done."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, required=True, help="folder that models.training.gold wrote")
    parser.add_argument("--out", type=Path, help="write the result here instead of to standard output")
    options = parser.parse_args(given)
    sys.path.insert(0, str(_ROOT))
    results: dict[str, JsonValue] = {
        "benchmark": "rule_labels",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit().model_dump(mode="json"),
        "command": command_line(given, program="benchmarks/rule_labels.py"),
        "machine": machine().model_dump(mode="json"),
        "figures": _figures(options.gold),
    }
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _figures(gold: Path) -> dict[str, JsonValue]:
    from models.training.examples import read
    from models.training.sources import sources
    from models.training.weak.agreement import measure
    from models.training.weak.teacher import Teacher

    known = sources()
    teachers = {language: Teacher(language) for language in ("en", "zh")}
    figures: dict[str, JsonValue] = {}
    for name, part in _SETS.items():
        examples = list(read(gold / f"{name}.{part}.jsonl.gz"))
        source = known[name]
        agreements = measure(examples, teachers[source.language], known)
        by_label: dict[str, JsonValue] = {}
        exact = said = found = wanted = 0
        for label in sorted(source.labels):
            agreement = agreements.labels.get(label)
            hits, count = agreements.found.get(label, (0, 0))
            exact, said = exact + (agreement.exact if agreement else 0), said + (agreement.total if agreement else 0)
            found, wanted = found + hits, wanted + count
            by_label[label] = _scored(
                agreement.exact if agreement else 0, agreement.total if agreement else 0, hits, count
            )
        figures[f"{name}.{part}"] = {
            "sentences": len(examples),
            "labels": by_label,
            "all": _scored(exact, said, found, wanted),
        }
    figures["maccrobat.test presence"] = _presence(gold / "maccrobat.test.jsonl.gz")
    return figures


def _scored(exact: int, said: int, found: int, wanted: int) -> dict[str, JsonValue]:
    precision, recall = exact / said if said else 0.0, found / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(f1, 3),
        "exact": exact,
        "said": said,
        "found": found,
        "wanted": wanted,
    }


def _presence(path: Path) -> dict[str, JsonValue]:
    from models.training.examples import read
    from models.training.weak.teacher import Teacher

    teacher = Teacher("en")
    right = count = 0
    for example in read(path):
        bare = tuple(
            replace(entity, presence=None, certainty=None, time=None, subject=None) for entity in example.entities
        )
        for gold, ruled in zip(example.entities, teacher.asserted(example.text, bare), strict=True):
            if gold.presence is not None and ruled.presence is not None:
                right, count = right + (gold.presence == ruled.presence), count + 1
    return {"accuracy": round(right / count, 3), "right": right, "asked": count}


if __name__ == "__main__":
    raise SystemExit(main())
