#!/usr/bin/env python3
"""Writes what docs/http-api.md takes from the code: endpoints, bodies, answers, errors, the life of a report.

Rewrites the parts between `<!-- generated: NAME -->` and `<!-- end -->`; with `--check` it changes nothing and exits 1
when a part is stale.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import cast

from wardscribe_protocol.errors import ERRORS
from wardscribe_protocol.record import ReportState
from wardscribe_server.access.principal import Role
from wardscribe_server.api.endpoint import STATUS, Asked, Nothing, Served
from wardscribe_server.api.offers import About, FieldLabels, InBoth, OffersApi, SectionLabels, TemplateLabels, Templates
from wardscribe_server.api.records import RecordsApi
from wardscribe_server.catalog import Catalog
from wardscribe_server.records.editing import ValueChange
from wardscribe_server.records.lesions import Certainty, Doubt, Lesion, LesionPoint, Source
from wardscribe_server.records.lifecycle import LIFE
from wardscribe_server.records.report import Change, Dictation, Opened, Page, Report, Version, VersionHead
from wardscribe_server.records.service import ReportService
from wardscribe_server.records.standing import ActStanding, Standing
from wardscribe_server.records.timeline import (
    DrugCourse,
    DrugUse,
    ProblemCourse,
    Reading,
    Series,
    Sighting,
    Timeline,
)

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "http-api.md"
PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

_ANSWERS = (
    Report,
    Opened,
    Version,
    VersionHead,
    Page,
    Standing,
    ActStanding,
    Change,
    ValueChange,
    Dictation,
)
_OFFERS = (About, Templates, TemplateLabels, SectionLabels, FieldLabels, InBoth)
_TIMELINE = (
    Timeline,
    ProblemCourse,
    Sighting,
    DrugCourse,
    DrugUse,
    Series,
    Reading,
    Lesion,
    LesionPoint,
    Source,
)


def _served() -> tuple[Served, ...]:
    # What an endpoint says of itself needs no service behind it.
    records = RecordsApi(cast("ReportService", None), as_text=lambda record: record.transcript.text)
    return (*OffersApi(Catalog({})).endpoints, *records.endpoints)


def endpoints() -> str:
    """One row an endpoint."""
    rows = ["| request | takes | what it does |", "|---|---|---|"]
    for endpoint in _served():
        takes = "" if endpoint.asks is Nothing else f"[`{endpoint.asks.__name__}`](#{endpoint.asks.__name__.lower()})"
        rows.append(f"| `{endpoint.method} {endpoint.path}` | {takes} | {endpoint.about} |")
    return "\n".join(rows)


def asked() -> str:
    """One table for each query and body."""
    models = dict.fromkeys(endpoint.asks for endpoint in _served() if endpoint.asks is not Nothing)
    return "\n\n".join(_model(model) for model in models)


def _model(model: type[Asked]) -> str:
    schema = model.model_json_schema()
    rows = [f"#### {model.__name__}", "", model.__doc__ or "", "", "| key | bounds | meaning |", "|---|---|---|"]
    required = schema.get("required", [])
    for name, about in schema.get("properties", {}).items():
        optional = "" if name in required else "?"
        rows.append(f"| `{name}`{optional} | {_bounds(about, schema)} | {about.get('description', '')} |")
    return "\n".join(rows)


def _bounds(about: Mapping[str, object], schema: Mapping[str, object]) -> str:
    if "anyOf" in about:
        choices = cast("list[dict[str, object]]", about["anyOf"])
        return " or ".join(_bounds(choice, schema) for choice in choices if choice.get("type") != "null") or "any value"
    if "$ref" in about:
        name = str(about["$ref"]).rpartition("/")[2]
        inner = cast("dict[str, dict[str, object]]", schema["$defs"])[name]
        if "enum" in inner:
            return _bounds(inner, schema)
        keys = cast("dict[str, object]", inner.get("properties", {}))
        return "object: " + ", ".join(f"`{key}`" for key in keys) if keys else "any value"
    if "enum" in about:
        return ", ".join(f"`{value}`" for value in cast("list[str]", about["enum"]))
    names = {"minLength": "from", "maxLength": "to", "minItems": "from", "maxItems": "to", "minimum": "from"}
    limits = [f"{word} {about[key]}" for key, word in (names | {"maximum": "to"}).items() if key in about]
    kind = str(about.get("format", about.get("type", "any value")))
    if kind == "array":
        kind = f"list of {_bounds(cast('dict[str, object]', about['items']), schema)}"
    return f"{kind}{', ' + ' '.join(limits) if limits else ''}"


def shapes(values: tuple[type, ...]) -> str:
    """One row a kind of value: its keys."""
    rows = ["| value | keys | |", "|---|---|---|"]
    for value in values:
        keys = ", ".join(f"`{item.name}`" for item in fields(value))
        rows.append(f"| {value.__name__} | {keys} | {' '.join((value.__doc__ or '').split())} |")
    return "\n".join(rows)


def errors() -> str:
    """One row a code that these endpoints answer with."""
    rows = ["| status | `code` | meaning |", "|---|---|---|"]
    rows += [f"| {status} | `{code.value}` | {ERRORS[code].meaning} |" for code, status in STATUS.items()]
    return "\n".join(rows)


def life() -> str:
    """The states and what leads from one to the next."""
    arrows: dict[tuple[ReportState, ReportState], list[str]] = {}
    for (state, act), step in LIFE.items():
        if state is not step.to or act.value in ("addend", "correct"):
            arrows.setdefault((state, step.to), []).append(act.value)
    lines = [f"    {state.value} --> {to.value}: {', '.join(acts)}" for (state, to), acts in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> draft", *lines, "```"])


def roles() -> str:
    """One row an act: who may, in which states."""
    rows = [f"| act | {' | '.join(role.value for role in Role)} |", "|---" * (len(Role) + 1) + "|"]
    acts = dict.fromkeys(act for _, act in LIFE)
    for act in acts:
        cells = []
        for role in Role:
            states = [s for s in ReportState if (s, act) in LIFE and role in LIFE[s, act].roles]
            cells.append("always" if len(states) == len(ReportState) else ", ".join(s.value for s in states) or "-")
        rows.append(f"| `{act.value}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def doubts() -> str:
    """How sure a lesion's link is, and why it may not be."""
    return (
        f"`certainty`: {', '.join(f'`{item.value}`' for item in Certainty)}. "
        f"`doubts`: {', '.join(f'`{item.value}`' for item in Doubt)}."
    )


def generated() -> dict[str, str]:
    """Every part, by name."""
    return {
        "endpoints": endpoints(),
        "asked": asked(),
        "answers": shapes(_ANSWERS),
        "offers": shapes(_OFFERS),
        "timeline": shapes(_TIMELINE),
        "doubts": doubts(),
        "errors": errors(),
        "life": life(),
        "roles": roles(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 written or fresh, 1 stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a part is stale")
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    given = parser.parse_args(arguments)
    parts = generated()
    before = given.document.read_text(encoding="utf-8")
    after = PART.sub(lambda found: f"{found[1]}{parts[found[2]]}\n{found[3]}", before)
    if not given.check:
        given.document.write_text(after, encoding="utf-8")
    elif before != after:
        print(f"{given.document} is stale, run scripts/http_api.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
