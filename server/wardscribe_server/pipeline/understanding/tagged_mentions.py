"""What the tagger adds to the mentions and drugs that rules and lexicon find, and what it takes away from them.

Rules come first: they know what they know. The tagger names what no list holds and drops a guess that it is sure is
none. What is claimed of a mention stays the rules' to say: on our development cases the tagger's claims without a cue
made more wrong than right. Must not know templates or how tags come about.
"""

from collections.abc import Sequence

from wardscribe_lexicons import TermClass
from wardscribe_server.pipeline.understanding.english_mentions import plain_name
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.reading import Reading, has_class
from wardscribe_server.pipeline.understanding.tagged import TaggedSpan, TaggedText
from wardscribe_server.pipeline.values import Label

_ADD = 0.85  # an unknown mention is taken from here on
_DRUG = 0.5  # an unknown drug, with its dose, from here on
_FEWEST_CHARS = 2
_DOUBT = 0.9  # an open mention is dropped when this probable to be none
_PROBLEMS = (Label.FINDING, Label.SYMPTOM, Label.DISEASE)
_NO_PROBLEMS = frozenset((Label.DRUG, Label.PROCEDURE, Label.TEST, Label.DEVICE, Label.DATE, Label.NAME, Label.PLACE))
_TAKEN = ("heading", "vital", "lab_test", "change", "device", "relation", "plan_kind", "form", "verb")
_OTHER_TERMS = (TermClass.DRUG, TermClass.TEST, TermClass.PROCEDURE, TermClass.DEVICE)


def with_tagged_mentions(reading: Reading, mentions: tuple[Mention, ...], tagged: TaggedText) -> tuple[Mention, ...]:
    """The mentions and those that only the tagger knows."""
    added = [
        _mention(reading, span)
        for span in tagged.spans
        if span.label in _PROBLEMS
        and span.score >= _ADD
        and not any(mention.start < span.end and span.start < mention.end for mention in mentions)
        and not _is_something_else(reading, span)
    ]
    return tuple(sorted((*mentions, *added), key=lambda mention: mention.start)) if added else mentions


def _mention(reading: Reading, span: TaggedSpan) -> Mention:
    text = reading.text[span.start : span.end]
    return Mention(span.start, span.end, text if reading.is_zh else plain_name(text), (span.label,), zone=span.start)


def _is_something_else(reading: Reading, span: TaggedSpan) -> bool:
    """Whether the rules know these words: as a cue, a place, or in part as a drug, a heading or the like.

    A single ideograph is part of a word that was cut wrongly.
    """
    if span.end - span.start < _FEWEST_CHARS:
        return True
    first, last = reading.token_at(span.start), reading.token_at(span.end)
    if any(reading.cues.covers(kind, index) for kind in _TAKEN for index in range(first, last)):
        return True
    whole = (reading.cues.covers(kind, first) for kind in reading.cues.by_kind)
    if any(cue is not None and cue.start <= span.start and span.end <= cue.end for cue in whole):
        return True
    hits = [hit for hit in reading.hits if hit.start < span.end and span.start < hit.end and not hit.nested]
    return any(
        has_class(hit, *_OTHER_TERMS) or (has_class(hit, TermClass.ANATOMY) and hit.end >= span.end) for hit in hits
    )


def without_doubted(mentions: tuple[Mention, ...], tagged: TaggedText) -> tuple[Mention, ...]:
    """The mentions without the unknown phrases that the tagger is sure name no problem."""
    return tuple(
        mention for mention in mentions if not (mention.manner is Manner.OPEN and _is_doubted(mention, tagged))
    )


def _is_doubted(mention: Mention, tagged: TaggedText) -> bool:
    outside = tagged.outside_score(mention.start, mention.end)
    if outside is not None and outside >= _DOUBT:
        return True
    return any(
        span.label in _NO_PROBLEMS and span.score >= _DOUBT and span.start <= mention.start and mention.end <= span.end
        for span in tagged.over(mention.start, mention.end)
    )


def tagged_drugs(reading: Reading, tagged: TaggedText, known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Characters of drugs that only the tagger knows, beside those that are `known`.

    One that stands alone is not believed: it must have a dose, a route or a frequency.
    """
    return [
        (span.start, span.end)
        for span in tagged.spans
        if span.label is Label.DRUG
        and span.score >= _DRUG
        and tagged.has_dependent(span, Label.DOSE, Label.ROUTE, Label.FREQUENCY)
        and not any(start < span.end and span.start < end for start, end in known)
        and not _is_something_else(reading, span)
        and not any(hit.start < span.end and span.start < hit.end and not hit.nested for hit in reading.hits)
    ]
