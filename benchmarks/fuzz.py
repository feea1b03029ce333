#!/usr/bin/env python3
"""Give every parser a million inputs that nobody meant: no crash, no hang, bounded memory, every answer a defined one.

Each part runs in a process of its own, so that one that does not survive is known by its input. The same seed gives
the same inputs. `benchmarks/README.md` says what each figure means.
"""

import argparse
import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fuzzing.campaign import BUDGET_CPU_S, Outcome, campaign, digest
from fuzzing.parts import INPUTS, target
from provenance import command_line, commit, machine, versions
from pydantic import JsonValue

from wardscribe_server.whole_files import write_whole

MOST_GROWTH_MB = 256.0
_NOTE = "input"
_SHOWN_KINDS = 8
_WITHIN_S = 3600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 0 when there was no finding, 1 when there was, 2 for a bad argument."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    if options.part:
        print(json.dumps(_row(options.part, count=options.inputs or INPUTS[options.part], seed=options.seed)))
        return 0
    at_start, code = machine(), commit()
    rows = list(_rows(options))
    findings = [finding for row in rows for finding in _list(row["findings"])]
    result: dict[str, JsonValue] = {
        "schema": "wardscribe.fuzz/1",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(given, program="benchmarks/fuzz.py"),
        "commit": code.model_dump(),
        "machine": at_start.model_dump(),
        "versions": dict(versions()),
        "settings": {"seed": options.seed, "budget_cpu_s": BUDGET_CPU_S, "most_growth_mb": MOST_GROWTH_MB},
        "figures": {
            "inputs": sum(_number(row["inputs"]) for row in rows),
            "parts": len(rows),
            "findings": len(findings),
            "kinds_of_answer": sum(_number(row["kinds"]) for row in rows),
            "longest_cpu_s": max(_number(row["longest_cpu_s"]) for row in rows),
            "memory_peak_mb": max(_number(row["memory_peak_mb"]) for row in rows),
            "memory_most_growth_mb": max(_number(row["memory_growth_mb"]) for row in rows),
            "cpu_s": round(sum(_number(row["cpu_s"]) for row in rows), 1),
        },
    }
    text = json.dumps(result, indent=1).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    text += f',\n "rows": [\n  {lines}\n ]\n}}\n'
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_whole(options.out, text)
    return int(bool(findings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/fuzz.py", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=tuple(INPUTS), default=list(INPUTS), help="parts (all)")
    parser.add_argument("--inputs", type=int, metavar="N", help="to each part, instead of its share of the campaign")
    parser.add_argument("--seed", type=int, default=1, help="of all inputs (1)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    parser.add_argument("--part", choices=tuple(INPUTS), help=argparse.SUPPRESS)  # what a child process is told
    return parser


def _rows(options: argparse.Namespace) -> Iterator[dict[str, JsonValue]]:
    for name in options.only:
        count = options.inputs or INPUTS[name]
        row = _in_a_process(name, count=count, seed=options.seed)
        print(
            f"{name}: {row['inputs']} inputs, {row['kinds']} kinds of answer, {row['cpu_s']} s,"
            f" {len(_list(row['findings']))} findings",
            file=sys.stderr,
            flush=True,
        )
        for finding in _list(row["findings"]):
            print(f"  {str(finding)[:2000]}", file=sys.stderr, flush=True)
        yield row


def _in_a_process(name: str, *, count: int, seed: int) -> dict[str, JsonValue]:
    """One part in a process that is not this one. If it dies, the input that it was given last is the finding."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        command = [sys.executable, __file__, "--part", name, "--inputs", str(count), "--seed", str(seed)]
        done = subprocess.run(
            command, cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_WITHIN_S, check=False
        )
        if done.returncode == 0:
            row = json.loads(done.stdout)
            assert isinstance(row, dict)
            return row
        note = Path(scratch) / _NOTE
        last = base64.b64encode(note.read_bytes()).decode() if note.exists() else ""
    outcome = Outcome(name)
    row = _told(outcome)
    row["findings"] = [{"error": f"the process ended with {done.returncode}", "where": "", "input_base64": last}]
    return row


def _row(name: str, *, count: int, seed: int) -> dict[str, JsonValue]:
    note = Path.cwd() / _NOTE
    with tempfile.TemporaryDirectory(prefix="fuzz-part-") as scratch, target(name, Path(scratch)) as part:
        return _told(campaign(part, inputs=count, seed=seed, note=note))


def _told(outcome: Outcome) -> dict[str, JsonValue]:
    """An outcome in figures; inputs stand in it where they are findings only."""
    growth = max(0.0, outcome.memory_peak_mb - outcome.memory_start_mb)
    findings: list[JsonValue] = [
        {"error": finding.error, "where": finding.where, "input_base64": finding.input_base64}
        for finding in outcome.findings
    ]
    if growth > MOST_GROWTH_MB:
        findings.append({"error": f"memory grew by {growth:.0f} MiB", "where": "", "input_base64": ""})
    return {
        "part": outcome.target,
        "inputs": outcome.inputs,
        "kinds": len(outcome.kinds),
        "most": dict(outcome.kinds.most_common(_SHOWN_KINDS)),
        "findings": findings,
        "cpu_s": round(outcome.cpu_s, 1),
        "longest_cpu_s": round(outcome.longest_cpu_s, 3),
        "longest_input": digest(outcome.longest_input),
        "longest_input_bytes": len(outcome.longest_input),
        "memory_peak_mb": round(outcome.memory_peak_mb, 1),
        "memory_growth_mb": round(growth, 1),
    }


def _number(value: JsonValue) -> float:
    assert isinstance(value, int | float)
    return value


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


if __name__ == "__main__":
    sys.exit(main())
