"""What the client of a dictation was told so far, and what must be said so that it knows what stands now.

A dictation that is rebuilt from its journal knows what it said before; only the difference is said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from wardscribe_protocol.record import Check, Evidence
from wardscribe_server.pipeline.compose import Composed
from wardscribe_server.pipeline.events import CheckChanged, FieldChanged
from wardscribe_server.pipeline.pointers import leaves


@dataclass(frozen=True, slots=True)
class Standing:
    """The leaves of a record with their evidence, and the checks that speak up."""

    leaves: Mapping[str, JsonValue] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    @classmethod
    def of(cls, composed: Composed | None) -> "Standing":
        """What a composed record says; nothing before there is one."""
        if composed is None:
            return cls()
        record = composed.record
        return cls(leaves(record.fields), record.evidence, record.checks)


@dataclass(slots=True)
class Told:
    """All that a client was told, folded."""

    words: int = 0  # ids below this were committed
    finals: dict[int, str] = field(default_factory=dict)  # the text of each segment, as last said
    heard_again: dict[int, int] = field(default_factory=dict)  # how many words of each were said to read otherwise
    leaves: dict[str, JsonValue] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    finalized: int = 0  # answers to `finalize`

    @property
    def standing(self) -> Standing:
        """The record as the client knows it."""
        return Standing(self.leaves, self.evidence, tuple(self.checks))


def differences(before: Standing, after: Standing) -> Iterator[FieldChanged | CheckChanged]:
    """What turns a client that knows `before` into one that knows `after`."""
    for pointer in sorted(before.leaves.keys() - after.leaves.keys()):
        yield FieldChanged(pointer, None, None)
    for pointer, value in after.leaves.items():
        evidence = after.evidence.get(pointer)
        if pointer not in before.leaves or before.leaves[pointer] != value or before.evidence.get(pointer) != evidence:
            yield FieldChanged(pointer, value, evidence)
    yield from (CheckChanged(check, settled=False) for check in after.checks if check not in before.checks)
    yield from (CheckChanged(check, settled=True) for check in before.checks if check not in after.checks)
