"""From the units that the edit log leaves to one draft, and from the finished draft to what was written.

Dictated passages go through every later stage. A macro's text does not: a sign stands for it until the end, so that
nothing rereads it. Owns those signs, and where marks, macros and the selection lie in the final text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wardscribe_server.pipeline.values import SectionMark, Written
from wardscribe_server.pipeline.writing.commands import Obeyed
from wardscribe_server.pipeline.writing.draft import MARK, PAUSE, Draft, Edit, Pieced, joined
from wardscribe_server.pipeline.writing.edits import Break, Move, Passage, Unit
from wardscribe_server.pipeline.writing.selecting import Selection

_INSERTED = "\ue002"  # stands for the text of a macro
_SIGNS = re.compile(f"{MARK}|{_INSERTED}")
_LATIN = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class _Inserted:
    """What is shown of a macro's passage, and how many of its characters were left out before it."""

    text: str
    cut: int


@dataclass(frozen=True, slots=True)
class Assembled:
    """A draft with signs for moves and macros, and what each sign stands for, in order."""

    draft: Draft
    moves: tuple[Move, ...]
    inserted: tuple["_Inserted", ...]


def assembled(obeyed: Obeyed, draft: Draft) -> Assembled:
    """The units as one draft over the words of `draft`."""
    parts: list[Draft | str] = []
    moves: list[Move] = []
    inserted: list[_Inserted] = []
    before = ""
    for number, unit in enumerate(obeyed.units):
        match unit.content:
            case Move() as move:
                moves.append(move)
                parts.append(PAUSE + MARK)
            case Break(text):
                parts.append(text)
            case Passage(text, macro=macro, close=close):
                if parts and not close and not (isinstance(parts[-1], str) and parts[-1].startswith("\n")):
                    parts.append(PAUSE)
                if macro:
                    inserted.append(
                        _trimmed(text.text, before if close else "", closed=_closed(obeyed.units, number + 1))
                    )
                    before = inserted[-1].text or before
                    text = Draft(_INSERTED, text.first[:1], text.last[:1], text.words)
                else:
                    before = text.text
                parts.append(text)
    return Assembled(joined(parts, words=draft.words), tuple(moves), tuple(inserted))


def _closed(units: Sequence[Unit], number: int) -> bool:
    """Whether this unit stands directly after the one before it."""
    content = units[number].content if number < len(units) else None
    return isinstance(content, Passage) and content.close


def _trimmed(text: str, before: str, *, closed: bool) -> _Inserted:
    """Without the spaces that a deletion beside it has left over."""
    shown = text if closed else text.rstrip(" ")
    if before[-1:] in ("", " ", "\n"):
        shown = shown.lstrip(" ")
    return _Inserted(shown, len(text) - len(text.lstrip(" ")) if shown[:1] != text[:1] else 0)


def finished(
    draft: Draft, assembled: Assembled, obeyed: Obeyed, *, earlier: Pieced | None = None
) -> tuple[Written, Pieced]:
    """Every sign becomes what it stands for; the pieces once more, for the next time."""
    moves, texts = iter(assembled.moves), iter(assembled.inserted)
    marks: list[SectionMark] = []
    spans: list[tuple[int, int]] = []
    edits: list[Edit] = []
    shift = 0
    for match in _SIGNS.finditer(draft.text):
        at = match.start() + shift
        if match.group() == MARK:
            move, text = next(moves), ""
            marks.append(SectionMark(at, move.action, move.argument))
        else:
            shown = next(texts).text
            text = _spaced(shown, match)
            spans.append((at + len(text) - len(shown), at + len(text)))
        edits.append(Edit(match.start(), match.end(), text))
        shift += len(text) - 1
    if edits:
        draft = draft.edited(edits)
    selected = _selected(obeyed, assembled, draft, spans)
    pieced = Pieced(draft, draft.pieces(earlier))
    written = Written(
        draft.text,
        pieced.pieces,
        tuple(marks),
        macro_spans=tuple(span for span in spans if span[0] < span[1]),
        selected=selected,
    )
    return written, pieced


def _spaced(text: str, sign: re.Match[str]) -> str:
    """Latin letters keep a space between them and those before, which Chinese text has lost."""
    before = sign.string[max(0, sign.start() - 1) : sign.start()]
    return f" {text}" if _LATIN.match(before) and _LATIN.match(text) and before != PAUSE else text


def _selected(
    obeyed: Obeyed, assembled: Assembled, draft: Draft, spans: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    selection = obeyed.selection
    if selection is None:
        return None
    if selection.passage.macro:
        return _in_macro(obeyed, assembled, selection, spans)
    text = selection.passage.draft
    origins = [first for first in text.first[selection.start : selection.end] if first >= 0]
    if not origins:
        return None
    low, high = min(origins), max(text.last[selection.start : selection.end])
    inside = [at for at, first in enumerate(draft.first) if first >= low and draft.last[at] <= high and first >= 0]
    return (inside[0], inside[-1] + 1) if inside else None


def _in_macro(
    obeyed: Obeyed, assembled: Assembled, selection: Selection, spans: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    number = 0
    for unit in obeyed.units:
        if unit is selection.link.unit:
            start = spans[number][0] - assembled.inserted[number].cut
            return start + selection.start, start + selection.end
        number += isinstance(unit.content, Passage) and bool(unit.content.macro)
    return None
