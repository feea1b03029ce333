"""Two versions of a report line by line, with what differs marked. Pure; knows no colours and no window."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

# Words with the space behind them; a Chinese character is one by itself.
_WORD: Final = re.compile(r"[一-鿿]|[^\s一-鿿]+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a line that differ from the other side, or do not."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """A line on one side; None where the other side alone has one."""

    pieces: tuple[Piece, ...] | None

    @property
    def differs(self) -> bool:
        """Whether anything of it does."""
        return self.pieces is None or any(piece.differs for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same place in both versions."""

    old: Side
    new: Side

    @property
    def differs(self) -> bool:
        """Whether the sides do."""
        return self.old.differs or self.new.differs


def side_by_side(old: str, new: str) -> tuple[Pair, ...]:
    """Lines of both texts beside each other."""
    before, after = old.splitlines(), new.splitlines()
    pairs: list[Pair] = []
    for tag, first, last, start, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += [Pair(_same(line), _same(line)) for line in before[first:last]]
        else:
            pairs += _beside(before[first:last], after[start:end])
    return tuple(pairs)


def _beside(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    for at in range(max(len(old), len(new))):
        if at >= len(old):
            yield Pair(Side(None), _all(new[at]))
        elif at >= len(new):
            yield Pair(_all(old[at]), Side(None))
        else:
            yield _line(old[at], new[at])


def _line(old: str, new: str) -> Pair:
    before, after = _WORD.findall(old), _WORD.findall(new)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, first, last, start, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        _add(left, "".join(before[first:last]), differs=tag != "equal")
        _add(right, "".join(after[start:end]), differs=tag != "equal")
    return Pair(Side(tuple(left)), Side(tuple(right)))


def _add(pieces: list[Piece], text: str, *, differs: bool) -> None:
    if text:
        pieces.append(Piece(text, differs))


def _same(line: str) -> Side:
    return Side((Piece(line, differs=False),))


def _all(line: str) -> Side:
    return Side((Piece(line, differs=True),))
