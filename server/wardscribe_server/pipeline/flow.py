"""One dictation as a pure state machine: audio, speech probabilities and hypotheses in; updates and requests out.

It owns what was said and in which order. It does no I/O, has no clock and never waits: whoever drives it carries out
its requests (`DetectSpeech`, `Decode`) and hands the answers back. While a segment is spoken, tails commit its words as
the frontier passes them; at its end a final hears it once more. Then it is heard again where there are doubts, and with
the segments before it, while tails go on. At most one of all these and one tail are outstanding, and beside what is
heard again the final of a pause that may end the segment.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from wardscribe_protocol.timeline import SAMPLE_RATE, Span, samples_from_ms
from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.pipeline.audio_buffer import AudioBuffer
from wardscribe_server.pipeline.compose import Composed, Composer
from wardscribe_server.pipeline.endpoint import Endpointer, EndpointSettings
from wardscribe_server.pipeline.events import (
    Audio,
    CommandIgnored,
    Committed,
    Confirm,
    Decode,
    Decoded,
    DetectSpeech,
    Dropped,
    Edit,
    Finalize,
    Finalized,
    Finished,
    FlowInput,
    FlowOutput,
    Instruct,
    Know,
    Paced,
    Speech,
    Stop,
    Tail,
)
from wardscribe_server.pipeline.finals import FinalTexts
from wardscribe_server.pipeline.frontier import Frontier, FrontierSettings
from wardscribe_server.pipeline.heard import Effort, HeardWord
from wardscribe_server.pipeline.held import BEFORE_ALL_WORDS, NO_HOLDINGS, HeldValues
from wardscribe_server.pipeline.pointers import BadPointer
from wardscribe_server.pipeline.rehearing import Alone, Together, heard_together
from wardscribe_server.pipeline.second_pass import second_pass
from wardscribe_server.pipeline.told import Standing, Told, differences
from wardscribe_server.pipeline.values import Utterance, WordId, joined, words_from_text
from wardscribe_server.pipeline.verification import Questions, verified
from wardscribe_server.pipeline.writing.edits import DICTATE, EditLog
from wardscribe_server.pipeline.writing.revisions import held_back

_MOST_EDITED_CHARACTERS = 1_000_000  # of all edits of a session, which are composed anew after each of them
_BEHIND_SAMPLES = 3 * SAMPLE_RATE  # uncommitted speech up to this is no lag: the frontier's margin, a step, a decode


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSettings:
    """How a session is cut and how often its words are asked for while it goes on."""

    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    frontier: FrontierSettings = field(default_factory=FrontierSettings)
    tails: bool = True
    tail_step_ms: int = 500  # new audio between two decodes of the segment that is being spoken
    hold_ms: int = 90  # silence from which no tail is begun: the pause decides in a moment
    verify: bool = True  # put the lexicon's doubts to the audio
    together_ms: int = 16_000  # segments within so much are heard once more as one; 0: never


class Flow:
    """One dictation, from its first sample to its record."""

    def __init__(self, composer: Composer, *, settings: FlowSettings | None = None, rebuilding: bool = False) -> None:
        """`rebuilding`: it is given inputs that another flow has had, and nobody listens until `rebuilt`."""
        self._settings = settings or FlowSettings()
        self._composer = composer
        self._endpointer = Endpointer(self._settings.endpoint)
        self._audio = AudioBuffer()
        self._frontier = Frontier(self._settings.frontier)
        self._waiting: deque[Decode | _Instruction] = deque()  # finals not yet requested, and commands between them
        self._final: Decode | None = None  # outstanding
        self._doubted: _Doubted | None = None  # what the outstanding final was heard as, and is heard again for
        self._together = Together(longest_ms=self._settings.together_ms)
        self._joint: Decode | None = None  # the outstanding final, where it is of several segments
        self._changed: deque[_Doubted] = deque()  # what reads otherwise now, its doubts not yet put
        self._reread: list[_Doubted] = []  # the same, its doubts put; all of it stands at once
        self._early: _Early | None = None  # the final of a pause that may be the end of the segment
        self._tail: Decode | None = None  # outstanding
        self._tail_reached = 0  # sample up to which the last tail was asked for
        self._step_samples = samples_from_ms(self._settings.tail_step_ms)
        self._segments = 0
        self._words = 0
        self._utterances: list[Utterance] = []
        self._held = NO_HOLDINGS
        self._finals = FinalTexts()
        self._composed: Composed | None = None
        self._finalizing = 0
        self._stopped = False
        self._finished = False
        self._rebuilding = rebuilding
        self._finalized = 0

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
        """Speech whose words are later than they should be."""
        finals = sum(len(decode.span) for decode in self._unheard)
        span = self._endpointer.open
        if span is None:
            return finals
        return finals + max(0, span.end - max(span.start, self._frontier.end) - _BEHIND_SAMPLES)

    @property
    def uncommitted_from(self) -> int:
        """Sample from which speech, if there is any, is not committed: how urgent the next decode is."""
        if self._unheard:
            return self._unheard[0].span.start
        span = self._endpointer.open
        return self.samples if span is None else max(span.start, self._frontier.end)

    @property
    def _unheard(self) -> list[Decode]:
        """Finals without an answer, in order. What is only heard again is none: its words are known."""
        waiting = [item for item in self._waiting if isinstance(item, Decode)]
        return waiting if self._final is None or self._final.effort is Effort.AGAIN else [self._final, *waiting]

    @property
    def stale_samples(self) -> int:
        """How much newer audio a tail asked for now would hear than the outstanding one."""
        span = self._endpointer.open
        return 0 if self._tail is None or span is None else max(0, span.end - self._tail.span.end)

    @property
    def step_samples(self) -> int:
        """New audio between two tails."""
        return self._step_samples

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
            case Decoded():
                yield from self._decoded(event)
                yield from self._requests()
            case Dropped(request):
                if self._tail is request:
                    self._tail = None
                yield from self._requests()
            case Edit(pointer, value):
                composed = self._standing
                held = composed.held.edited(pointer, value, proposed=composed.proposed)
                yield from self._holding(held)
            case Confirm(pointer):
                composed = self._standing
                fields, evidence = composed.record.fields, composed.record.evidence
                held = composed.held.confirm(pointer, proposed=composed.proposed, fields=fields, evidence=evidence)
                yield from self._holding(held)
            case Know(context):
                before, self._composer.context = self._composed, context
                yield from differences(Standing.of(before), Standing.of(self._compose_now()))
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
            case Paced(step_samples):
                self._step_samples = step_samples
            case _:
                assert_never(event)

    def rebuilt(self, told: Told) -> Iterator[FlowOutput]:
        """The inputs of the past are through: what stands, less what the client was told. From now on it listens."""
        self._rebuilding = False
        self._words = max(self._words, told.words)  # an id that was given is never given again
        self._finals.told(told.finals, told.heard_again)
        unanswered = self._finalized - told.finalized
        if self._utterances or self._composed is not None:
            composed = self._compose_now()
            settled = self._settled or unanswered > 0
            yield from self._finals.update(composed.written, composed.corrections, settled=settled)
            yield from differences(told.standing, Standing.of(composed))
        yield from (Finalized() for _ in range(unanswered))
        yield from self._requests()

    @property
    def _standing(self) -> Composed:
        """What stands now; while rebuilding nothing is composed until somebody asks."""
        return self._compose_now() if self._rebuilding or self._composed is None else self._composed

    @property
    def _settled(self) -> bool:
        return not held_back(self._utterances, language=self._composer.language)

    def _flush(self) -> None:
        span = self._endpointer.flush(self._audio.end)
        if span is not None:
            self._close(span)

    def _close(self, span: Span) -> None:
        """The open segment ends as `span`. If that was foreseen, its final has been asked for already."""
        early = self._early
        if early is not None and early.request.segment == self._segments and early.request.span == span:
            self._waiting.append(early.request)
        else:
            self._waiting.append(Decode(self._segments, span, Effort.FINAL, self._audio.read(span)))
        self._segments += 1

    def _requests(self) -> Iterator[FlowOutput]:
        """What should be asked for now, and what is complete now."""
        while self._final is None and self._waiting:
            match self._waiting.popleft():
                case Decode() as request:
                    self._final = request
                    early, self._early = self._early, None
                    if early is None or early.request is not request:
                        yield request
                    elif early.answer is not None:
                        yield from self._decoded(early.answer)
                case _Instruction(segment, phrase):
                    yield from self._by_hand(segment, phrase)
        self._audio.forget(min([self._endpointer.needed_from, *(decode.span.start for decode in self._unheard)]))
        yield from self._ahead()
        if self._final is None and not self._waiting:
            composed = self._composed
            if composed is not None and not self._rebuilding and (self._finalizing or self._stopped):
                yield from self._finals.update(composed.written, composed.corrections, settled=True)
            yield from (Finalized() for _ in range(self._finalizing))
            self._finalized += self._finalizing
            self._finalizing = 0
            if self._stopped and not self._finished and not self._rebuilding:
                self._finished = True
                self._composer.forget()  # the record that is kept never rests on what was remembered
                composed = self._compose_now()
                yield Finished(composed.record, composed.log, composed.parts if len(composed.parts) > 1 else ())

    def _ahead(self) -> Iterator[Decode]:
        """Ask for words of the segment that is being spoken; not before those of the segments behind it."""
        span = self._endpointer.open
        if not self._settings.tails or span is None or self._waiting or self._unheard or self._stopped:
            return
        pause = self._endpointer.pause
        if pause is not None:
            yield from self._ask_early(pause)
        elif self._endpointer.silence_samples < samples_from_ms(self._settings.hold_ms):
            yield from self._ask_tail(span)

    def _ask_early(self, pause: Span) -> Iterator[Decode]:
        early = self._early
        if early is not None and (early.answer is None or early.request.span == pause):
            return
        self._early = _Early(Decode(self._segments, pause, Effort.FINAL, self._audio.read(pause)))
        yield self._early.request

    def _ask_tail(self, span: Span) -> Iterator[Decode]:
        if self._tail is not None or span.end - max(self._tail_reached, span.start) < self._step_samples:
            return
        self._tail_reached = span.end
        window = Span(self._frontier.window_start(span.start), span.end)
        self._tail = Decode(self._segments, window, Effort.TAIL, self._audio.read(window))
        yield self._tail

    def _decoded(self, answer: Decoded) -> Iterator[FlowOutput]:
        request = answer.request
        is_open = request.segment == self._segments and self._endpointer.open is not None
        if request is self._tail:
            self._tail = None
            if is_open and answer.words:
                yield from self._commit(answer.words, heard_to=request.span.end)
        elif request is self._final:
            self._final = None
            doubted, self._doubted = self._doubted, None
            if request is self._joint:
                self._joint = None
                yield from self._heard_together(answer)
            elif doubted is not None and doubted.questions is not None:
                yield from self._settle(doubted, verified(doubted.utterance, doubted.questions, answer.text))
            else:
                yield from self._final_heard(request, answer)
        elif self._early is not None and request is self._early.request:
            self._early.answer = answer
            if is_open and answer.words:
                yield from self._commit(answer.words, heard_to=None)

    def _commit(self, heard: Sequence[HeardWord], *, heard_to: int | None) -> Iterator[FlowOutput]:
        new, rest = self._frontier.advance(heard, heard_to=heard_to, next_id=self._words)
        self._words += len(new)
        if new:
            yield Committed(new)
        if not self._rebuilding:
            yield Tail(self._composer.preview(joined([word.text for word in rest])[0]) if rest else "")

    def _final_heard(self, request: Decode, answer: Decoded) -> Iterator[FlowOutput]:
        passed = second_pass(self._frontier.words, answer.words, next_id=self._words)
        self._frontier.clear()
        self._words += len(passed.new)
        if passed.new:
            yield Committed(passed.new)
        if passed.words:
            utterance = Utterance(passed.words, alternatives=answer.alternatives)
            yield from self._ask_or_settle(_Doubted(request, utterance, passed.corrections))

    def _ask_or_settle(self, heard: "_Doubted") -> Iterator[FlowOutput]:
        """Put the doubts about an utterance to its audio; what raises none stands."""
        questions = self._composer.questions(heard.utterance) if self._settings.verify else None
        if questions is None:
            yield from self._settle(heard, heard.utterance)
        else:
            self._doubted = replace(heard, questions=questions)
            self._final = replace(heard.request, effort=Effort.AGAIN, terms=questions.terms)
            yield self._final

    def _settle(self, heard: "_Doubted", utterance: Utterance) -> Iterator[FlowOutput]:
        """What was heard stands so; a segment that was not said before is, and is heard with its neighbours next."""
        if heard.place is not None:
            self._reread.append(replace(heard, utterance=utterance))
            yield from self._next_changed()
            return
        request = heard.request
        yield from self._said(request.segment, utterance, heard.heard_again)
        place = len(self._utterances) - 1
        alone = Alone(request.segment, place, request.span, heard.utterance, utterance, request.pcm)
        if self._settings.together_ms and self._together.add(alone):
            self._final = self._joint = Decode(request.segment, self._together.span, Effort.AGAIN, self._together.pcm())
            yield self._joint

    def _heard_together(self, answer: Decoded) -> Iterator[FlowOutput]:
        for one, utterance, corrections in heard_together(self._together.segments, answer.words, answer.alternatives):
            request = Decode(one.number, one.span, Effort.FINAL, one.pcm)
            self._changed.append(_Doubted(request, utterance, corrections, place=one.place))
        if self._changed:
            yield from self._next_changed()

    def _next_changed(self) -> Iterator[FlowOutput]:
        """Put the doubts about what reads otherwise now, one utterance at a time; then say it all."""
        if self._changed:
            yield from self._ask_or_settle(self._changed.popleft())
            return
        reread, self._reread = self._reread, []
        for heard in reread:
            self._finals.heard_again(heard.request.segment, heard.heard_again)
            if heard.place is not None:
                self._utterances[heard.place] = heard.utterance
                self._together.reads(heard.place, heard.utterance)
        if self._rebuilding:
            return
        before, composed = self._composed, self._compose_now()
        yield from self._finals.update(composed.written, composed.corrections, settled=self._settled)
        yield from differences(Standing.of(before), Standing.of(composed))

    def _by_hand(self, segment: int, phrase: str) -> Iterator[FlowOutput]:
        (utterance,) = words_from_text(phrase, first_id=self._words)
        self._words += len(utterance.words)
        self._together.clear()
        yield from self._said(segment, replace(utterance, by_hand=True), ())

    def _said(self, segment: int, utterance: Utterance, heard_again: tuple[Correction, ...]) -> Iterator[FlowOutput]:
        words = (utterance.words[0].id, WordId(max(word.id for word in utterance.words) + 1))
        if self._rebuilding and not utterance.by_hand:
            self._utterances.append(utterance)
            self._finals.add(segment, words=words, corrections=heard_again)
            return
        before = self._composed
        composed = self._composer.compose_holding([*self._utterances, utterance], self._held)
        if utterance.by_hand and _became_text(composed.log, len(self._utterances)):
            yield CommandIgnored()
            return
        self._utterances.append(utterance)
        self._composed = composed
        self._finals.add(segment, words=words, corrections=heard_again)
        if self._rebuilding:
            return
        yield from self._finals.update(composed.written, composed.corrections, settled=self._settled)
        yield from differences(Standing.of(before), Standing.of(composed))

    def _holding(self, held: HeldValues) -> Iterator[FlowOutput]:
        before = self._composed
        last = self._utterances[-1].words[-1].id if self._utterances else BEFORE_ALL_WORDS
        holdings = self._standing.held_with(held, holdings=self._held, last=last)
        if holdings.characters > _MOST_EDITED_CHARACTERS:
            raise BadPointer
        self._held = holdings
        yield from differences(Standing.of(before), Standing.of(self._compose_now()))

    def _compose_now(self) -> Composed:
        self._composed = self._composer.compose_holding(self._utterances, self._held)
        return self._composed


@dataclass(slots=True)
class _Early:
    request: Decode
    answer: Decoded | None = None


@dataclass(frozen=True, slots=True)
class _Doubted:
    """An utterance as `request` was heard; it stands at `place` already where it has been said."""

    request: Decode
    utterance: Utterance
    heard_again: tuple[Correction, ...]
    place: int | None = None
    questions: Questions | None = None  # while they are not put


@dataclass(frozen=True, slots=True)
class _Instruction:
    segment: int
    phrase: str


def _became_text(log: EditLog, utterance: int) -> bool:
    return any(entry.utterance == utterance and entry.action == DICTATE for entry in log.entries)
