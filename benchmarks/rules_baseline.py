#!/usr/bin/env python3
"""The product beside medspaCy rules with regular expressions, from text, over a case file: field scores as JSON.

Owns running both over the same cases and scoring them alike. `peers/medspacy_rules.py` says what the other one gets.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cases import Case, read_cases
from provenance import command_line, commit, input_file, machine
from scoring import FieldScorer, Figures, Scored, field_figures

from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.record import Record
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.whole_files import write_whole

_ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both; 0 when it was done, 2 for a bad argument or file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        cases = read_cases(options.cases)
        scorer = FieldScorer(options.scorer)
        ours = _ours(cases)
        rules = _rules(cases, ours, options.python)
    except WardscribeError as error:
        print(f"benchmarks/rules_baseline.py: {error.message}", file=sys.stderr)
        return 2
    results = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(given, program="benchmarks/rules_baseline.py"),
        "commit": commit().model_dump(mode="json"),
        "machine": machine().model_dump(mode="json"),
        "cases_file": input_file(options.cases).model_dump(mode="json"),
        "scorer": input_file(options.scorer).model_dump(mode="json"),
        "notes": [
            "The rules read the product's written form of each dictation: number words, commands and corrections are "
            "not held against them. English uses medspaCy's own ConText rules; Chinese, which medspaCy does not "
            "support, a small set written for this comparison.",
        ],
        "figures": {
            "wardscribe": _figures(cases, ours, scorer),
            "medspacy_rules": _figures(cases, rules, scorer),
        },
    }
    text = json.dumps(results, indent=2, ensure_ascii=False) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_whole(options.out, text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/rules_baseline.py", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, required=True, metavar="PATH", help="case file, JSON lines")
    parser.add_argument("--scorer", type=Path, required=True, metavar="PATH", help="field scorer")
    parser.add_argument("--python", type=Path, required=True, metavar="PATH", help="Python with medspaCy installed")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    return parser


def _ours(cases: Sequence[Case]) -> dict[str, Record]:
    readers = Readers(ServerSettings())
    records = {}
    for case in cases:
        composer = readers.composer(template=case.template, language=case.language, recognised=False)
        composed = composer.compose(words_from_text(case.text), raw=case.text)
        records[case.id] = (composed.records or (composed.record,))[0]
    return records


def _rules(cases: Sequence[Case], ours: dict[str, Record], python: Path) -> dict[str, Record]:
    """The records that the rules find in the written text of each case.

    Raises: InputError when they cannot be run.
    """
    lines = [
        json.dumps(
            {
                "id": case.id,
                "template": case.template,
                "language": case.language.value,
                "text": ours[case.id].transcript.text,
            }
        )
        for case in cases
    ]
    script = _ROOT / "benchmarks" / "peers" / "medspacy_rules.py"
    lexicons, templates = (
        _ROOT / "lexicons" / "wardscribe_lexicons",
        _ROOT / "server" / "wardscribe_server" / "templates",
    )
    command = [str(python), str(script), "--lexicons", str(lexicons), "--templates", str(templates)]
    try:
        done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True, env={})
    except (OSError, subprocess.CalledProcessError) as error:
        last = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        raise InputError(f"{python}: the rules could not be run: {last}") from error
    rows = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    return {
        row["id"]: ours[row["id"]].model_copy(update={"fields": row["record"]["fields"], "evidence": {}, "checks": ()})
        for row in rows
    }


def _figures(cases: Sequence[Case], records: dict[str, Record], scorer: FieldScorer) -> Figures:
    """F1 over all cases, by language and by template."""
    return field_figures(Scored(case, scorer.score(case, records.get(case.id)), supported=True) for case in cases)


if __name__ == "__main__":
    sys.exit(main())
