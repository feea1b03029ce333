"""Recorded audio to a record, in process: the live session's pipeline without sockets or previews."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from wardscribe_protocol.record import Language, Record
from wardscribe_server.engines.base import Hypothesis, Recogniser, SpeechDetector, Window, samples_from_pcm16
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.events import (
    Audio,
    Decode,
    Decoded,
    DetectSpeech,
    Finished,
    FlowInput,
    Speech,
    Stop,
)
from wardscribe_server.pipeline.flow import Flow, FlowSettings


def transcribe(
    blocks: Iterable[bytes],
    *,
    composer: Composer,
    recogniser: Recogniser,
    detector: SpeechDetector,
    settings: FlowSettings | None = None,
) -> Record:
    """The record of a recording given as s16le blocks. Memory does not grow with its length, only with its words."""
    return finished(blocks, composer=composer, recogniser=recogniser, detector=detector, settings=settings).record


def finished(
    blocks: Iterable[bytes],
    *,
    composer: Composer,
    recogniser: Recogniser,
    detector: SpeechDetector,
    settings: FlowSettings | None = None,
) -> Finished:
    """What a recording ends with: its record, and of a ward round over several patients the record of each."""
    flow = Flow(composer, settings=replace(settings or FlowSettings(), tails=False))
    speech = detector.stream()
    end: Finished | None = None

    def answer(event: FlowInput) -> None:
        nonlocal end
        waiting: deque[FlowInput] = deque([event])
        while waiting:
            for output in flow.handle(waiting.popleft()):
                match output:
                    case DetectSpeech(pcm):
                        waiting.append(Speech(speech.push(samples_from_pcm16(pcm))))
                    case Decode():
                        waiting.append(decoded(output, *recogniser.decode([window_of(output, composer.language)])))
                    case Finished():
                        end = output
                    case _:
                        pass

    for block in blocks:
        answer(Audio(block))
    answer(Stop())
    assert end is not None, "a stopped flow with nothing outstanding always finishes"
    return end


def window_of(request: Decode, language: Language) -> Window:
    """What the engine is asked for."""
    return Window(samples_from_pcm16(request.pcm), language, request.effort, request.terms)


def decoded(request: Decode, hypothesis: Hypothesis) -> Decoded:
    """The engine's answer, its words placed in the session."""
    first = request.span.start
    words = tuple(word.shifted(first) for word in hypothesis.words)
    return Decoded(request, hypothesis.text, words, hypothesis.alternatives)
