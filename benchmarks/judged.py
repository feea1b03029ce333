"""One played stream, judged: its delays, its errors against what was said and against the offline decode."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from latency import Delays, Late, growth, quantiles
from measures import Edits, compare
from neutral import neutral, neutral_units
from pydantic import JsonValue
from scoring import Figures
from speech import SpokenStream
from traces import Trace

from wardscribe_protocol.record import Language

RATE_NAME = {Language.EN: "wer", Language.ZH: "cer"}
_SAID_AGAIN = "revised"  # the written form of a segment changed because of later words; no word was recognised anew


@dataclass(frozen=True, slots=True)
class Errors:
    """Edits in neutral form: what stood committed, the final text and the offline decode, against what was said."""

    commits: Edits
    finals: Edits
    offline: Edits
    commits_to_offline: Edits
    finals_to_offline: Edits

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.commits + other.commits,
            self.finals + other.finals,
            self.offline + other.offline,
            self.commits_to_offline + other.commits_to_offline,
            self.finals_to_offline + other.finals_to_offline,
        )

    def figures(self, rate: str) -> Figures:
        """Rates, pooled; `finals_points_worse` is the difference to the offline decode in percentage points."""
        return {
            f"{rate}_commits": round(self.commits.rate, 4),
            f"{rate}_finals": round(self.finals.rate, 4),
            f"{rate}_offline": round(self.offline.rate, 4),
            f"{rate}_commits_to_offline": round(self.commits_to_offline.rate, 4),
            f"{rate}_finals_to_offline": round(self.finals_to_offline.rate, 4),
            "commits_points_worse": round(100 * (self.commits.rate - self.offline.rate), 2),
            "finals_points_worse": round(100 * (self.finals.rate - self.offline.rate), 2),
            "reference": self.commits.reference,
            "finals_edits": {
                "substitutions": self.finals.substitutions,
                "deletions": self.finals.deletions,
                "insertions": self.finals.insertions,
            },
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """What one speaker got."""

    stream: SpokenStream
    delays: Delays
    errors: Errors
    corrections: Mapping[str, int]  # committed units that the server said it replaced, by why
    revised_units: int  # edits between what stood committed and the final text: what a reader saw change
    unfinished: str | None
    latest_frame_s: float
    most_lag_s: float
    cpu_s: float
    memory_mb: float

    def row(self) -> Figures:
        """Figures of this stream alone."""
        return {
            "stream": self.stream.name,
            "recordings": [part.recording.id for part in self.stream.parts],
            "failure": self.unfinished,
            **judged_figures([self]),
        }


def judge(stream: SpokenStream, trace: Trace, late: Delays, *, offline: str, cpu_s: float, memory_mb: float) -> Judged:
    """Judge what came back for one stream."""
    language = stream.language

    def errors(said: str, heard: str) -> Edits:
        return compare(neutral(said, language), neutral(heard, language), language=language)

    commits, finals = trace.committed_text, trace.final_text
    corrections: Counter[str] = Counter()
    for item in trace.corrections:
        if item.why != _SAID_AGAIN:
            corrections[item.why] += max(1, len(neutral_units(item.heard, language)))
    return Judged(
        stream=stream,
        delays=late,
        errors=Errors(
            commits=errors(stream.text, commits),
            finals=errors(stream.text, finals),
            offline=errors(stream.text, offline),
            commits_to_offline=errors(offline, commits),
            finals_to_offline=errors(offline, finals),
        ),
        corrections=corrections,
        revised_units=late.withdrawn + (errors(commits, finals).errors if trace.finals else 0),
        unfinished=trace.failure,
        latest_frame_s=trace.latest_frame_s,
        most_lag_s=trace.most_lag_s,
        cpu_s=cpu_s,
        memory_mb=memory_mb,
    )


def judged_figures(judged: Sequence[Judged]) -> Figures:
    """Figures over streams, pooled: quantiles over all units of all streams."""

    def all_of(kind: Callable[[Delays], Sequence[Late]]) -> list[Late]:
        return [late for one in judged for late in kind(one.delays)]

    audio_s = sum(one.stream.seconds for one in judged)
    units, committed = sum(one.delays.units for one in judged), sum(one.delays.committed for one in judged)
    commit = all_of(lambda of: of.commit)
    finished = [Late(0.0, one.delays.finish_s) for one in judged if one.delays.finish_s is not None]
    slopes = [slope for one in judged if (slope := growth(one.delays.commit)) is not None]
    figures: Figures = {
        "streams": len(judged),
        "audio_s": round(audio_s, 1),
        "unfinished": sum(one.unfinished is not None for one in judged),
        "commit_latency_s": quantiles(commit),
        "first_seen_latency_s": quantiles(all_of(lambda of: of.first_seen)),
        "final_latency_s": quantiles(all_of(lambda of: of.final)),
        "finish_latency_s": quantiles(finished),
        "commit_growth_s_per_minute": {"median": round(median(slopes), 3), "max": max(slopes)} if slopes else None,
        "units_said": units,
        "units_timed": len(commit),
        "units_committed": committed,
        "revised_share": _share(sum(one.revised_units for one in judged), committed),
        "withdrawn_share": _share(sum(one.delays.withdrawn for one in judged), committed),
        "corrected_share": _share(sum(sum(one.corrections.values()) for one in judged), committed),
        "most_lag_said_s": round(max(one.most_lag_s for one in judged), 2),
        "server_cpu_factor": _share(sum(one.cpu_s for one in judged), audio_s),
        "server_peak_memory_mb": round(max(one.memory_mb for one in judged)),
        "client_latest_frame_s": round(max(one.latest_frame_s for one in judged), 3),
    }
    for language in Language:
        own = [one.errors for one in judged if one.stream.language is language]
        if own:
            whole = own[0]
            for one in own[1:]:
                whole = whole + one
            figures[language.value] = whole.figures(RATE_NAME[language])
    return figures


def _share(part: float, whole: float) -> JsonValue:
    return round(part / whole, 4) if whole else None
