#!/usr/bin/env python3
"""Seed typed errors into clean reports and count what the checks before signing find, as JSON.

Owns the command line and the result file. What is seeded is in `tests/seeded_errors`; `benchmarks/README.md` says what
each figure means.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from provenance import command_line, commit, machine
from pydantic import JsonValue

_ROOT = Path(__file__).resolve().parent.parent
_SETS = {"developed": "reports_dev", "held_out": "reports_held_out", "others": "reports_others"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it was done."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="write the result here instead of to standard output")
    parser.add_argument(
        "--keep", type=Path, help="a result file whose `first_run` stays: what the frozen rules found when first run"
    )
    options = parser.parse_args(given)
    sys.path.insert(0, str(_ROOT))  # the reports and operators are those of the tests
    figures = {name: {language: _figures(name, language) for language in ("en", "zh")} for name in _SETS}
    results: dict[str, JsonValue] = {
        "benchmark": "checks",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit().model_dump(mode="json"),
        "command": command_line(given, program="benchmarks/checks.py"),
        "machine": machine().model_dump(mode="json"),
        "figures": figures,
    }
    if options.keep is not None:
        results["first_run"] = json.loads(options.keep.read_text(encoding="utf-8"))["first_run"]
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _figures(name: str, language: str) -> dict[str, JsonValue]:
    from tests.seeded_errors.judging import judged, reports
    from tests.seeded_errors.phrases import DEVELOPED, HELD_OUT, OTHERS

    phrases = {"developed": DEVELOPED, "held_out": HELD_OUT, "others": OTHERS}
    tally = judged(reports(_SETS[name], language), phrases[name])
    missed = [operator for _, operator in tally.missed]
    return {
        "reports": tally.reports,
        "errors": tally.sown.total(),
        "found": tally.sown.total() - len(tally.missed),
        "recall": round(tally.recall, 3),
        "alarms_a_report": round(tally.alarms_a_report, 3),
        "by_operator": {
            operator: [count - missed.count(operator), count] for operator, count in sorted(tally.sown.items())
        },
        "missed": [list(pair) for pair in tally.missed],
        "alarms": [list(alarm) for alarm in tally.alarms],
    }


if __name__ == "__main__":
    raise SystemExit(main())
