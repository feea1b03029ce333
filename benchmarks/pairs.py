"""What was said beside what the recogniser made of it, segment by segment: reading and writing files of such pairs.

Owns their shape. Knows nothing of the recogniser that heard them or of what corrects them.
"""

from pathlib import Path

from cases import read_rows
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from wardscribe_protocol.record import Language

# The product drops a segment whose best hypothesis is less likely than this, as Whisper itself does.
_NOT_SPEECH_LOGPROB = -1.0


class HeardSegment(BaseModel):
    """One segment between two pauses. `nbest` is best first: text and mean natural log probability of its tokens."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    span_ms: tuple[int, int]
    nbest: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        """The best hypothesis; empty where it is not speech."""
        return self.nbest[0][0] if self.nbest and self.nbest[0][1] >= _NOT_SPEECH_LOGPROB else ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.span_ms[1] - self.span_ms[0]) / 1000


class Pair(BaseModel):
    """One recording. `text` is what was said, `terms` the medical terms in it; `set` groups the figures."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str = Field(pattern=r"^[\w-][\w.-]*$")
    set: str
    language: Language
    template: str = ""
    voice: str = ""
    audio: str = ""
    model_sha256: str = ""
    text: str
    terms: tuple[str, ...] = ()
    segments: tuple[HeardSegment, ...]

    @property
    def heard(self) -> str:
        """The best hypothesis of every segment, joined."""
        return joined([segment.text for segment in self.segments], self.language)


def joined(texts: list[str], language: Language) -> str:
    """Texts of segments as one text."""
    return ("" if language is Language.ZH else " ").join(text for text in texts if text)


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file of JSON lines, in order.

    Raises: InputError naming file and line.
    """
    return read_rows(path, TypeAdapter(Pair), called="pair")


def line_of(pair: Pair) -> str:
    """A pair as a line of such a file."""
    whole = TypeAdapter(dict).dump_json(pair.model_dump(mode="json") | {"heard": pair.heard})
    return whole.decode("utf-8") + "\n"
