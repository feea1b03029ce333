"""Runs the product's lexicon over what was heard, part by part, and times it.

Asks the product's own correctors and its own `transcribe`; owns which parts there are. How the texts are judged is in
`changes`, `measures` and `term_scores`.
"""

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from changes import Change, written_in
from pairs import HeardSegment, Pair, joined

from wardscribe_client.recording import read_recording
from wardscribe_server.assembly import Readers
from wardscribe_server.engines.base import Recogniser, SpeechDetector
from wardscribe_server.lexicon import correction
from wardscribe_server.lexicon.correction import Correction, Corrector
from wardscribe_server.pipeline.flow import FlowSettings
from wardscribe_server.transcribe import transcribe

_TEMPLATE = "outpatient"  # for recordings without one: the transcript does not depend on it


class Part(StrEnum):
    """What is switched on."""

    HEARD = "heard"  # nothing: the recogniser's best hypothesis
    TEXT = "text"  # correction of that text alone
    NBEST = "nbest"  # correction with the recogniser's other hypotheses
    RECOGNISED = "recognised"  # the whole product over the audio, its lexicon off
    PRODUCT = "product"  # the whole product over the audio: biasing, other hypotheses, verification, as it has them

    @property
    def needs_audio(self) -> bool:
        """Whether it decodes anew."""
        return self in (Part.RECOGNISED, Part.PRODUCT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recording after one part. `written` is in written form and given by the parts that run the whole product."""

    pair: Pair
    text: str
    written: str | None = None
    changes: tuple[Change, ...] = ()  # places in `pair.heard`
    segment_seconds: tuple[float, ...] = ()  # what the corrector took for each segment
    audio_seconds: float = 0.0
    wall_seconds: float = 0.0


def takes_alternatives(corrector: Corrector) -> bool:
    """Whether this corrector uses the recogniser's other hypotheses."""
    return "alternatives" in inspect.signature(corrector.propose).parameters


def as_heard(pair: Pair) -> Outcome:
    """Nothing corrected."""
    return Outcome(pair, pair.heard, audio_seconds=_seconds(pair))


def with_corrector(pair: Pair, corrector: Corrector, *, nbest: bool) -> Outcome:
    """Every segment corrected by itself, as the product does with committed ones."""
    texts: list[str] = []
    changes: list[Change] = []
    seconds: list[float] = []
    for segment in pair.segments:
        if not segment.text:
            continue
        started = time.perf_counter()
        proposed = _proposed(corrector, segment, nbest=nbest)
        seconds.append(time.perf_counter() - started)
        shift = len(joined([*texts, "."], pair.language)) - 1
        changes += [Change(found.start + shift, found.end + shift, found.written) for found in proposed]
        texts.append(segment.text)
    written = written_in(pair.heard, changes)
    return Outcome(pair, written, changes=tuple(changes), segment_seconds=tuple(seconds), audio_seconds=_seconds(pair))


def _proposed(corrector: Corrector, segment: HeardSegment, *, nbest: bool) -> Sequence[Correction]:
    """What the product would write in: what a corrector is not sure of waits for evidence from the audio."""
    if nbest:
        alternatives = [correction.Alternative(text, score) for text, score in segment.nbest[1:]]
        found = corrector.propose(segment.text, alternatives=alternatives)
    else:
        found = corrector.propose(segment.text)
    return [one for one in found if not one.unsure]


def with_product(
    pair: Pair,
    recording: Path,
    readers: Readers,
    *,
    recogniser: Recogniser,
    detector: SpeechDetector,
    cut: FlowSettings,
    max_minutes: float,
    warn: Callable[[str], None],
) -> Outcome:
    """The recording through the product's own `transcribe`."""
    template = pair.template if pair.template in readers.catalog.ids else _TEMPLATE
    composer = readers.composer(template=template, language=pair.language, recognised=True)
    blocks = read_recording(recording, max_minutes=max_minutes, warn=warn)
    started = time.perf_counter()
    record = transcribe(blocks, composer=composer, recogniser=recogniser, detector=detector, settings=cut)
    wall = time.perf_counter() - started
    transcript = record.transcript
    return Outcome(pair, transcript.raw, written=transcript.text, audio_seconds=_seconds(pair), wall_seconds=wall)


def _seconds(pair: Pair) -> float:
    return sum(segment.seconds for segment in pair.segments)
