"""Mentions that no list knows: the phrase after a negation, or after "there is" and "complains of".

Owns where an unknown phrase must be a finding or complaint. Must not know templates.
"""

import re
from collections.abc import Iterator

from wardscribe_lexicons import TermClass
from wardscribe_server.pipeline.understanding.assertion import reached_by
from wardscribe_server.pipeline.understanding.cueing import Cue, words_of
from wardscribe_server.pipeline.understanding.english_mentions import is_content, plain_name
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.reading import Reading, has_class
from wardscribe_server.pipeline.values import Label

_STOP_TERMS = (TermClass.DRUG, TermClass.PROCEDURE, TermClass.TEST, TermClass.DEVICE)
_INVADES = re.compile(r"(?:侵及|侵犯|侵透|突破|穿透)")
_ZH_MOST = 6
_EN_MOST = 4


def with_open_mentions(reading: Reading, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """The mentions and, where a cue found none of them, the unknown phrase behind it."""
    added: list[Mention] = []
    for kind in ("negated_before", "existential"):
        for cue in reading.cues.of(kind):
            if _is_covered(reading, cue) or any(
                mention.start < cue.end and cue.start < mention.end for mention in mentions
            ):
                continue
            if reached_by(reading, mentions, cue):
                continue
            phrase = _zh_phrase(reading, cue) if reading.is_zh else _en_phrase(reading, cue)
            if phrase is not None and not any(
                m.start < phrase.end and phrase.start < m.end for m in (*mentions, *added)
            ):
                added.append(phrase)
    if reading.is_zh:
        added += [
            phrase
            for phrase in _invasions(reading)
            if not any(m.start < phrase.end and phrase.start < m.end for m in (*mentions, *added))
        ]
    return tuple(sorted((*mentions, *added), key=lambda mention: mention.start))


def _invasions(reading: Reading) -> Iterator[Mention]:
    """侵犯被膜: what grows into a structure is a finding of its own."""
    for match in _INVADES.finditer(reading.text):
        ends = [hit.end for hit in reading.hits if hit.start == match.end() and has_class(hit, TermClass.ANATOMY)]
        if ends:
            span = (match.start(), max(ends))
            yield Mention(*span, reading.text[slice(*span)], (Label.FINDING,), Manner.NAMED, match.start())


def _is_covered(reading: Reading, cue: Cue) -> bool:
    for kind in (
        "change",
        "pseudo",
        "hedged_before",
        "hedged_after",
        "heart_state",
        "cardiomegaly",
        "normal",
        "state_normal",
        "contrast",
    ):
        other = reading.cues.covers(kind, cue.first)
        if other is not None and other.last - other.first > cue.last - cue.first:
            return True
    return False


def _en_phrase(reading: Reading, cue: Cue) -> Mention | None:
    if reading.text[cue.start : cue.end].lower().endswith(("not", "never", "not have", "no longer")):
        return None
    first = cue.last
    while first < len(reading.tokens) and (
        reading.cues.covers("scope_filler", first)
        or reading.cues.covers("severity", first)
        or reading.cues.covers("determiner", first)
        or reading.cues.covers("laterality", first)
    ):
        first += 1
    last = first
    while (
        last < len(reading.tokens)
        and last - first < _EN_MOST
        and is_content(reading, last)
        and (last == first or _adjoins(reading, last - 1))
    ):
        last += 1
    if last == first or _is_term(reading, first, last) or _leads_to_drugs(reading, last):
        return None
    if reading.tokens[last - 1].text in words_of(reading.language, "no_complaint"):
        return None
    start, end = reading.tokens[first].start, reading.tokens[last - 1].end
    return Mention(start, end, plain_name(reading.text[start:end]), (Label.SYMPTOM, Label.FINDING), Manner.OPEN, start)


def _leads_to_drugs(reading: Reading, index: int) -> bool:
    """ "no regular medication" denies no complaint."""
    return any(reading.cues.covers(kind, index) for kind in ("heading", "taken", "form", "plan_kind", "device"))


def _adjoins(reading: Reading, index: int) -> bool:
    return not reading.text[reading.tokens[index].end : reading.tokens[index + 1].start].strip(" -–")


def _zh_phrase(reading: Reading, cue: Cue) -> Mention | None:
    if cue.kind == "existential":
        return None
    first = cue.last
    while first < len(reading.tokens) and (
        reading.cues.covers("scope_filler", first) or reading.cues.covers("severity", first)
    ):
        first += 1
    last = first
    clause = reading.clause_at(cue.start)
    while last < len(reading.tokens) and last - first <= _ZH_MOST:
        token = reading.tokens[last]
        if not token.is_word or token.start >= clause.end or _stops(reading, last):
            break
        last += 1
    if last - first < 2 or last - first > _ZH_MOST or _is_term(reading, first, last):
        return None
    if reading.text.startswith(tuple(words_of(reading.language, "no_complaint")), reading.tokens[first].start):
        return None
    start, end = reading.tokens[first].start, reading.tokens[last - 1].end
    return Mention(start, end, reading.text[start:end], (Label.SYMPTOM, Label.FINDING), Manner.OPEN, start)


def _stops(reading: Reading, index: int) -> bool:
    return any(
        reading.cues.covers(kind, index)
        for kind in ("negated_before", "list_link", "scope_end", "heading", "existential", "vital", "lab_test")
    )


def _is_term(reading: Reading, first: int, last: int) -> bool:
    """Drugs, tests and the like are no findings, and a plain place is none either."""
    start, end = reading.tokens[first].start, reading.tokens[last - 1].end
    hits = [hit for hit in reading.hits if start <= hit.start and hit.end <= end and not hit.nested]
    if any(has_class(hit, *_STOP_TERMS) for hit in hits):
        return True
    return any(has_class(hit, TermClass.ANATOMY) and hit.end == end for hit in hits)
