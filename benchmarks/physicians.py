#!/usr/bin/env python3
"""The physicians' cases of the tests, both halves in both languages: slot counts and F1 as JSON.

Owns adding up; the cases, their gold and the comparison are those of `tests/server/understand`. The held-out halves
were only measured: before anything was changed for these cases, in between, and after; nothing was changed for them.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT))

from provenance import command_line, commit, machine  # noqa: E402 - after the path to the tests

from tests.server.understand.dictations import dictated  # noqa: E402 - after the path to the tests
from tests.server.understand.gold import Score, compare  # noqa: E402 - after the path to the tests
from tests.server.understand.physicians.short_gold import cases  # noqa: E402 - after the path to the tests
from wardscribe_server.whole_files import write_whole  # noqa: E402 - after the path to the tests

_FILES = ("en_dev", "en_held_out", "zh_dev", "zh_held_out")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all four files."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="benchmarks/physicians.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    options = parser.parse_args(given)
    results = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(given, program="benchmarks/physicians.py"),
        "commit": commit().model_dump(mode="json"),
        "machine": machine().model_dump(mode="json"),
        "figures": {name: _measured(name) for name in _FILES},
    }
    text = json.dumps(results, indent=2, ensure_ascii=False) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_whole(options.out, text)
    return 0


def _measured(name: str) -> dict[str, dict[str, float]]:
    """Counts of one file, over all templates and by template."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    for case in cases(name):
        template = str(case["template"])
        record = dictated(str(case["text"]), template=template, language=str(case["language"]))
        unscored = case["unscored"]
        assert isinstance(unscored, list)
        fields = {key: value for key, value in record.fields.items() if key not in unscored}
        for group in ("all", template):
            compare(case["fields"], fields, scores[group])
    return {
        group: {
            "f1": round(score.f1, 4),
            "right": score.right,
            "missed": score.missed,
            "extra": score.extra,
            "wrong": score.wrong,
        }
        for group, score in sorted(scores.items())
    }


if __name__ == "__main__":
    sys.exit(main())
