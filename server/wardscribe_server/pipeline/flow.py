"""One dictation as a pure state machine: audio, speech probabilities and hypotheses in; updates and requests out.

It owns what was said and in which order. It does no I/O, has no clock and never waits: whoever drives it carries out
its requests (`DetectSpeech`, `Decode`) and hands the answers back. At most one final and one tail are outstanding.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from pydantic import JsonValue

from wardscribe_protocol.record import Check, Evidence, Record
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE, Span
from wardscribe_server.pipeline.compose import Composed, Composer, leaves
from wardscribe_server.pipeline.endpoint import Endpointer, EndpointSettings
from wardscribe_server.pipeline.finals import Final, FinalTexts
from wardscribe_server.pipeline.heard import Effort, HeardWord
from wardscribe_server.pipeline.values import Utterance, Word, WordId, words_from_text
from wardscribe_server.pipeline.writing.edits import DICTATE, EditLog
from wardscribe_server.pipeline.writing.revisions import held_back

# What goes in


@dataclass(frozen=True, slots=True)
class Audio:
    """The next samples (s16le, 16 kHz mono); the driver has put them in order already."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Speech:
    """The answer to `DetectSpeech`: the probability of speech in each chunk of 512 samples now complete."""

    probabilities: Sequence[float]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The answer to `Decode`."""

    request: "Decode"
    text: str
    words: tuple[HeardWord, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """The driver did not carry out a tail (something more urgent came)."""

    request: "Decode"


@dataclass(frozen=True, slots=True)
class Edit:
    """A person set a field, or removed it (`value` None)."""

    pointer: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Instruct:
    """A person gave a command by key or button: the same as saying it between two pauses, here and now."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Finalize:
    """Close what is open and make everything said so far final."""


@dataclass(frozen=True, slots=True)
class Stop:
    """No more audio will come."""


FlowInput = Audio | Speech | Decoded | Dropped | Edit | Instruct | Finalize | Stop


# What comes out: requests to the driver


@dataclass(frozen=True, slots=True)
class DetectSpeech:
    """Run the speech detector over these samples."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Decode:
    """Recognise these samples; `span` is where they lie in the session."""

    segment: int
    span: Span
    effort: Effort
    pcm: bytes = field(repr=False)


# What comes out: updates for whoever watches


@dataclass(frozen=True, slots=True)
class Tail:
    """Preview of the open segment; replaces the previous one."""

    text: str


@dataclass(frozen=True, slots=True)
class Committed:
    """Words that will not change."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class FieldChanged:
    """A leaf of the record has a new value, or none any more."""

    pointer: str
    value: JsonValue  # None when withdrawn
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class CheckChanged:
    """A pre-sign check speaks up, or what it found is settled."""

    check: Check
    settled: bool


@dataclass(frozen=True, slots=True)
class CommandIgnored:
    """A command by key or button found nothing to act on (a phrase that is not in the text); nothing has changed."""


@dataclass(frozen=True, slots=True)
class Finalized:
    """Everything said before `Finalize` is final."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything said before `Stop` is in the record; `log` is how its text came about."""

    record: Record
    log: EditLog


FlowOutput = (
    DetectSpeech
    | Decode
    | Tail
    | Committed
    | Final
    | FieldChanged
    | CheckChanged
    | CommandIgnored
    | Finalized
    | Finished
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSettings:
    """How a session is cut and how often it is previewed."""

    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    tails: bool = True
    tail_step_samples: int = SAMPLE_RATE  # new audio between two previews


class Flow:
    """One dictation, from its first sample to its record."""

    def __init__(self, composer: Composer, *, settings: FlowSettings | None = None) -> None:
        self._settings = settings or FlowSettings()
        self._composer = composer
        self._endpointer = Endpointer(self._settings.endpoint)
        self._audio = _AudioBuffer()
        self._waiting: deque[Decode | _Instruction] = deque()  # finals not yet requested, and commands between them
        self._final: Decode | None = None  # outstanding
        self._tail: Decode | None = None  # outstanding
        self._tail_reached = 0  # sample up to which the last tail was asked for
        self._segments = 0
        self._words = 0
        self._utterances: list[Utterance] = []
        self._edits: dict[str, JsonValue] = {}
        self._finals = FinalTexts()
        self._composed: Composed | None = None
        self._finalizing = 0
        self._stopped = False
        self._finished = False

    @property
    def samples(self) -> int:
        """Samples received."""
        return self._audio.end

    @property
    def consumed_samples(self) -> int:
        """Audio before this is not held any more; whoever sends audio is bounded by it, whatever the engine's speed."""
        return self._audio.start

    @property
    def undecoded_samples(self) -> int:
        """Speech that waits for its final text."""
        waiting = [item for item in self._waiting if isinstance(item, Decode)]
        return sum(len(decode.span) for decode in [*([self._final] if self._final else []), *waiting])

    def handle(self, event: FlowInput) -> Iterator[FlowOutput]:
        """Take one input; yield what follows from it."""
        match event:
            case Audio(pcm):
                self._audio.append(pcm)
                yield DetectSpeech(pcm)
            case Speech(probabilities):
                for span in self._endpointer.push(probabilities):
                    self._close(span)
                yield from self._requests()
            case Decoded(request, text, words):
                yield from self._decoded(request, text, words)
            case Dropped(request):
                if self._tail is request:
                    self._tail = None
            case Edit(pointer, value):
                yield from self._edited(pointer, value)
            case Instruct(name, argument):
                phrase = self._composer.command(name, argument)  # raises UnknownCommand, and then nothing has changed
                self._flush()
                self._waiting.append(_Instruction(self._segments, phrase))
                self._segments += 1
                yield from self._requests()
            case Finalize():
                self._finalizing += 1
                self._flush()
                yield from self._requests()
            case Stop():
                self._stopped = True
                self._flush()
                yield from self._requests()
            case _:
                assert_never(event)

    def _flush(self) -> None:
        span = self._endpointer.flush(self._audio.end)
        if span is not None:
            self._close(span)

    def _close(self, span: Span) -> None:
        self._waiting.append(Decode(self._segments, span, Effort.FINAL, self._audio.read(span)))
        self._segments += 1

    def _requests(self) -> Iterator[FlowOutput]:
        """What should be asked for now, and what is complete now."""
        while self._final is None and self._waiting:
            match self._waiting.popleft():
                case Decode() as request:
                    self._final = request
                    yield request
                case _Instruction(segment, phrase):
                    yield from self._said(segment, _by_hand(phrase, first_id=self._words))
        held = [decode.span.start for decode in ([self._final] if self._final else [])]
        self._audio.forget(min([self._endpointer.needed_from, *held]))
        yield from self._preview()
        if self._final is None and not self._waiting:
            if self._composed is not None and (self._finalizing or self._stopped):
                yield from self._finals.update(self._composed.written, settled=True)
            yield from (Finalized() for _ in range(self._finalizing))
            self._finalizing = 0
            if self._stopped and not self._finished:
                self._finished = True
                composed = self._compose_now()
                yield Finished(composed.record, composed.log)

    def _preview(self) -> Iterator[Decode]:
        span = self._endpointer.open
        if not self._settings.tails or span is None or self._tail is not None or self._stopped:
            return
        if span.end - max(self._tail_reached, span.start) < self._settings.tail_step_samples:
            return
        self._tail_reached = span.end
        self._tail = Decode(self._segments, span, Effort.TAIL, self._audio.read(span))
        yield self._tail

    def _decoded(self, request: Decode, text: str, words: tuple[HeardWord, ...]) -> Iterator[FlowOutput]:
        if request is self._tail:
            self._tail = None
            if request.segment == self._segments and self._endpointer.open is not None and text:
                yield Tail(self._composer.preview(text))
        elif request is self._final:
            self._final = None
            yield from self._commit(request, words)
        yield from self._requests()

    def _commit(self, request: Decode, words: tuple[HeardWord, ...]) -> Iterator[FlowOutput]:
        if not words:
            return
        committed = tuple(
            Word(WordId(self._words + index), word.text, word.span, word.confidence) for index, word in enumerate(words)
        )
        yield Committed(committed)
        yield from self._said(request.segment, Utterance(committed))

    def _said(self, segment: int, utterance: Utterance) -> Iterator[FlowOutput]:
        self._words += len(utterance.words)
        before = self._composed
        composed = self._composer.compose([*self._utterances, utterance], edits=self._edits)
        if utterance.by_hand and _became_text(composed.log, len(self._utterances)):
            yield CommandIgnored()
            return
        self._utterances.append(utterance)
        self._composed = composed
        first = utterance.words[0].id
        self._finals.add(segment, first_word=first, corrections=composed.corrections.get(first, ()))
        settled = not held_back(self._utterances, language=self._composer.language)
        yield from self._finals.update(composed.written, settled=settled)
        yield from _differences(before, composed)

    def _edited(self, pointer: str, value: JsonValue) -> Iterator[FlowOutput]:
        """Raises: BadPointer, and then nothing has changed."""
        before, edits = self._composed, self._edits | {pointer: value}
        composed = self._composer.compose(self._utterances, edits=edits)
        self._edits, self._composed = edits, composed
        yield from _differences(before, composed)

    def _compose_now(self) -> Composed:
        self._composed = self._composer.compose(self._utterances, edits=self._edits)
        return self._composed


@dataclass(frozen=True, slots=True)
class _Instruction:
    segment: int
    phrase: str


def _became_text(log: EditLog, utterance: int) -> bool:
    return any(entry.utterance == utterance and entry.action == DICTATE for entry in log.entries)


def _by_hand(phrase: str, *, first_id: int) -> Utterance:
    (utterance,) = words_from_text(phrase, first_id=first_id)
    return replace(utterance, by_hand=True)


def _differences(before: Composed | None, after: Composed) -> Iterator[FieldChanged | CheckChanged]:
    old = leaves(before.record.fields) if before else {}
    new = leaves(after.record.fields)
    old_evidence = before.record.evidence if before else {}
    for pointer in sorted(old.keys() - new.keys()):
        yield FieldChanged(pointer, None, None)
    for pointer, value in new.items():
        evidence = after.record.evidence.get(pointer)
        if pointer not in old or old[pointer] != value or old_evidence.get(pointer) != evidence:
            yield FieldChanged(pointer, value, evidence)
    raised = before.record.checks if before else ()
    yield from (CheckChanged(check, settled=False) for check in after.record.checks if check not in raised)
    yield from (CheckChanged(check, settled=True) for check in raised if check not in after.record.checks)


class _AudioBuffer:
    """Samples `[start, end)` of the session, s16le."""

    def __init__(self) -> None:
        self.start = 0
        self._pcm = bytearray()

    @property
    def end(self) -> int:
        return self.start + len(self._pcm) // BYTES_PER_SAMPLE

    def append(self, pcm: bytes) -> None:
        self._pcm += pcm

    def read(self, span: Span) -> bytes:
        first = (span.start - self.start) * BYTES_PER_SAMPLE
        return bytes(self._pcm[first : first + len(span) * BYTES_PER_SAMPLE])

    def forget(self, before: int) -> None:
        count = max(0, min(before, self.end) - self.start)
        del self._pcm[: count * BYTES_PER_SAMPLE]
        self.start += count
