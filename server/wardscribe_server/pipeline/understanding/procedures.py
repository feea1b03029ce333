"""What was done to a patient: the names of procedures in text.

Owns where such a name begins and ends. Must not know fields.
"""

import re
from dataclasses import dataclass

from wardscribe_lexicons import TermClass
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.cueing import Cue, words_of
from wardscribe_server.pipeline.understanding.reading import Reading, has_class

# 行…术, but no 术后, 术前, 术中; a list of operations joined by 及 or 加 is one.
_ZH_DONE = re.compile(
    r"(?<![进举执])行(?P<name>[^，。；;、\n\d]{1,28}?术)(?![后前中者野区语式])(?P<more>(?:及|加|和|\+|＋|联合|"
    r"、)[^，。；;\n]{2,18}?术(?![后前中者野区]))?"
)
_ZH_NAME = re.compile(
    r"(?P<name>[^，。；;、\n\d：:]{2,28}?术)(?![后前中者野区式])(?P<more>(?:及|加|和|\+|＋|联合|、)[^，。；;\n]{2,18}?术(?![后前中者野区]))?"
)
_OF_PLACE = re.compile(
    r"\s+(?:of|to|for) (?:the |his |her )?((?:left |right |both |distal |proximal |anterior |"
    r"posterior |\w+ )?[a-z]+(?: [a-z]+){0,3}?)(?=\s+(?:on|was|were|and|with|without|under|in|"
    r"which|followed|for|by|by)\b|[,.;]|$)"
)
_WITH = re.compile(
    r"\s+(?:with|and) (?:a )?(?:mesh|plate|screws|stent(?:ing)?|biopsy|drainage|washout|node biopsy|clipping)\b"
)


@dataclass(frozen=True, slots=True)
class Done:
    """A procedure named at `[start, end)`."""

    start: int
    end: int
    side: Cue | None


def find_procedures(reading: Reading, start: int, end: int, *, bare: bool = False) -> tuple[Done, ...]:
    """Procedures named in `[start, end)`; `bare` names stand there without a verb, as under a heading."""
    spans = _zh(reading, start, end, bare=bare) if reading.is_zh else _en(reading, start, end)
    return tuple(Done(s, e, reading.cues.first("laterality", s, e)) for s, e in spans)


def _zh(reading: Reading, start: int, end: int, *, bare: bool) -> list[tuple[int, int]]:
    pattern = _ZH_NAME if bare else _ZH_DONE
    spans = []
    for match in pattern.finditer(reading.text, start, end):
        begin = match.start("name")
        lead = re.match(r"(?:了|急诊|在.{2,8}下|全麻下|于|施行|行|[日号]|：)+", reading.text[begin : match.end()])
        spans.append((begin + (lead.end() if lead is not None else 0), match.end()))
    if not spans:
        hits = [hit for hit in reading.hits_in(start, end, TermClass.PROCEDURE) if not hit.nested]
        spans = [
            (hit.start, hit.end) for hit in hits if bare or reading.text[max(0, hit.start - 1) : hit.start] == "行"
        ]
    return spans


def _en(reading: Reading, start: int, end: int) -> list[tuple[int, int]]:
    endings = tuple(words_of(Language.EN, "done_ending"))
    seeds = [
        (hit.start, hit.end)
        for hit in reading.hits_in(start, end, TermClass.PROCEDURE)
        if not hit.nested and has_class(hit, TermClass.PROCEDURE)
    ]
    seeds += [(cue.start, cue.end) for cue in reading.cues.within("done", start, end)]
    seeds += [
        (token.start, token.end)
        for token in reading.tokens_in(start, end)
        if len(token.text) > 7 and token.text.endswith(endings)
    ]
    spans: list[tuple[int, int]] = []
    for first, last in sorted(seeds, key=lambda span: (span[0], -span[1])):
        if spans and first < spans[-1][1]:
            continue
        begin = max(_widened(reading, first), start)
        if spans and begin < spans[-1][1]:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((begin, last))
    return [(first, _lengthened(reading, last, end)) for first, last in spans]


def _widened(reading: Reading, start: int) -> int:
    index = reading.token_at(start)
    while index > 0 and reading.cues.covers("done_before", index - 1) is not None:
        if reading.text[reading.tokens[index - 1].end : reading.tokens[index].start].strip(" -"):
            break
        index -= 1
    return reading.tokens[index].start


def _lengthened(reading: Reading, end: int, limit: int) -> int:
    for pattern in (_OF_PLACE, _WITH):
        match = pattern.match(reading.text, end, limit)
        if match is not None:
            end = match.end()
    return end
