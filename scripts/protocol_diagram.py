"""Writes what docs/protocol.md takes from the code: state diagrams, message keys, error codes.

`protocol_diagram.py` rewrites the parts between `<!-- generated: NAME -->` and `<!-- end -->`; with `--check` it
changes nothing and exits 1 when a part is stale.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import get_args

from wardscribe_protocol.errors import ERRORS
from wardscribe_protocol.messages import ClientMessage, ServerMessage
from wardscribe_protocol.states import (
    CLIENT_LINK,
    CLIENT_PHASE,
    SERVER_LINK,
    SERVER_PHASE,
    ClientLink,
    ClientPhase,
    ServerLink,
    ServerPhase,
)
from wardscribe_protocol.wire import Numbered, WireModel

DOCUMENT = Path(__file__).parent.parent / "docs" / "protocol.md"
PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def diagram(table: Mapping[tuple[StrEnum, StrEnum], StrEnum], initial: StrEnum) -> str:
    """A mermaid state diagram of a transition table; edges between the same two states share an arrow."""
    arrows: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for (state, event), to in table.items():
        arrows.setdefault((state, to), []).append(event)
    left = {state for state, to in arrows if state is not to}
    ends = dict.fromkeys(to for to in table.values() if to not in left)
    lines = [f"    [*] --> {initial}"]
    lines += [f"    {state} --> {to}: {', '.join(events)}" for (state, to), events in arrows.items()]
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def message_table(union: object) -> str:
    """One row a message: its keys, optional ones marked, and what it says."""
    rows = ["| `type` | durable | keys (`?` may be absent) | meaning |", "|---|---|---|---|"]
    members: UnionType = get_args(union)[0]
    for model in get_args(members):
        assert issubclass(model, WireModel)
        keys = [
            f"`{name}`" + ("" if field.is_required() or name == "seq" else "?")
            for name, field in model.model_fields.items()
            if name != "type"
        ]
        meaning = " ".join((model.__doc__ or "").split())
        durable = "yes" if issubclass(model, Numbered) else "no"
        rows.append(f"| `{model.model_fields['type'].default}` | {durable} | {', '.join(keys)} | {meaning} |")
    return "\n".join(rows)


def error_table() -> str:
    """One row a code: its scope and its sentence."""
    rows = [f"| `{code}` | {spec.scope} | {spec.meaning} |" for code, spec in ERRORS.items()]
    return "\n".join(["| code | over is | meaning |", "|---|---|---|", *rows])


def generated() -> dict[str, str]:
    """Every part by its name."""
    return {
        "server-link": diagram(SERVER_LINK, ServerLink.NEW),
        "server-phase": diagram(SERVER_PHASE, ServerPhase.DICTATING),
        "client-link": diagram(CLIENT_LINK, ClientLink.OFFLINE),
        "client-phase": diagram(CLIENT_PHASE, ClientPhase.DICTATING),
        "client-messages": message_table(ClientMessage),
        "server-messages": message_table(ServerMessage),
        "errors": error_table(),
    }


def rewritten(text: str) -> str:
    """The document with every part as the code has it. Raises: KeyError for a part that is not known."""
    parts = generated()
    return PART.sub(lambda match: f"{match[1]}{parts[match[2]]}\n{match[3]}", text)


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 when the document is as it should be, 1 when `--check` finds it stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when stale")
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    options = parser.parse_args(arguments)
    before = options.document.read_text(encoding="utf-8")
    after = rewritten(before)
    if options.check:
        if before != after:
            print(f"{options.document.name} is stale: run scripts/protocol_diagram.py", file=sys.stderr)
        return int(before != after)
    options.document.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
