"""Reads the gold of ChineseBLUE: one JSON object a line with the text and its mentions by offset.

Owns finding each mention where it stands and putting right what the release did to the text of the health records.
Must not know which labels we have.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, cast

from models.training.examples import SchemeSpan
from models.training.gold.iob import BadGold, TaggedSentence
from models.training.gold.sentences import sentences

LONGEST: Final = 120
_FAR: Final = 8  # an offset that is further off than this is another mention's
_SWAPPED: Final = str.maketrans({"上": "下", "下": "上", "叒": " "})


def tagged_sentences(path: Path, *, health_records: bool) -> Iterator[tuple[int, TaggedSentence]]:
    """The sentences of a file, each with the number of its document.

    The released text of the `health_records` has 上 for 下 and 下 for 上 throughout, and 叒 where a space stood: that
    is put right here, in place, so that no offset moves.

    Raises:
        BadGold: a line is no object with a text and mentions.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        try:
            row = cast("dict[str, object]", json.loads(line))
            text = cast("str", row["text"])
            mentions = cast("list[dict[str, object]]", row["mention_data"])
            spans = sorted(
                (span for mention in mentions if (span := _found(text, mention)) is not None),
                key=lambda span: (span.start - span.end, span.start),
            )
        except (ValueError, KeyError, TypeError):
            raise BadGold(f"{path}:{number + 1}: not a text with mentions; fetch the corpus again") from None
        kept = _apart(spans)
        if health_records:
            text = text.translate(_SWAPPED)
        for start, end in _whole(text, kept):
            inside = (
                SchemeSpan(start=span.start - start, end=span.end - start, kind=span.kind)
                for span in kept
                if start <= span.start and span.end <= end
            )
            yield number, TaggedSentence(text[start:end], tuple(inside))


def _found(text: str, mention: Mapping[str, object]) -> SchemeSpan | None:
    surface = cast("str", mention["mention"])
    kind = cast("str", mention["type"] if "type" in mention else mention["label"])
    offset = int(cast("str | int", mention["offset"]))
    if not surface.strip():
        return None
    if text[offset : offset + len(surface)] != surface:
        places = [at for at in range(len(text)) if text.startswith(surface, at)]
        near = [at for at in places if abs(at - offset) <= _FAR] or (places if len(places) == 1 else [])
        if not near:
            return None
        offset = min(near, key=lambda at: abs(at - offset))
    return SchemeSpan(start=offset, end=offset + len(surface), kind=kind)


def _apart(spans: list[SchemeSpan]) -> tuple[SchemeSpan, ...]:
    kept: list[SchemeSpan] = []
    for span in spans:
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda span: span.start))


def _whole(text: str, spans: tuple[SchemeSpan, ...]) -> Iterator[tuple[int, int]]:
    """Sentences of the text, joined again where a mention runs over an end."""
    begun: tuple[int, int] | None = None
    for start, end in sentences(text, language="zh", longest=LONGEST):
        begun = (start, end) if begun is None else (begun[0], end)
        if any(span.start < begun[1] < span.end for span in spans):
            continue
        yield begun
        begun = None
    if begun is not None:
        yield begun
