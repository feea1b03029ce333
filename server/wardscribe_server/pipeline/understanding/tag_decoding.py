"""From the network's outputs for one sentence to entities with claims, scores and relations.

Owns the search for the best sequence of tags and what a score means. Must not know which library ran the network nor
what entities are used for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt

from wardscribe_server.pipeline.understanding.tagged import Outside, Relation, SpanIndex, Sureness, Tagged, TaggedSpan
from wardscribe_server.pipeline.values import Assertion, Certainty, Label, Presence, Subject, When

Floats = npt.NDArray[np.float32]

AXES = ("presence", "certainty", "time", "subject")
_NEVER = -1e9
_RELATION_SCALE = 8.0  # sqrt of the width of the two relation outputs, as in training
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+|\d+")
_HEADS = frozenset(
    (
        Label.FINDING,
        Label.SYMPTOM,
        Label.DISEASE,
        Label.DRUG,
        Label.TEST,
        Label.PROCEDURE,
        Label.DEVICE,
        Label.ALLERGEN,
        Label.SPECIMEN,
        Label.ANATOMY,
    )
)
_DEPENDENTS = frozenset(
    (
        Label.ANATOMY,
        Label.LATERALITY,
        Label.MEASUREMENT,
        Label.SEVERITY,
        Label.CHANGE,
        Label.VALUE,
        Label.UNIT,
        Label.DOSE,
        Label.ROUTE,
        Label.FREQUENCY,
        Label.DURATION,
        Label.FORM,
        Label.REACTION,
        Label.DATE,
        Label.AGE,
        Label.RELATION,
        Label.ORGANISM,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputShape:
    """What the positions of the outputs mean, and how they are read."""

    tags: tuple[str, ...]  # "O", "B-finding", "I-finding", …
    axes: Mapping[str, tuple[str, ...]]  # the values of each axis, in order
    sections: tuple[str, ...]
    temperature: Mapping[str, float] = field(default_factory=dict)  # of "tags", "section", "relation", each axis
    relation_threshold: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The network's outputs for one sentence of T tokens; `offsets` are their characters, empty for special ones."""

    tags: Floats  # [T, tags], logits
    axes: Mapping[str, Floats]  # each [T, values], logits
    q: Floats  # [T, width]: as what depends
    k: Floats  # [T, width]: as what it depends on
    section: Floats  # [sections], logits
    offsets: tuple[tuple[int, int], ...]


def decoded(outputs: Outputs, shape: OutputShape, text: str, *, first: int = 0) -> Tagged:
    """Entities of `text[first:]`, in its characters: what stands before is context only."""
    tokens = _tokens(outputs.offsets, text, first)
    section = _softmax(outputs.section[None] / shape.temperature.get("section", 1.0))[0]
    best = int(np.argmax(section)) if len(section) else -1
    named = (shape.sections[best], float(section[best])) if best >= 0 else ("", 0.0)
    if not tokens:
        return Tagged(section=named[0], section_score=named[1])
    rows = [token.row for token in tokens]
    probability = _softmax(outputs.tags[rows] / shape.temperature.get("tags", 1.0))
    path = _best_path(np.log(np.maximum(probability, 1e-12)), shape.tags, [token.continues for token in tokens])
    found = _runs(path, shape.tags)
    spans = tuple(_span(outputs, shape, tokens, probability, *run, first=first) for run in found)
    outside = tuple(
        Outside(token.start - first, token.end - first, float(probability[at, shape.tags.index("O")]))
        for at, token in enumerate(tokens)
    )
    starts = [tokens[begin].row for begin, _, _ in found]
    return Tagged(spans, outside, _relations(outputs, shape, spans, starts), *named)


@dataclass(frozen=True, slots=True)
class _Token:
    """A token of the sentence: its row in the outputs; `continues` the word, or number, of the token before."""

    row: int
    start: int
    end: int
    continues: bool


def _tokens(offsets: Sequence[tuple[int, int]], text: str, first: int) -> list[_Token]:
    inside = {
        at for match in _WORD.finditer(text) for at in range(match.start() + 1, match.end())
    }  # characters where no word begins
    tokens: list[_Token] = []
    for row, (start, end) in enumerate(offsets):
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end and start >= first:
            continues = bool(tokens) and tokens[-1].end == start and start in inside
            tokens.append(_Token(row, start, end, continues))
    return tokens


def _best_path(scores: Floats, tags: Sequence[str], continues: Sequence[bool]) -> list[int]:
    """The likeliest sequence in which an entity begins before it goes on, and begins and ends between words only."""
    count = len(tags)
    begins = np.array([tag.startswith("B-") for tag in tags])
    before = np.full((count, 2), -1)  # of an I-tag: the B- and the I-tag that it goes on from
    for at, tag in enumerate(tags):
        if tag.startswith("I-"):
            before[at] = (tags.index(f"B-{tag[2:]}"), at)
    goes_on = before[:, 0] >= 0
    outside = tags.index("O")
    total = np.where(goes_on, _NEVER, scores[0])
    back = np.zeros((len(scores), count), dtype=np.int64)
    for step in range(1, len(scores)):
        pairs = total[before]
        within = np.where(pairs[:, 0] >= pairs[:, 1], before[:, 0], before[:, 1])
        previous = np.where(goes_on, within, int(np.argmax(total)))
        if continues[step]:
            previous[outside] = outside
        reached = total[previous] + scores[step]
        if continues[step]:
            reached[begins] = _NEVER
        back[step] = previous
        total = reached
    path = [int(np.argmax(total))]
    for step in range(len(scores) - 1, 0, -1):
        path.append(int(back[step, path[-1]]))
    return path[::-1]


def _runs(path: Sequence[int], tags: Sequence[str]) -> list[tuple[int, int, Label]]:
    """Entities as tokens `[begin, end)` and label."""
    found: list[tuple[int, int, Label]] = []
    for at, tag in enumerate(tags[number] for number in path):
        if tag.startswith("B-"):
            found.append((at, at + 1, Label(tag[2:])))
        elif tag.startswith("I-"):
            found[-1] = (found[-1][0], at + 1, found[-1][2])
    return found


def _span(
    outputs: Outputs,
    shape: OutputShape,
    tokens: Sequence[_Token],
    probability: Floats,
    begin: int,
    end: int,
    label: Label,
    *,
    first: int,
) -> TaggedSpan:
    starts, inner = shape.tags.index(f"B-{label.value}"), shape.tags.index(f"I-{label.value}")
    parts = [probability[begin, starts], *(probability[at, inner] for at in range(begin + 1, end))]
    values: dict[str, str] = {}
    sure: dict[str, float] = {}
    for axis, names in shape.axes.items():
        logits = outputs.axes[axis][[tokens[begin].row]] / shape.temperature.get(axis, 1.0)
        chances = _softmax(logits)[0]
        best = int(np.argmax(chances))
        values[axis], sure[axis] = names[best], round(float(chances[best]), 4)
    return TaggedSpan(
        tokens[begin].start - first,
        tokens[end - 1].end - first,
        label,
        round(float(np.exp(np.mean(np.log(np.maximum(parts, 1e-12))))), 4),
        Assertion(
            Presence(values["presence"]),
            Certainty(values["certainty"]),
            When(values["time"]),
            Subject(values["subject"]),
        ),
        Sureness(**sure),
    )


def _relations(
    outputs: Outputs, shape: OutputShape, spans: Sequence[TaggedSpan], rows: Sequence[int]
) -> tuple[Relation, ...]:
    """Every pair that may stand in a relation and whose score reaches the threshold."""
    if len(spans) < 2:
        return ()
    scale = _RELATION_SCALE * shape.temperature.get("relation", 1.0)
    scores = 1.0 / (1.0 + np.exp(-(outputs.q[rows] @ outputs.k[rows].T) / scale))
    return tuple(
        Relation(SpanIndex(dependent), SpanIndex(head), round(float(scores[dependent, head]), 4))
        for dependent, one in enumerate(spans)
        for head, other in enumerate(spans)
        if dependent != head
        and one.label in _DEPENDENTS
        and other.label in _HEADS
        and scores[dependent, head] >= shape.relation_threshold
    )


def _softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True)) if logits.size else logits
    return cast("Floats", raised / raised.sum(axis=-1, keepdims=True)) if logits.size else logits
