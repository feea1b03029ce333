"""From a mention as a public scheme has it to mentions with our labels and our boundaries.

Owns the choice among several labels and the dividing of one mention into ours: side and place, value and unit, dose
and frequency. Must not know file formats.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from models.training.examples import Entity, settled
from models.training.labels import UNKNOWN
from wardscribe_lexicons import Lexicon, TermClass, load

_SIDE_EN: Final = re.compile(r"(?:left|right|bilateral|bilaterally|both|unilateral)(?:[- ]sided)?(?=[\s-])", re.I)
_KEPT_EN: Final = re.compile(
    r"[\s-]*(?:ventric|atri|heart|bundle|main|anterior desc|circumflex|coronary|hemicol|axis|shift|marginal|fascicul"
    r"|outflow|to )",
    re.I,
)
_SIDE_ZH: Final = re.compile(r"[左右双两](?:侧(?!脑室))?")
_KEPT_ZH: Final = re.compile(r"心|房|室|半|束支|冠|主干|前降支|回旋支|旋|位|胎|相|重|角子宫|向|性|瓣|极|联|[、,，/及]")
_DEGREE_EN: Final = re.compile(
    r"(?:mild|moderate|severe|slight|massive|marked|trace|small|large|tiny|huge)(?=\s)"
    r"(?! (?:bowel|cell|intestin|vessel|fib|acute|combined|saphenous))",
    re.I,
)
_DEGREE_ZH_BEFORE: Final = re.compile(r"(?:[轻中重]-?)+度(?!子痫|联合免疫)|少量|大量|中等量")
PROBLEMS: Final = frozenset(("finding", "symptom", "disease"))
_LED: Final = frozenset(("finding", "symptom", "disease", "procedure"))
_JOINED: Final = frozenset(("finding", "symptom", "disease", "test", "procedure"))
_ONLY_SIDE: Final = re.compile(
    r"(?:left|right|bilateral(?:ly)?|both|unilateral(?:ly)?|midline)(?:[- ]sided?| side)?|[左右双两]侧?", re.I
)
_SIZE: Final = re.compile(
    r"\d[\d.,\s\u2000-\u200a\u2009\u202f]*(?:(?:cm|mm|厘米|毫米)?\s*(?:[×xX*]|by|乘)\s*\d[\d.,]*\s*)*"
    r"-?(?:mm|cm|millimet\w+|centimet\w+|厘米|毫米)(?!\w|/|H2O|Hg)",
    re.I,
)
_VALUE_UNIT: Final = re.compile(
    r"(?P<value>[<>≤≥~≈]?\s?\d[\d.,]*(?:\s?(?:-|–|to|/)\s?\d[\d.,]*)?(?:\s?[×xX*]\s?10\^?\d+)?)"
    r"(?P<gap>[\s\u2000-\u200a\u202f-]*)"
    r"(?P<unit>(?:%|‰|°\s?[CF]|℃|[a-zA-Zµμ]{1,7}[²³23]?(?:/[a-zA-Zµμ\d.²³]{1,9}){0,2}|10\^?\d+/L)"
    r"(?:\s(?:per|/)\s?\w+)?)$"
)
_NUMBER: Final = re.compile(r"[<>≤≥~≈]?\s?\d[\d.,]*(?:\s?(?:-|–|to|/)\s?\d[\d.,]*)?")
_FREQUENCY: Final = re.compile(
    r"[,\s]*\b((?:once|twice|thrice|one|two|three|four|\d+)(?:\s+times)?\s+(?:a|per|each|every)?\s*(?:daily|day|weekly|week|month)"
    r"|daily|weekly|monthly|every\s+[\w-]+\s+(?:hours?|days?|weeks?|months?)|every\s+\d+\s?h|b\.?i\.?d\.?|t\.?i\.?d\.?|q\.?i\.?d\.?|q\d+h)$",
    re.I,
)
_CHANGE: Final = re.compile(
    r"(?:increas|decreas|improv|worsen|resol|progress|regress|stable|unchanged|disappear|enlarg|reduc|subsid)", re.I
)
_SIZE_WORD: Final = re.compile(
    r"(?:mild|moderate|severe|slight|marked|massive|large|small|tiny|huge|extensive|trace)(?:ly)?", re.I
)
_DEGREE_ZH: Final = re.compile(r"严重|剧烈|稍|[轻中重]度|明显|轻微|极?重|较重|轻")
_AGE_ZH: Final = re.compile(r"\d+(?:岁|个?月大?)")
_SEX_ZH: Final = re.compile(r"[女男](?:性|子|士|方|人)?|中年女性")
_KIN_ZH: Final = re.compile(
    r"妈妈?|爸爸?|母亲?|父亲?|奶奶|爷爷|姥[姥爷]|外[公婆]|哥哥?|姐姐?|弟弟?|妹妹?|儿子|女儿|老公|老婆|丈夫|妻子"
)
_LASTING: Final = re.compile(
    r"(?:\d[\d.]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|several|a few)"
    r"(?:[\s–-]+(?:to[\s-]+)?(?:\d[\d.]*|two|three|four|five|six))?[\s-]*(?:hours?|h|min(?:ute)?s?|days?|weeks?|months?|years?|yrs?)\b",
    re.I,
)
_OF_AGE: Final = re.compile(r"\bof age\b|\bage of\b", re.I)
_AMOUNT: Final = re.compile(
    r"\d|\b(?:high|low|full|half|double|single|standard|one|two|three|four|max\w*)\b|dose", re.I
)
_GENERAL: Final = re.compile(r"(?:the )?(?:Department|Emergency|Intensive|Outpatient|Operating|Primary|Coronary)\b")
_MEDICINE_ZH: Final = re.compile(r"药|素|疫苗|注射液|片|胶囊|颗粒|口服液")
_PRONOUN: Final = re.compile(r"s?he|his|hers?|him", re.I)
_CELL: Final = re.compile(
    r"\b(?:cells?|cell lines?|\w*cellular|nuclear|nuclei|cytoplasm\w*|mitochondri\w*|membranes?)$", re.I
)
_PREPOSITION: Final = re.compile(
    r"(?:(?:in|of|at|to|into|on|over|within|from)\s+)?(?:the|his|her|both(?= the))\s+|(?:in|of|at|on)\s+", re.I
)
_ARTICLE: Final = re.compile(r"(?:an?|the|his|her|their)\s+", re.I)
_CLASSES: Final = {
    TermClass.FINDING: "finding",
    TermClass.SYMPTOM: "symptom",
    TermClass.DISEASE: "disease",
    TermClass.TEST: "test",
    TermClass.DRUG: "drug",
    TermClass.PROCEDURE: "procedure",
    TermClass.ANATOMY: "anatomy",
    TermClass.SPECIMEN: "specimen",
    TermClass.ORGANISM: "organism",
    TermClass.DEVICE: "device",
}


class Boundaries:
    """Our mentions for a mention of a scheme, with the lexicon of one language to choose among labels."""

    def __init__(self, language: str, lexicon: Lexicon | None = None) -> None:
        self._zh = language == "zh"
        self.lexicon = load(language) if lexicon is None else lexicon

    def ours(self, text: str, start: int, end: int, labels: Sequence[str], kind: str) -> tuple[Entity, ...]:
        """Our mentions for `text[start:end]`, to which the scheme's type `kind` gives one of `labels`.

        The first one carries the scheme's type where it alone stands for all of the mention.
        """
        while end - start > 1 and text[end - 1] in " .,;:，。；、":
            end -= 1
        if not labels:
            divided = tuple(self._described(text, start, end, kind))
        elif labels == (UNKNOWN,):
            divided = (Entity(start=start, end=end, label=UNKNOWN),)
        else:
            divided = tuple(self._divided(text, start, end, labels))
        if len(divided) == 1 and (divided[0].start, divided[0].end) == (start, end):
            return (replace(divided[0], scheme=kind),)
        return divided

    def chosen(self, surface: str, labels: Sequence[str]) -> str:
        """The label that the lexicon gives the surface, or else its last words; the first of `labels` when none."""
        if self._zh and "drug" in labels and _MEDICINE_ZH.search(surface[-3:]):
            return "drug"
        for part in self._tails(surface):
            found = [_CLASSES[term.term_class] for term in self.lexicon.lookup(part) if term.term_class in _CLASSES]
            for label in found:
                if label in labels:
                    return label
        return labels[0]

    def is_problem(self, surface: str) -> bool:
        """Whether the lexicon has the surface as a whole as a finding, symptom or disease."""
        return any(_CLASSES.get(term.term_class) in PROBLEMS for term in self.lexicon.lookup(surface))

    def _tails(self, surface: str) -> Iterator[str]:
        if self._zh:
            yield from (surface[at:] for at in range(max(1, len(surface) - 1)))
            return
        words = surface.split()
        yield from (" ".join(words[at:]) for at in range(len(words)))

    def _divided(self, text: str, start: int, end: int, labels: Sequence[str]) -> Iterator[Entity]:
        surface = text[start:end]
        match labels[0]:
            case "anatomy":
                yield from self._placed(text, start, end, labels)
            case "value":
                yield from _valued(text, start, end)
            case "dose":
                yield from _dosed(text, start, end)
            case "measurement":
                yield _measured(text, start, end)
            case "duration":
                yield _within(_LASTING, text, start, end, "duration")
            case "date":
                label = "age" if _OF_AGE.search(surface) else "date"
                yield Entity(start=start, end=end, label=label)
            case "route":
                yield Entity(start=start, end=end, label=_route_or_form(surface), allowed=("route", "form"))
            case "sex" if _PRONOUN.fullmatch(surface):
                yield Entity(start=start, end=end, label=UNKNOWN)
            case label if label in _LED:
                start = yield from self._led(text, start, end)
                yield self._one(text, start, end, labels)
            case _ if len(labels) > 1:
                yield self._one(text, start, end, labels)
            case only:
                yield Entity(start=start, end=end, label=only)

    def _one(self, text: str, start: int, end: int, labels: Sequence[str]) -> Entity:
        if len(labels) == 1:
            return Entity(start=start, end=end, label=labels[0])
        return Entity(start=start, end=end, label=self.chosen(text[start:end], labels), allowed=tuple(labels))

    def _led(self, text: str, start: int, end: int) -> Generator[Entity, None, int]:
        """Sides and degrees that a mention begins with, each on its own; returns where the rest begins."""
        found = _ARTICLE.match(text, start, end)
        at = found.end() if found and found.end() < end else start
        side, kept = (_SIDE_ZH, _KEPT_ZH) if self._zh else (_SIDE_EN, _KEPT_EN)
        degree = _DEGREE_ZH_BEFORE if self._zh else _DEGREE_EN
        while True:
            if (found := side.match(text, at, end)) and not kept.match(text, found.end(), end):
                label = "laterality"
            elif found := degree.match(text, at, end):
                label = "severity"
            else:
                return at
            rest = found.end() + len(text[found.end() : end]) - len(text[found.end() : end].lstrip(" -"))
            if rest >= end:
                return at
            yield Entity(start=at, end=found.end(), label=label)
            at = rest

    def joined(self, text: str, entities: Iterable[Entity]) -> Mapping[Entity, Entity]:
        """Each mention and what it becomes: a place right before what is there is one mention with it in our labels
        where the lexicon has both as one term ("abdominal pain"), and always before a test ("renal scintigraphy").
        """
        line = settled(entities)
        becomes = {entity: entity for entity in line}
        for place, thing in pairwise(line):
            between = text[place.end : thing.start]
            if place.label != "anatomy" or thing.label not in _JOINED or between not in ("", " "):
                continue
            terms = {_CLASSES.get(term.term_class) for term in self.lexicon.lookup(text[place.start : thing.end])}
            if thing.label == "test" or terms & {thing.label, *thing.allowed}:
                label = next((one for one in (thing.label, *thing.allowed) if one in terms), thing.label)
                becomes[place] = becomes[thing] = replace(thing, start=place.start, label=label, scheme="")
        return becomes

    def _placed(self, text: str, start: int, end: int, labels: Sequence[str]) -> Iterator[Entity]:
        surface = text[start:end]
        if _ONLY_SIDE.fullmatch(surface):
            yield Entity(start=start, end=end, label="laterality")
            return
        if len(labels) > 1 and _CELL.search(surface):
            yield Entity(start=start, end=end, label=UNKNOWN)
            return
        if not self._zh and (led := _PREPOSITION.match(surface)) and led.end() < len(surface):
            yield from self._placed(text, start + led.end(), end, labels)
            return
        side, kept = (_SIDE_ZH, _KEPT_ZH) if self._zh else (_SIDE_EN, _KEPT_EN)
        at = start
        found = side.match(surface)
        if found and found.end() < len(surface) and not kept.match(surface, found.end()):
            yield Entity(start=start, end=start + found.end(), label="laterality")
            at += found.end()
            at += len(text[at:end]) - len(text[at:end].lstrip(" -"))
        rest = text[at:end]
        if rest:
            yield self._one(text, at, end, labels)

    def _described(self, text: str, start: int, end: int, kind: str) -> Iterator[Entity]:
        """A type without a label of ours: sides, sizes and degrees among it are ours all the same."""
        surface = text[start:end]
        label: str | None = None
        if kind == "Detailed_description":
            if _ONLY_SIDE.fullmatch(surface):
                label = "laterality"
            elif _SIZE_WORD.fullmatch(surface):
                label = "severity"
            elif _SIZE.fullmatch(surface):
                label = "measurement"
        elif kind == "feature":
            label = "severity" if _DEGREE_ZH.fullmatch(surface) else "age" if _AGE_ZH.fullmatch(surface) else None
        elif kind == "crowd":
            label = "sex" if _SEX_ZH.fullmatch(surface) else "relation" if _KIN_ZH.fullmatch(surface) else UNKNOWN
        elif kind == "Nonbiological_location" and _is_named(surface):
            label = "place"
        yield Entity(start=start, end=end, label=label)


def _measured(text: str, start: int, end: int) -> Entity:
    if not re.search(r"\d", text[start:end]):
        return Entity(start=start, end=end, label="severity", allowed=("measurement", "severity"))
    return _within(_SIZE, text, start, end, "measurement")


def _within(pattern: re.Pattern[str], text: str, start: int, end: int, label: str) -> Entity:
    """The quantity alone, without "approximately", "over the past" or "in diameter" around it; all of it if none."""
    found = pattern.search(text, start, end)
    if found is None:
        return Entity(start=start, end=end, label=label)
    stop = found.start() + len(found.group().rstrip())
    return Entity(start=found.start(), end=stop, label=label)


def _valued(text: str, start: int, end: int) -> Iterator[Entity]:
    surface = text[start:end]
    if _SIZE.fullmatch(surface):
        yield Entity(start=start, end=end, label="measurement", allowed=("measurement", "value"))
    elif found := _VALUE_UNIT.fullmatch(surface):
        yield Entity(start=start, end=start + found.end("value"), label="value")
        yield Entity(start=start + found.start("unit"), end=end, label="unit")
    elif _NUMBER.fullmatch(surface):
        yield Entity(start=start, end=end, label="value")
    elif _CHANGE.match(surface):
        yield Entity(start=start, end=end, label="change", allowed=("value", "change"))
    elif _SIZE_WORD.fullmatch(surface):
        yield Entity(start=start, end=end, label="severity", allowed=("value", "severity"))
    else:
        yield Entity(start=start, end=end, label="value")


def _dosed(text: str, start: int, end: int) -> Iterator[Entity]:
    surface = text[start:end]
    if (found := _FREQUENCY.search(surface)) and found.start() > 0:
        yield Entity(start=start, end=start + found.start(), label="dose")
        yield Entity(start=start + found.start(1), end=end, label="frequency")
    elif found:
        yield Entity(start=start, end=end, label="frequency")
    else:
        yield Entity(start=start, end=end, label="dose" if _AMOUNT.search(surface) else UNKNOWN)


def _is_named(place: str) -> bool:
    return len(re.findall(r"\b[A-Z][a-z’']+", place)) > 1 and _GENERAL.match(place) is None


def _route_or_form(surface: str) -> str:
    form = r"tablet|capsule|suppositor|emulsion|ointment|cream|drops|spray|patch|syrup|gel\b|powder"
    return "form" if re.search(form, surface, re.I) else "route"
