"""Where sentences end in written gold, and natural text from tokens.

Owns dividing a document into examples of a length that the tagger takes. Must not know labels.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_END_EN: Final = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:vs|Dr|Mr|no|No|ca)\.)(?<!\b(?:Fig|i\.e|e\.g|Mrs)\.)[\s]+(?=[A-Z0-9(])"
)
_END_ZH: Final = re.compile(r"(?<=[。!！?？])(?P<closing>[”」’)）]*)[,，\s]*")
_PAUSE: Final = re.compile(r"[;；,，]\s*")
_CLOSED: Final = frozenset(".,;:!?)]}%")
_OPENING: Final = frozenset("([{")
_TIGHT: Final = frozenset("-/–+=<>*_^~")


def sentences(text: str, *, language: str, longest: int) -> Iterator[tuple[int, int]]:
    """Half-open character spans of the sentences, in order, without space around them, none longer than `longest`.

    What is longer is divided at the last pause before the limit, or at the limit.
    """
    ends = _END_ZH if language == "zh" else _END_EN
    for line in re.finditer(r"[^\n]+", text):
        at = line.start()
        for end in ends.finditer(text, line.start(), line.end()):
            stop = end.end("closing") if language == "zh" else end.start()
            yield from _short(text, at, stop, longest)
            at = end.end()
        yield from _short(text, at, line.end(), longest)


def joined_tokens(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """Tokens of a corpus as natural text, and where each begins: no space inside brackets, words and numbers.

    "Parkinson ' s disease ( PD )" becomes "Parkinson's disease (PD)".
    """
    text, starts = "", []
    open_quote = False
    for at, piece in enumerate(tokens):
        before = tokens[at - 1] if at else ""
        spaced = bool(text) and not _glued(before, piece, open_quote=open_quote)
        if spaced and piece == "'" and tokens[at + 1 : at + 2] == ["s"]:
            spaced = False
        if before == "'" and piece == "s":
            spaced = False
        text += (" " if spaced else "") + piece
        starts.append(len(text) - len(piece))
        open_quote ^= piece == '"'
    return text, starts


def _glued(before: str, piece: str, *, open_quote: bool) -> bool:
    if piece in _CLOSED or before in _OPENING:
        return True
    if piece in _TIGHT or before in _TIGHT:
        return True
    if piece == '"':
        return open_quote
    if before == '"':
        return open_quote
    if before == "." and piece[:1].isdigit():
        return True
    return bool(before == "," and piece.isdigit() and len(piece) == 3)


def _short(text: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    while end - start > longest:
        pauses = [pause.end() for pause in _PAUSE.finditer(text, start, start + longest)]
        cut = pauses[-1] if pauses else start + longest
        yield from _bare(text, start, cut)
        start = cut
    yield from _bare(text, start, end)


def _bare(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
