"""Whether a lesion in one report is the lesion of an earlier one, and how sure that is. Pure.

Matched by kind, side and place; sizes only break ties. What was not said, or fits more than one, is never passed off as
the same: every link says how sure it is, and why it is not.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, JsonValue

from wardscribe_protocol.record import Language
from wardscribe_server.records.report import ReportId, SignedReport

_GROWTH_THAT_IS_DOUBTED = 3.0  # longest diameter, times; a threefold change is first of all another lesion
_NAMES = ("finding", "lesion")


class Certainty(StrEnum):
    """How sure it is that a point continues what came before."""

    FIRST = "first"  # nothing came before
    MATCHED = "matched"  # same kind, side and place, and no other candidate
    LIKELY = "likely"
    UNCERTAIN = "uncertain"


class Doubt(StrEnum):
    """Why a link is not simply matched."""

    NAMED_DIFFERENTLY = "named_differently"
    PLACE_INCOMPLETE = "place_incomplete"
    OTHER_EXAMINATION = "other_examination"
    OTHER_CANDIDATE = "other_candidate"  # one fits better, another would fit too
    SIDE_MISSING = "side_missing"
    PLACE_MISSING = "place_missing"
    OTHER_LANGUAGE = "other_language"
    SEVERAL_COUNTED = "several_counted"
    SEVERAL_CANDIDATES = "several_candidates"
    SIZE_FAR_OFF = "size_far_off"


_SLIGHT = frozenset({Doubt.NAMED_DIFFERENTLY, Doubt.PLACE_INCOMPLETE, Doubt.OTHER_EXAMINATION, Doubt.OTHER_CANDIDATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value of the timeline stands."""

    report: ReportId
    version: int
    pointer: str
    dictated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionPoint:
    """A lesion in one report. Without a size it was said to be gone."""

    source: Source
    size_mm: tuple[float, ...]
    certainty: Certainty
    doubts: tuple[Doubt, ...] = ()
    change_mm: float | None = None  # of the longest diameter, against the point before


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """A lesion over time, named and placed as in its latest report that does."""

    kind: str
    region: str
    laterality: str | None
    location: str | None
    points: tuple[LesionPoint, ...]


class _Kind(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    region: str
    id: str
    names: tuple[str, ...]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    words: tuple[str, ...]


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    fields: tuple[str, ...]


class Belonging(BaseModel):
    """The data of the timeline: regions, kinds, words of place."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    regions: Mapping[str, tuple[str, ...]]
    unnamed: Mapping[str, str]
    sides: Mapping[str, tuple[str, ...]]
    filler: _Words
    examination: _Fields
    kinds: tuple[_Kind, ...]

    def region(self, template: str) -> str:
        """The region that a template looks at; a template that is not listed has one of its own."""
        return next((region for region, templates in self.regions.items() if template in templates), template)

    def kind(self, name: str, region: str) -> str:
        """The kind that a name means in a region."""
        plain = folded(name)
        return next((kind.id for kind in self.kinds if kind.region == region and plain in kind.names), plain)


@cache
def load_belonging() -> Belonging:
    """The shipped data."""
    text = resources.files("wardscribe_server.records").joinpath("timeline.toml").read_text(encoding="utf-8")
    return Belonging.model_validate(tomllib.loads(text))


def folded(text: str) -> str:
    """A name as it compares."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A lesion as one report describes it."""

    source: Source
    template: str
    language: Language
    region: str
    kind: str
    name: str
    laterality: str | None
    location: str | None
    place: frozenset[str]
    size_mm: tuple[float, ...]
    is_new: bool
    is_several: bool


class _Track:
    """A lesion while reports are read, oldest first."""

    def __init__(self, seen: _Seen) -> None:
        self.seen = [seen]
        self.points = [LesionPoint(source=seen.source, size_mm=seen.size_mm, certainty=Certainty.FIRST)]

    @property
    def last(self) -> _Seen:
        return self.seen[-1]

    def goes_on(self, seen: _Seen, doubts: frozenset[Doubt]) -> None:
        before = next((point.size_mm for point in reversed(self.points) if point.size_mm), ())
        change = max(seen.size_mm) - max(before) if seen.size_mm and before else None
        certainty = Certainty.MATCHED if not doubts else Certainty.LIKELY
        if doubts - _SLIGHT:
            certainty = Certainty.UNCERTAIN
        self.seen.append(seen)
        self.points.append(
            LesionPoint(
                source=seen.source,
                size_mm=seen.size_mm,
                certainty=certainty,
                doubts=tuple(sorted(doubts)),
                change_mm=None if change is None else round(change, 3),
            )
        )

    def lesion(self) -> Lesion:
        last = self.last
        return Lesion(
            kind=last.kind,
            region=last.region,
            laterality=next((seen.laterality for seen in reversed(self.seen) if seen.laterality), None),
            location=next((seen.location for seen in reversed(self.seen) if seen.location), None),
            points=tuple(self.points),
        )


def lesions(reports: Sequence[SignedReport]) -> tuple[Lesion, ...]:
    """Measured lesions over reports that are in the order of their dictation."""
    tracks: list[_Track] = []
    for report in reports:
        seen = list(_described(report))
        _continue(tracks, [one for one in seen if one.size_mm])
        for gone in (one for one in seen if not one.size_mm):
            fits = [(track, doubts) for track in tracks if (doubts := _doubts(track.last, gone)) is not None]
            if len(fits) == 1 and fits[0][0].last.size_mm and fits[0][0].last.source.report != gone.source.report:
                fits[0][0].goes_on(gone, fits[0][1])
    return tuple(track.lesion() for track in tracks)


def _continue(tracks: list[_Track], seen: Sequence[_Seen]) -> None:
    """Give each lesion of one report to the track that it fits best, one to one; the rest begin tracks."""
    fits = {
        (at, number): doubts
        for at, one in enumerate(seen)
        for number, track in enumerate(tracks)
        if (doubts := _doubts(track.last, one)) is not None
    }

    def order(pair: tuple[int, int]) -> tuple[int, int, float, tuple[int, int]]:
        doubts, one, before = fits[pair], seen[pair[0]], tracks[pair[1]].last
        away = abs(max(one.size_mm) - max(before.size_mm)) if before.size_mm else 0.0
        return len(doubts - _SLIGHT), len(doubts), away, pair

    given: dict[int, int] = {}
    for at, number in sorted(fits, key=order):
        if at not in given and number not in given.values():
            given[at] = number
    for at, one in enumerate(seen):
        if at not in given:
            tracks.append(_Track(one))
            continue
        own = fits[at, given[at]]
        others = [fits[pair] for pair in fits if (pair[0] == at) != (pair[1] == given[at])]
        contested = frozenset[Doubt]()
        if any(len(other - _SLIGHT) <= len(own - _SLIGHT) and len(other) <= len(own) for other in others):
            contested = frozenset({Doubt.SEVERAL_CANDIDATES})
        elif others:
            contested = frozenset({Doubt.OTHER_CANDIDATE})
        tracks[given[at]].goes_on(one, own | contested)


def _doubts(before: _Seen, now: _Seen) -> frozenset[Doubt] | None:
    """What speaks against `now` being the lesion of `before`; None when it cannot be."""
    if (before.region, before.kind) != (now.region, now.kind) or (now.is_new and now.size_mm):
        return None
    if before.laterality and now.laterality and before.laterality != now.laterality:
        return None
    doubts = set()
    if before.language is not now.language and before.place and now.place:
        doubts.add(Doubt.OTHER_LANGUAGE)
    elif not (before.place <= now.place or now.place <= before.place):
        return None
    elif not before.place and not now.place:
        doubts.add(Doubt.PLACE_MISSING)
    elif before.place != now.place:
        doubts.add(Doubt.PLACE_INCOMPLETE)
    if not before.laterality or not now.laterality:
        doubts.add(Doubt.SIDE_MISSING)
    if before.name != now.name:
        doubts.add(Doubt.NAMED_DIFFERENTLY)
    if before.template != now.template:
        doubts.add(Doubt.OTHER_EXAMINATION)
    if before.is_several or now.is_several:
        doubts.add(Doubt.SEVERAL_COUNTED)
    if before.size_mm and now.size_mm:
        small, large = sorted((max(before.size_mm), max(now.size_mm)))
        if large >= _GROWTH_THAT_IS_DOUBTED * small:
            doubts.add(Doubt.SIZE_FAR_OFF)
    return frozenset(doubts)


def _described(report: SignedReport) -> Iterator[_Seen]:
    """Every entry that a report gives a size, and every one that it calls gone."""
    belonging = load_belonging()
    region = belonging.region(report.record.template)
    for field, listed in report.record.fields.items():
        for at, entry in enumerate(listed) if isinstance(listed, list) else ():
            if not isinstance(entry, dict):
                continue
            said = next((entry[key] for key in _NAMES if key in entry), belonging.unnamed.get(field))
            is_gone = entry.get("presence") == "absent" or entry.get("change") == "resolved"
            size = () if is_gone else _sizes(entry.get("size_mm"))
            if not isinstance(said, str) or not (size or is_gone):
                continue
            laterality, location, count = (entry.get(key) for key in ("laterality", "location", "count"))
            place = location if isinstance(location, str) else None
            yield _Seen(
                source=Source(
                    report=report.report,
                    version=report.version,
                    pointer=f"/fields/{field}/{at}" + ("/size_mm" if size else ""),
                    dictated_at=report.dictated_at,
                ),
                template=report.record.template,
                language=report.record.language,
                region=region,
                kind=belonging.kind(said, region),
                name=folded(said),
                laterality=laterality if isinstance(laterality, str) else _side_in(place),
                location=place,
                place=_words_of(place),
                size_mm=size,
                is_new=entry.get("change") == "new",
                is_several=isinstance(count, int) and count > 1,
            )


def _sizes(value: JsonValue) -> tuple[float, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(size for size in listed if isinstance(size, int | float) and not isinstance(size, bool) and size > 0)


def _side_in(place: str | None) -> str | None:
    """The side that the words of a place name, when they name exactly one."""
    named = {
        side
        for side, words in load_belonging().sides.items()
        if any(word in (_latin(place) if word.isascii() else folded(place or "")) for word in words)
    }
    return named.pop() if len(named) == 1 else None


def _latin(place: str | None) -> list[str]:
    return re.findall(r"[a-z0-9']+", folded(place or ""))


def _words_of(place: str | None) -> frozenset[str]:
    """What a place says beside the side: English by word, Chinese by character."""
    belonging = load_belonging()
    dropped = {word for words in belonging.sides.values() for word in words} | set(belonging.filler.words)
    signs = re.findall(r"[一-鿿]", folded(place or ""))
    return frozenset(word for word in (*_latin(place), *signs) if word not in dropped)
