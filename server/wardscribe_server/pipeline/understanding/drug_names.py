"""Names of drugs in written text, and how a dose is said.

Owns what counts as a drug's name, known to the lexicon or not, and the units of doses. Must not know what is ordered.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from wardscribe_lexicons import TermClass
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.cueing import cue_phrases
from wardscribe_server.pipeline.understanding.quantities import NUMBER
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.understanding.tagged import TaggedText
from wardscribe_server.pipeline.understanding.tagged_mentions import tagged_drugs
from wardscribe_server.pipeline.values import is_han

_WHOLE_NAME = 3  # characters; a shorter hit beside another is a part of its name


def _en_dose(units: str) -> str:
    return rf"(?P<n>{NUMBER}|one|two|three|half a|a)\s*(?:-|\s)?(?P<u>{units})\b"


def _zh_dose(units: str) -> str:
    return rf"(?P<n>{NUMBER}|[一二两三四五六七八九十半]{{1,3}})\s*(?:到|至)?\s*(?P<u>{units})"


def drug_spans(reading: Reading, tagged: TaggedText) -> list[tuple[int, int]]:
    """Where drugs are named, in order, with their form in Chinese; joined names are one."""
    tests = [(cue.start, cue.end) for kind in ("lab_test", "vital") for cue in reading.cues.of(kind)]
    spans: list[tuple[int, int]] = []
    whole: set[tuple[int, int]] = set()
    for hit in reading.hits:
        if hit.nested or (
            hit.term.term_class not in (TermClass.DRUG, TermClass.ALLERGEN)
            and not any(term.term_class is TermClass.DRUG for term in hit.also)
        ):
            continue
        if hit.term.term_class is not TermClass.DRUG and not any(
            term.term_class is TermClass.DRUG for term in hit.also
        ):
            continue
        if any(start <= hit.start and hit.end <= end for start, end in tests) and not _dose_follows(reading, hit.end):
            continue
        spans.append((hit.start, _with_form(reading, hit.end)))
        whole.add(spans[-1])
    spans += [span for span in _unknown(reading) if not any(start < span[1] and span[0] < end for start, end in spans)]
    spans += tagged_drugs(reading, tagged, spans)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if (
            joined
            and reading.text[joined[-1][1] : start] in ("", " ", "-", "/")
            and (reading.is_zh or reading.text[joined[-1][1] : start] != " ")
            and not _are_two(reading, joined[-1], (start, end), whole)
        ):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _are_two(
    reading: Reading, one: tuple[int, int], other: tuple[int, int], whole: Collection[tuple[int, int]]
) -> bool:
    """停用缬沙坦呋塞米40毫克: two known names without a sign between, unless the second is half of a compound."""
    if not (reading.is_zh and one in whole and other in whole and one[1] == other[0]):
        return False
    if min(one[1] - one[0], other[1] - other[0]) < _WHOLE_NAME:
        return False
    return reading.cues.first("drug_partner", *other) is None


def _with_form(reading: Reading, end: int) -> int:
    """In Chinese the form of a drug belongs to its name (某某滴眼液)."""
    form = next((cue for cue in reading.cues.of("form") if cue.start == end), None)
    return form.end if form is not None and reading.is_zh and not reading.text[form.start : form.end].isascii() else end


@cache
def unit_codes(language: Language) -> Mapping[str, str]:
    """Codes of the units by the word that says them."""
    return {phrase.lower(): value for phrase, kind, value in cue_phrases(language) if kind == "dose_unit"}


@cache
def dose_pattern(language: Language) -> re.Pattern[str]:
    """A number (`n`) and a unit (`u`) of a dose."""
    units = "|".join(sorted(map(re.escape, unit_codes(language)), key=len, reverse=True))
    return re.compile((_zh_dose if language is Language.ZH else _en_dose)(units), re.IGNORECASE)


def _dose_follows(reading: Reading, end: int) -> bool:
    start = len(reading.text) - len(reading.text[end:].lstrip())
    match = dose_pattern(reading.language).match(reading.text, start)
    return match is not None and not is_per(reading, match)


def _unknown(reading: Reading) -> Iterator[tuple[int, int]]:
    """A word before a dose is a drug although no lexicon knows it."""
    if reading.is_zh:
        yield from _unknown_form(reading)
        return
    for match in re.finditer(
        rf"\b(?P<w>[A-Za-z][a-z]{{4,}})\s+{_en_dose('mg|mcg|micrograms|milligrams|puffs?')}", reading.text
    ):
        index = reading.token_at(match.start("w"))
        if not any(
            reading.cues.covers(kind, index)
            for kind in ("verb", "determiner", "preposition", "action", "route", "form", "vital", "lab_test", "change")
        ):
            yield match.span("w")


def _unknown_form(reading: Reading) -> Iterator[tuple[int, int]]:
    """In Chinese a form before a dose ends the name of a drug (某某颗粒1袋)."""
    for form in reading.cues.of("form"):
        if form.last - form.first < 1 or not _dose_follows(reading, form.end):
            continue
        first = form.first
        while (
            first > 0
            and form.first - first < 8
            and is_han(reading.tokens[first - 1].text)
            and not _is_function(reading, first - 1)
        ):
            first -= 1
        if form.first - first >= 2:
            yield reading.tokens[first].start, form.end


def _is_function(reading: Reading, index: int) -> bool:
    return any(
        reading.cues.covers(kind, index)
        for kind in (
            "action",
            "route",
            "taken",
            "verb",
            "order_verb",
            "dose_unit",
            "frequency",
            "heading",
            "opens_plan",
        )
    )


def drug_name(reading: Reading, start: int, end: int) -> str:
    """The lexicon's name of a drug, or the words said."""
    text = reading.text[start:end]
    hit = next((hit for hit in reading.hits if hit.start == start and hit.end == end and not hit.nested), None)
    if hit is not None:
        return hit.term.preferred if hit.term.preferred.lower()[:4] == text.lower()[:4] else text
    return text if reading.is_zh or any(char.isupper() for char in text[1:]) else text.lower()


def is_per(reading: Reading, match: re.Match[str]) -> bool:
    """`1片` counts, `片` of 次 does not; a concentration is none."""
    return reading.text[match.end() : match.end() + 1] in ("/",) or (
        reading.is_zh and reading.text[match.start("n") - 1 : match.start("n")] in ("第",)
    )
