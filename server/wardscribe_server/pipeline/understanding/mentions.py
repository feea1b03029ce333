"""A mention on its way to the record: an entity with what surrounds it.

Owns the value that entities, assertion and relations pass on. Must not know templates.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.quantities import Size
from wardscribe_server.pipeline.values import Assertion, Label


class Manner(Enum):
    """How a mention came about, which decides who takes it."""

    NAMED = auto()  # a term, or a phrase around a head word
    STATE = auto()  # a structure and what is abnormal about it
    NORMAL = auto()  # a structure and that it is well
    OPEN = auto()  # an unknown phrase where a finding or complaint must stand


@dataclass(frozen=True, slots=True)
class Said:
    """A value and the characters `[start, end)` that say it."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding, symptom or disease named at `[start, end)`; `zone` is where the phrase around it begins."""

    start: int
    end: int
    name: str
    labels: tuple[Label, ...]
    manner: Manner = Manner.NAMED
    zone: int = -1
    assertion: Assertion = field(default_factory=Assertion)
    place: Place | None = None
    inner_place: Place | None = None
    side: Said | None = None
    severity: Said | None = None
    change: Said | None = None
    size: Size | None = None
    count: Said | None = None

    def having(self, **values: object) -> "Mention":
        """The same mention with some values set."""
        return replace(self, **values)  # type: ignore[arg-type]  # keywords of this class, checked at run time

    def is_a(self, *labels: Label) -> bool:
        """Whether any of its labels is among `labels`."""
        return any(label in labels for label in self.labels)
