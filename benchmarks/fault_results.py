"""What the fault runs write down: figures over all rounds, and a row for each. No word that was said is in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from fault_plan import Kind
from fault_round import Round
from provenance import commit
from pydantic import JsonValue


def row(played: Round) -> dict[str, JsonValue]:
    """One round."""
    verdicts: dict[str, JsonValue] = {name: asdict(verdict) for name, verdict in played.verdicts.items()}
    return {
        "seed": played.seed,
        "commit": commit().hash,
        "faults": [kind.value for kind in played.happened],
        "missed": played.missed,
        "servers": played.servers,
        "seconds": round(played.seconds, 1),
        "stuck": played.stuck,
        "dictations": verdicts,
    }


def faults_in(rows: Sequence[dict[str, JsonValue]]) -> int:
    """Faults that happened."""
    return sum(len(happened) for one in rows if isinstance(happened := one["faults"], list))


def figures(rows: Sequence[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    """What all rounds come to."""
    kinds = Counter(kind for one in rows for kind in one["faults"])
    verdicts = [verdict for one in rows for verdict in one["dictations"].values()]
    totals = ("samples", "samples_lost", "words", "words_doubled", "words_missing", "connections")
    by_kind: dict[str, JsonValue] = {kind.value: kinds[kind.value] for kind in Kind}
    return {
        "faults": sum(kinds.values()),
        "faults_by_kind": by_kind,
        "rounds": len(rows),
        "rounds_stuck": sum(bool(one["stuck"]) for one in rows),
        "servers": sum(int(one["servers"]) for one in rows),
        "dictations": len(verdicts),
        **{name: sum(verdict[name] for verdict in verdicts) for name in totals},
        "records_identical": sum(verdict["same_record"] for verdict in verdicts),
        "dictations_with_a_fault": sum(bool(verdict["faults"]) for verdict in verdicts),
        "seconds": round(sum(float(one["seconds"]) for one in rows)),
    }
