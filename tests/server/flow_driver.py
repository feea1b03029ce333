"""Carries out what a flow asks for, without engines: the driver of the tests of the flow."""

from collections import deque
from functools import cache

from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.events import (
    Audio,
    Decode,
    Decoded,
    DetectSpeech,
    Dropped,
    Finished,
    FlowInput,
    FlowOutput,
    Speech,
)
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.heard import CHUNK_SAMPLES, Effort, HeardWord


@cache
def readers() -> Readers:
    return Readers(ServerSettings())


def new_flow(*, language: Language = Language.EN, template: str = "chest_xray") -> Flow:
    return Flow(readers().composer(template=template, language=language, recognised=False))


class Driver:
    """Carries out a flow's requests at once, the way a server with an infinitely fast engine would."""

    def __init__(self, flow: Flow, texts: list[str], *, answer_tails: bool = True) -> None:
        self.flow = flow
        self.texts = deque(texts)
        self.answer_tails = answer_tails
        self.outputs: list[FlowOutput] = []
        self.held_samples = 0
        self.preview = "so far"
        self._pending = b""

    def feed(self, event: FlowInput) -> None:
        waiting: deque[FlowInput] = deque([event])
        while waiting:
            for output in self.flow.handle(waiting.popleft()):
                self.outputs.append(output)
                match output:
                    case DetectSpeech(pcm):
                        waiting.append(Speech(self._loud(pcm)))
                    case Decode(effort=Effort.TAIL):
                        waiting.append(self.ahead(output) if self.answer_tails else Dropped(output))
                    case Decode(effort=Effort.AGAIN, terms=()):
                        waiting.append(Decoded(output, *self.together(output.span)))
                    case Decode():
                        waiting.append(Decoded(output, *self._heard(output.span)))
                    case _:
                        pass
        self.held_samples = max(self.held_samples, self.flow.samples - self.flow.consumed_samples)

    def ahead(self, request: Decode) -> Decoded:
        """The preview, said so lately that none of it can be committed."""
        now = Span(request.span.end, request.span.end)
        return Decoded(request, self.preview, tuple(HeardWord(word, now, 0.9) for word in self.preview.split()))

    def together(self, _: Span) -> tuple[str, tuple[HeardWord, ...]]:
        """What segments heard together are heard as: nothing, so that each stands as it was heard alone."""
        return "", ()

    def say(self, *stretches: tuple[bool, float]) -> None:
        for loud, seconds in stretches:
            for _ in range(round(seconds * 10)):
                self.feed(Audio((b"\x00\x20" if loud else b"\x00\x00") * (SAMPLE_RATE // 10)))

    def of(self, kind: type[FlowOutput]) -> list[FlowOutput]:
        return [output for output in self.outputs if isinstance(output, kind)]

    def record(self) -> Record:
        (finished,) = self.of(Finished)
        assert isinstance(finished, Finished)
        return finished.record

    def _loud(self, pcm: bytes) -> list[float]:
        self._pending += pcm
        chunks = len(self._pending) // (2 * CHUNK_SAMPLES)
        parts = [self._pending[index * 2 * CHUNK_SAMPLES : (index + 1) * 2 * CHUNK_SAMPLES] for index in range(chunks)]
        self._pending = self._pending[chunks * 2 * CHUNK_SAMPLES :]
        return [float(any(part)) for part in parts]

    def _heard(self, span: Span) -> tuple[str, tuple[HeardWord, ...]]:
        text = self.texts.popleft() if self.texts else ""
        words = text.split()
        step = len(span) // max(len(words), 1)
        spans = [Span(span.start + index * step, span.start + (index + 1) * step) for index in range(len(words))]
        return text, tuple(HeardWord(word, where, 0.9) for word, where in zip(words, spans, strict=True))
