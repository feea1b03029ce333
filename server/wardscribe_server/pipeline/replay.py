"""A flow made again from the inputs that an earlier one took.

Owns how a past answer finds the request that it answered. What was asked for and never answered is asked for again;
what nobody asks for any more (another version cut the audio otherwise) is left out, and that audio is heard anew.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.pipeline.compose import UnknownCommand
from wardscribe_server.pipeline.events import (
    Asked,
    Committed,
    Decode,
    Decoded,
    DetectSpeech,
    Dropped,
    FlowInput,
    FlowOutput,
    Speech,
)
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.heard import HeardWord
from wardscribe_server.pipeline.pointers import BadPointer
from wardscribe_server.pipeline.told import Told
from wardscribe_server.pipeline.values import Word


@dataclass(frozen=True, slots=True)
class Answered:
    """An engine's answer, without the request's audio."""

    asked: Asked
    text: str
    words: tuple[HeardWord, ...]
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """A tail that was not carried out."""

    asked: Asked


PastInput = FlowInput | Answered | Missed


class Replay:
    """Feeds `flow`, which must be new and `rebuilding`, its past."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._decodes: dict[Asked, Decode] = {}
        self._unjudged: deque[DetectSpeech] = deque()
        self._committed: list[Word] = []
        self.unasked = 0  # answers that found no request

    def feed(self, event: PastInput) -> None:
        """One input, in the order in which the earlier flow took them."""
        given = self._input(event)
        if given is None:
            return
        try:
            for output in self._flow.handle(given):
                match output:
                    case Decode():
                        self._decodes[output.asked] = output
                    case DetectSpeech():
                        self._unjudged.append(output)
                    case Committed(words):
                        self._committed += words
                    case _:
                        pass
        except (BadPointer, UnknownCommand):
            pass  # it was turned down then, too

    def finish(self, told: Told) -> Iterator[FlowOutput]:
        """What is outstanding, and what the client does not know yet."""
        rest = tuple(word for word in self._committed if word.id >= told.words)
        if rest:
            yield Committed(rest)
        yield from self._unjudged
        yield from self._decodes.values()
        yield from self._flow.rebuilt(told)

    def _input(self, event: PastInput) -> FlowInput | None:
        match event:
            case Answered(asked, text, words, alternatives):
                request = self._decodes.pop(asked, None)
                self.unasked += request is None
                return None if request is None else Decoded(request, text, words, alternatives)
            case Missed(asked):
                request = self._decodes.pop(asked, None)
                return None if request is None else Dropped(request)
            case Speech():
                if self._unjudged:
                    self._unjudged.popleft()
                return event
            case _:
                return event
