"""What an examination finds: a level, the thing's name, and what to do about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Only `fail` keeps the server from working as it should."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination; `advice` says how things are, or what to do."""

    level: Level
    name: str
    advice: str


Examination = Callable[[], Iterable[Finding]]


def ok(name: str, advice: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, name, advice)


def warn(name: str, advice: str) -> Finding:
    """Works, but somebody should look."""
    return Finding(Level.WARN, name, advice)


def fail(name: str, advice: str) -> Finding:
    """Does not work."""
    return Finding(Level.FAIL, name, advice)
