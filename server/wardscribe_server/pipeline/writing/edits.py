"""The edit log of a dictation: what was said and commanded, in order, each entry with what it changed.

Owns the log, which only grows, and its fold: the text that its entries leave, with undo and redo of any depth. It must
not know which words are a command.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_server.pipeline.writing.draft import Draft

DICTATE = "dictate"
UNDO = "undo"
REDO = "redo"


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of text, in spoken form where it was dictated, as it will be read where a macro put it."""

    draft: Draft
    macro: str = ""  # name of the macro that inserted it; empty when dictated
    field: str = ""  # name of the field that still waits for its value
    close: bool = False  # nothing separates it from what stands before it

    def part(self, start: int, end: int) -> "Passage":
        """The characters `[start, end)`; what is cut off a field is ordinary text."""
        whole = start == 0 and end == len(self.draft.text)
        return self if whole else Passage(self.draft.part(start, end), self.macro, "", self.close or start > 0)


@dataclass(frozen=True, slots=True)
class Break:
    """Line breaks."""

    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """The speaker went to another section or field, or asked for something at this place."""

    action: str
    argument: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Text, a break or a move, and the utterance that it belongs to."""

    content: Passage | Break | Move
    utterance: int


@dataclass(frozen=True, slots=True)
class Change:
    """The newest `dropped` units go, then `added` come, in order."""

    dropped: int
    added: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One step: its place in the log, the utterance it came with, what was asked, and the change that it made."""

    sequence: int
    utterance: int
    action: str  # `DICTATE`, or the command's
    argument: str = ""
    change: Change | None = None  # None for what leaves the text alone, and for undo and redo


@dataclass(frozen=True, slots=True)
class EditLog:
    """Every entry of a dictation; none is ever changed or taken out, undo is an entry of its own."""

    entries: tuple[Entry, ...] = ()

    def until(self, sequence: int) -> "EditLog":
        """The log as it was before entry `sequence`."""
        return EditLog(self.entries[:sequence])

    def units(self) -> tuple[Unit, ...]:
        """What the entries leave, in order."""
        state = State()
        for entry in self.entries:
            state.apply(entry)
        return tuple(state.units())

    def text(self) -> str:
        """What the entries leave as plain text, before numbers and punctuation are written."""
        parts: list[str] = []
        for unit in self.units():
            match unit.content:
                case Break(text):
                    parts.append(text)
                case Passage(draft, close=close):
                    parts.append(draft.text if close or not parts or parts[-1].endswith("\n") else " " + draft.text)
                case Move():
                    pass
        return "".join(parts)

    def lines(self) -> list[dict[str, JsonValue]]:
        """The entries as plain values, to be kept beside the record."""
        return [_line(entry) for entry in self.entries]

    def commands(self) -> tuple[Entry, ...]:
        """The entries that are commands."""
        return tuple(entry for entry in self.entries if entry.action != DICTATE)


def _line(entry: Entry) -> dict[str, JsonValue]:
    line: dict[str, JsonValue] = {
        "sequence": entry.sequence,
        "utterance": entry.utterance,
        "action": entry.action,
    }
    if entry.argument:
        line["argument"] = entry.argument
    if entry.change is not None:
        line |= {"dropped": entry.change.dropped, "added": [_plain(unit) for unit in entry.change.added]}
    return line


def _plain(unit: Unit) -> JsonValue:
    match unit.content:
        case Passage(draft, macro=macro, field=field):
            named = {"macro": macro, "field": field}
            said: dict[str, JsonValue] = {"text": draft.text}
            return said | {key: name for key, name in named.items() if name}
        case Break(text):
            return {"break": text}
        case Move(action, argument):
            return {"move": action, "argument": argument}


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """The newest unit of a chain and the chain before it: states share their past."""

    unit: Unit
    before: "Link | None"
    size: int


def linked(before: Link | None, units: Iterable[Unit]) -> Link | None:
    """The chain after `units` were added."""
    for unit in units:
        before = Link(unit, before, before.size + 1 if before is not None else 1)
    return before


def chain(newest: Link | None) -> Iterator[Link]:
    """Links from the newest to the oldest."""
    while newest is not None:
        yield newest
        newest = newest.before


class State:
    """Where the entries applied so far have led, and the way back and forth."""

    def __init__(self) -> None:
        self.newest: Link | None = None
        self.done: list[tuple[Link | None, Entry]] = []  # what undo returns to, and the entry it takes back
        self._undone: list[tuple[Link | None, Entry]] = []

    def copy(self) -> "State":
        """The same place, apart."""
        other = State()
        other.newest, other.done, other._undone = self.newest, list(self.done), list(self._undone)
        return other

    def apply(self, entry: Entry) -> None:
        """The next entry takes effect."""
        if entry.action == UNDO:
            if self.done:
                before, taken_back = self.done.pop()
                self._undone.append((self.newest, taken_back))
                self.newest = before
        elif entry.action == REDO:
            if self._undone:
                after, again = self._undone.pop()
                self.done.append((self.newest, again))
                self.newest = after
        elif entry.change is not None:
            self.done.append((self.newest, entry))
            self._undone.clear()
            kept = self.newest
            for _ in range(entry.change.dropped):
                kept = kept.before if kept is not None else None
            self.newest = linked(kept, entry.change.added)

    def units(self) -> list[Unit]:
        """The units of this state, in order."""
        return [link.unit for link in chain(self.newest)][::-1]


class Editor:
    """Writes the log of one dictation; its state is always the fold of what is written."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._state = State()

    def copy(self) -> "Editor":
        """An editor that has written the same and goes on apart."""
        other = Editor()
        other._entries = list(self._entries)
        other._state = self._state.copy()
        return other

    @property
    def newest(self) -> Link | None:
        """The newest unit."""
        return self._state.newest

    @property
    def last(self) -> Entry | None:
        """The latest entry in force that changed the text."""
        return self._state.done[-1][1] if self._state.done else None

    def log(self) -> EditLog:
        """Everything so far."""
        return EditLog(tuple(self._entries))

    def units(self) -> list[Unit]:
        """The dictation as it stands."""
        return self._state.units()

    def note(self, action: str, utterance: int, argument: str = "", change: Change | None = None) -> None:
        """Append an entry."""
        entry = Entry(len(self._entries), utterance, action, argument, change)
        self._entries.append(entry)
        self._state.apply(entry)

    def add(self, action: str, units: Iterable[Unit], utterance: int, argument: str = "") -> None:
        """Units after everything else."""
        self.note(action, utterance, argument, Change(0, tuple(units)))

    def become(self, target: Link | None, action: str, utterance: int, argument: str = "") -> None:
        """The state becomes the chain `target`."""
        self.note(action, utterance, argument, _difference(self.newest, target))

    def exchange(self, old: Link, units: Iterable[Unit], action: str, utterance: int, argument: str = "") -> None:
        """`units` take the place of one unit, wherever it stands."""
        later = []
        for link in chain(self.newest):
            if link is old:
                break
            later.append(link.unit)
        self.note(action, utterance, argument, Change(len(later) + 1, (*units, *reversed(later))))

    def before_last(self) -> Link | None:
        """The state before the latest change in force."""
        return self._state.done[-1][0] if self._state.done else None


def _difference(now: Link | None, target: Link | None) -> Change:
    dropped, added = 0, []
    while now is not target:
        if target is not None and (now is None or target.size > now.size):
            added.append(target.unit)
            target = target.before
        elif now is not None:
            dropped += 1
            now = now.before
    return Change(dropped, tuple(reversed(added)))
