"""How late words came, how many were changed afterwards, and whether it got later and later. Pure functions of traces.

A unit is a word, or a character in Chinese, in neutral form. Its latency is counted from the moment when the frame with
its last sound was captured, by the offline decode's word times; only units that both texts have are counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from alignment import matches
from neutral import neutral_units
from offline import SaidUnit
from scoring import Figures
from traces import Shown, Trace

_GLIMPSED_UNITS = 120  # how far back a preview is compared
_MIN_FOR_SLOPE = 10


@dataclass(frozen=True, slots=True)
class Late:
    """When a unit was said and how long it took to appear."""

    said_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Delays:
    """All that is measured in seconds for one stream."""

    commit: tuple[Late, ...]
    first_seen: tuple[Late, ...]
    final: tuple[Late, ...]  # of the last unit of each segment
    finish_s: float | None
    units: int  # said, by the offline decode
    withdrawn: int  # units that stood as committed in a snapshot and not in the end
    committed: int


def delays(trace: Trace, said: Sequence[SaidUnit], *, frame_s: float) -> Delays:
    """Everything that is late in one stream; frames are captured every `frame_s`."""
    snapshots = [(shown.at_s, neutral_units(shown.text, trace.language)) for shown in trace.committed]
    standing, stood_at, withdrawn = settled(snapshots)
    captured = [ceil(round(unit.end_s / frame_s, 6)) * frame_s for unit in said]
    texts = [unit.text for unit in said]
    stood = {place: stood_at[index] for index, place in matches(standing, texts)}
    commit = tuple(Late(captured[place], at_s - captured[place]) for place, at_s in stood.items())
    seen = dict(stood)
    for place, at_s in _glimpses(trace, snapshots, said):
        seen[place] = min(seen.get(place, inf), at_s)
    return Delays(
        commit=commit,
        first_seen=tuple(Late(captured[place], at_s - captured[place]) for place, at_s in sorted(seen.items())),
        final=tuple(_final_delays(trace, texts, captured)),
        finish_s=None if trace.closed_s is None or trace.stopped_s is None else trace.closed_s - trace.stopped_s,
        units=len(said),
        withdrawn=withdrawn,
        committed=len(standing),
    )


def settled(snapshots: Sequence[tuple[float, Sequence[str]]]) -> tuple[list[str], list[float], int]:
    """The units that stood in the end, since when each has stood without a change, and how many others ever stood."""
    if not snapshots:
        return [], [], 0
    standing = list(snapshots[-1][1])
    since = [snapshots[-1][0]] * len(standing)
    unbroken, withdrawn = len(standing), 0
    following: Sequence[str] = standing
    for at_s, units in reversed(snapshots[:-1]):
        withdrawn += max(0, len(units) - _common(units, following))
        unbroken = min(unbroken, _common(units, standing))
        since[:unbroken] = [at_s] * unbroken
        following = units
    return standing, since, withdrawn


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many first units are the same."""
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return index
    return min(len(left), len(right))


def _glimpses(
    trace: Trace, snapshots: Sequence[tuple[float, Sequence[str]]], said: Sequence[SaidUnit]
) -> Iterator[tuple[int, float]]:
    """Places in `said` that a preview shows, and when it does."""
    for shown in trace.tails:
        preview = neutral_units(shown.text, trace.language)
        if not preview:
            continue
        standing = next((units for at_s, units in reversed(snapshots) if at_s <= shown.at_s), [])
        visible = [*standing, *preview][-_GLIMPSED_UNITS:]
        possible = _said_before(said, shown.at_s)
        first = max(0, len(possible) - 2 * _GLIMPSED_UNITS)
        # What stood already helps to find the place, but only the preview's own units are seen for the first time.
        new_from = len(visible) - len(preview)
        for index, place in matches(visible, [unit.text for unit in possible[first:]], open_right=True):
            if index >= new_from:
                yield first + place, shown.at_s


def _said_before(said: Sequence[SaidUnit], at_s: float) -> Sequence[SaidUnit]:
    return said[: next((index for index, unit in enumerate(said) if unit.start_s > at_s), len(said))]


def _final_delays(trace: Trace, texts: Sequence[str], captured: Sequence[float]) -> Iterator[Late]:
    """For each segment the time from its last unit to its first final text."""
    first: dict[int, Shown] = {}
    for final in trace.finals:
        first.setdefault(final.segment, Shown(final.at_s, final.text))
    whole: list[str] = []
    spans: list[tuple[int, int, float]] = []  # where in `whole` a segment's text stands, and when it was said
    for _, shown in sorted(first.items()):
        start = len(whole)
        whole += neutral_units(shown.text, trace.language)
        spans.append((start, len(whole), shown.at_s))
    place_of = dict(matches(whole, texts))
    for start, end, at_s in spans:
        last = max((place_of[index] for index in range(start, end) if index in place_of), default=None)
        if last is not None:
            yield Late(captured[last], at_s - captured[last])


def quantiles(late: Sequence[Late]) -> Figures | None:
    """p50, p95 and maximum in seconds; None when there is nothing to measure."""
    if not late:
        return None
    seconds = np.array([one.seconds for one in late])
    return {
        "p50": round(float(np.quantile(seconds, 0.5)), 3),
        "p95": round(float(np.quantile(seconds, 0.95)), 3),
        "max": round(float(seconds.max()), 3),
    }


def growth(late: Sequence[Late]) -> float | None:
    """By how many seconds the delay grows in a minute of speech (least squares); None for too few units.

    Theil and Sen's median of slopes would be sturdier, but a queue that fills is a straight line.
    """
    if len(late) < _MIN_FOR_SLOPE:
        return None
    said = np.array([one.said_s for one in late])
    if np.ptp(said) == 0:
        return None
    return round(float(np.polyfit(said, [one.seconds for one in late], 1)[0]) * 60, 3)
