"""What an imaging report says besides its findings: views, reason, comparison, heart, devices, impression, advice.

Owns those shapes. Must not know clinic notes.
"""

import re
from itertools import pairwise, takewhile

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import EDGE, Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.understanding.sections import Part
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_ENUMERATOR = re.compile(
    r"^\s*(?:(?:number\s+)?(?:one|two|three|four|five|six)\b[,.:]?|\d{1,2}\s*[.、,，)）:：]?(?![\d.]|\s*(?:mm|cm|毫米|厘米|个|天|周|月|[a-z]))|[一二三四五六](?=[、，,.．\s])[、，,.．]?)\s*",
    re.IGNORECASE,
)
_INNER_ENUMERATOR = re.compile(
    r"(?<=[a-z]) (?=number\s+(?:two|three|four|five|[2-6])\b)|"
    r"(?<=[a-z]) (?=(?<!number )(?:two|three|four|five|[2-6])\s+"
    r"(?!(?:mm|cm|views?|nodules?|lesions?|small|new|large|weeks?|months?|days?|years?|times|of|to|left|right)\b)[a-z])",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"(?:suggest|advise|refer|repeat|obtain|arrange|please|continue|correlate|consider)\s+(?!of\b)", re.IGNORECASE
)
_NEEDS = re.compile(
    r"\b(?:needs?|requires?|warrants?)\s+(?:an?\s+)?(?:urgent\s+|further\s+)?"
    r"(?:fna|biopsy|follow|evaluation|sampling|ct|mri|referral|imaging|surveillance)",
    re.IGNORECASE,
)
_PARTICIPLE = re.compile(
    r"(?:is |are )?(?:advised|recommended|suggested|needed|required|indicated|warranted)\W*$", re.IGNORECASE
)
_ADVISES = re.compile(
    r"follow|repeat|recommend|suggest|further|short interval|please|clinical correlation|correlat", re.IGNORECASE
)
_FILMED = re.compile(r"\bviews?\b|\bcompared\b", re.IGNORECASE)
_YEAR = re.compile(r"\s*(?:19|20)\d\d\b")
_EN_FILM = re.compile(
    r"\b(?:this is|okay|so|a|an|the|of|views?|chest|x-?rays?|radiographs?|film|films|study|"
    r"single|two|2|examination|cxr|and|erect|upright|for|on|performed|obtained|plain|view|exam|x ray|one|1|in)\b",
    re.IGNORECASE,
)
_ZH_FILM = re.compile(r"胸部|胸片|X线片|X光片|平片|摄片|片|检查|示|DR|X线|，|。|、")
_ZH_COMPARED = r"(?:与|对比|对照)([^，。；]{1,14}?片)(?:比较|对比|对照|相比|[，。])"


def views(case: Case, spec: FieldSpec) -> Tree:
    """Codes of the projections, in the order said, each once."""
    found: dict[str, Leaf] = {}
    for cue in case.reading.cues.of("view"):
        if case.section_at(cue.start) in ("impression", "recommendation") or not _is_view(case, cue):
            continue
        for value in cue.value.split("+"):
            if value in spec.values:
                found.setdefault(value, Leaf(value, cue.start, cue.end))
    if "decubitus" in found:
        found.pop("lateral", None)
    return list(found.values())


def _is_view(case: Case, cue: Cue) -> bool:
    """ "lateral" is also a side of things; a view stands with the film or another view, early in the report."""
    if case.section_at(cue.start) in ("technique", "comparison") or case.reading.is_zh:
        return True
    near = case.reading.text[max(0, cue.start - 25) : cue.end + 25].lower()
    film = any(word in near for word in ("view", "film", "radiograph", "x-ray", "projection"))
    return film if cue.value in ("lateral", "supine") else film or "chest" in near


def indication(case: Case, spec: FieldSpec) -> Tree:
    """The reason for the film: under its heading, or what the opening says besides views and patient."""
    parts = [part for run in case.runs(spec.section) for part in run if part.section == spec.section]
    parts = list(takewhile(lambda part: not _tells_how(case, parts[0], part), parts))
    headed = _text_of(case, parts)
    if headed is not None:
        return _before_technique(case, headed)
    best: Leaf | None = None
    for part in case.parts:
        if part.section != "technique":
            continue
        for start, end in _free_spans(case, part):
            counts = (
                case.mentions_in(start, end)
                or case.reading.cues.within("occasion", start, end)
                or any(start <= item.start < end for item in case.durations)
            )
            here = case.trimmed(start, end) if counts else None
            if here is not None and best is None:
                best = here
    return best if best is not None else []


def _tells_how(case: Case, first: Part, part: Part) -> bool:
    """A later sentence that names the views: the reason is told."""
    told = next((other for other in case.parts if other.start >= first.start and other.start < other.clause.end), first)
    later = part.clause.sentence > told.clause.sentence
    said = case.reading.text[part.start : part.clause.end]
    shown = case.reading.cues.first("view", part.start, part.clause.end) is not None
    return later and (shown or _FILMED.search(said) is not None)


def _before_technique(case: Case, said: Leaf) -> Leaf:
    """ "Indication haemoptysis 2 mm slices": how the scan was taken is no reason for it."""
    slices = case.reading.cues.first("slice", said.start, said.end) if case.template.has_kind("contrast") else None
    if slices is None:
        return said
    thick = re.search(r"[\d.]+\s*(?:mm|cm)\s*$", case.reading.text[said.start : slices.start])
    end = said.start + thick.start() if thick is not None else slices.start
    return (case.trimmed(said.start, end) if end > said.start + 2 else None) or said


def _free_spans(case: Case, part: Part) -> list[tuple[int, int]]:
    """Stretches of a part that no view, patient or film word takes."""
    reading = case.reading
    taken = [
        (cue.start, cue.end)
        for kind in (
            "view",
            "sex",
            "title",
            *(("contrast", "slice", "scan") if case.template.has_kind("contrast") else ()),
        )
        for cue in reading.cues.within(kind, part.start, part.clause.end)
    ]
    taken += [(age.start, age.end) for age in case.ages]
    film = _ZH_FILM if reading.is_zh else _EN_FILM
    spans = []
    if reading.is_zh:
        taken += [match.span() for match in film.finditer(reading.text, part.start, part.clause.end)]
        taken += [match.span() for match in re.finditer(r"患者|患儿|老年|^男|^女", reading.text[: part.clause.end])]
    at = part.start
    for start, end in sorted((s, e) for s, e in taken if e > part.start and s < part.clause.end):
        if start > at:
            spans.append((at, start))
        at = max(at, end)
    if at < part.clause.end:
        spans.append((at, part.clause.end))
    return [_without_edges(reading, start, end) for start, end in spans]


def _without_edges(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Film words and "with" at either end say nothing of the reason."""
    edge = re.compile(
        r"(?:with|for|this|is|a|an|the|of|views?|chest|x-?rays?|radiographs?|film|films|study|single|and|two|2|patient|old|year|okay|so|man|compared|presents|performed|obtained|examination|history|exam|to|in|who|has|on|1)\b[\s,.:-]*",
        re.IGNORECASE,
    )
    if reading.is_zh:
        return start, end
    while True:
        while start < end and reading.text[start] in EDGE + "-":
            start += 1
        match = edge.match(reading.text, start, end)
        if match is None:
            break
        start = match.end()
    tail = re.compile(
        r"(?:\s|,|\.|-)*\b(?:view|views|of|the|chest|x-?rays?|radiographs?|film|and|single|a|two|2|this|is|portable|study|compared|to)$",
        re.IGNORECASE,
    )
    while (match := tail.search(reading.text[start:end])) is not None:
        end = start + match.start()
    return start, max(start, end)


def comparison(case: Case, spec: FieldSpec) -> Tree:
    """What the film was compared with."""
    found = (
        None
        if case.reading.is_zh and re.search(_ZH_COMPARED, case.reading.text)
        else _text_of(case, [part for run in case.runs(spec.section)[:1] for part in run])
    )
    if found is None:
        pattern = (
            _ZH_COMPARED
            if case.reading.is_zh
            else r"\b(?:compared|comparison)(?: is| was)?(?: made)?\s+(?:to|with)\s+(?:the\s+)?"
            r"([^,.;]{3,60}?)(?=[,.;]|$| the lungs| there | no )"
        )
        match = re.search(pattern, case.reading.text, re.IGNORECASE)
        found = case.trimmed(match.start(1), match.end(1)) if match is not None else None
    if found is not None and not case.reading.is_zh:
        found = _before_findings(case, found)
    return found if found is not None else []


def _before_findings(case: Case, found: Leaf) -> Leaf:
    """Without a pause the findings run on: what was compared ends before the first."""
    shown = [item.zone for item in case.mentions_in(found.start, found.end)]
    shown += [cue.start for cue in case.reading.cues.within("device", found.start, found.end)]
    if not shown:
        return found
    end = min(shown)
    lead = re.search(
        r"\s+(?:the|there (?:is|are)|an?)(?:\s+(?:left|right))?\s*$|\s+(?:left|right)\s*$",
        case.reading.text[found.start : end],
        re.IGNORECASE,
    )
    end = found.start + lead.start() if lead is not None else end
    year = _YEAR.match(case.reading.text, end)
    end = year.end() if year is not None else end
    return case.trimmed(found.start, end) or found


def _text_of(case: Case, parts: list[Part]) -> Leaf | None:
    kept = [part for part in parts if part.start < part.clause.end]
    return case.trimmed(kept[0].start, kept[-1].clause.end) if kept else None


def texts(case: Case, spec: FieldSpec) -> Tree:
    """One text for each item of a section, without the advice in it."""
    return [item for item in _items(case, spec.section) if not _is_advice(case, item)]


def recommendation(case: Case, spec: FieldSpec) -> Tree:
    """Advice: its own section, and wherever else a sentence recommends."""
    found = _items(case, spec.section)
    for section in ("impression",) if case.runs("impression") else ("findings",):
        for item in _items(case, section):
            advice = item if _is_advice(case, item) and section == "impression" else _advice_in(case, item)
            if advice is not None and not any(other.start <= advice.start < other.end for other in found):
                found.append(advice)
    return found


def _items(case: Case, section: str) -> list[Leaf]:
    """Sentences of a section, numbers before them and between them taken as bounds."""
    found: list[Leaf] = []
    for run in case.runs(section):
        spans: list[list[int]] = []
        sentence = -1
        for part in run:
            if part.start >= part.clause.end:
                continue
            breaks = part.clause.sentence != sentence or _starts_item(case, part)
            sentence = part.clause.sentence
            if breaks:
                spans.append([part.start, part.clause.end])
            else:
                spans[-1][1] = part.clause.end
        numbered = bool(spans) and _is_first(case.reading.text[spans[0][0] : spans[0][1]])
        for at, (start, end) in enumerate(spans):
            if at + 1 < len(spans):
                end = _before_number(case.reading.text, start, end)
            for begin, stop in _enumerated(case.reading.text, start, end, numbered=numbered):
                match = _ENUMERATOR.match(case.reading.text[begin:stop])
                item = case.trimmed(begin + (match.end() if match else 0), stop)
                if item is not None and len(str(item.value)) > 1:
                    found += _with_advice_apart(case, item)
    return found


def _with_advice_apart(case: Case, item: Leaf) -> list[Leaf]:
    """ "Right upper pole nodule FNA advised": without a sign, what is advised at the end is an item of its own."""
    advised = None if case.reading.is_zh else _PARTICIPLE.search(str(item.value))
    if advised is None:
        return _before_advice(case, item)
    end = item.start + advised.start()
    studies = case.reading.cues.within("plan_kind", item.start, end)
    if not studies or case.reading.text[studies[-1].end : end].strip():
        return [item]
    start = studies[-1].start
    for one, other in reversed([*pairwise(studies)]):  # "PET CT and biopsy recommended"
        if other.start == start and case.reading.text[one.end : start].strip() in ("and", "or", ""):
            start = one.start
    return _cut(case, item, start)


def _before_advice(case: Case, item: Leaf) -> list[Leaf]:
    """ "Lingular pneumonia follow up radiograph in 6 weeks"."""
    if case.reading.is_zh:
        return [item]
    cue = next(
        (
            cue
            for cue in case.reading.cues.within("recommends", item.start + 3, item.end)
            if _ADVISES.match(case.reading.text, cue.start)
        ),
        None,
    )
    return _cut(case, item, cue.start) if cue is not None else [item]


def _cut(case: Case, item: Leaf, at: int) -> list[Leaf]:
    """Two items where a finding stands before `at` and no sign or small word joins it to what follows."""
    if at - item.start < 3:
        return [item]
    named = [mention for mention in case.mentions_in(item.start, at) if mention.end <= at]
    before = case.reading.token_at(at) - 1
    if not named or not case.reading.tokens[before].is_word or case.reading.cues.covers("preposition", before):
        return [item]
    parts = (case.trimmed(item.start, at), case.trimmed(at, item.end))
    return [part for part in parts if part is not None]


def _before_number(text: str, start: int, end: int) -> int:
    """The number of the next item does not stay at the end of this one."""
    match = re.search(
        r"(?<!rads)(?<!grade)(?<!segment)\s+(?:two|three|four|five|[2-6])\s*$", text[start:end], re.IGNORECASE
    )
    return start + match.start() if match is not None else end


def _starts_item(case: Case, part: Part) -> bool:
    first = case.reading.token_at(part.start)
    if part.clause.soft and _advises_just_before(case, part.start):
        return False
    if case.reading.is_zh and case.reading.text[part.start - 1 : part.start].isspace():
        return True
    if part.clause.soft and part.clause.start in case.reading.gaps and case.mentions_in(part.start, part.clause.end):
        return True
    if not part.clause.soft:
        cue = case.reading.cues.covers("recommends", first)
        return cue is not None and cue.first == first
    if _PARTICIPLE.match(case.reading.text[part.start : part.clause.end]):
        return False
    return any(
        (cue := case.reading.cues.covers(kind, first)) is not None and cue.first == first
        for kind in (("recommends",) if case.reading.is_zh else ("recommends", "negated_before", "existential"))
    )


def _is_first(text: str) -> bool:
    return re.match(r"\s*(?:number\s+)?(?:one|1)\b", text, re.IGNORECASE) is not None


def _advises_just_before(case: Case, at: int) -> bool:
    """建议 | 短期 | 复查 is one piece of advice."""
    cue = next(iter(reversed(case.reading.cues.within("recommends", max(0, at - 10), at))), None)
    if cue is None:
        return False
    gap = case.reading.text[cue.end : at]
    return not gap.strip() if not case.reading.is_zh else not any(sign in gap for sign in "，。；,; ")


def _enumerated(text: str, start: int, end: int, *, numbered: bool) -> list[tuple[int, int]]:
    bounds = [start, *(match.start() for match in _INNER_ENUMERATOR.finditer(text, start, end)), end]
    if len(bounds) > 2 and not (numbered or _is_first(text[start:end])):
        return [(start, end)]
    return list(pairwise(bounds))


def _is_advice(case: Case, item: Leaf) -> bool:
    """The whole item advises: it begins with the advice, or holds no finding before it."""
    if not case.reading.is_zh and (_IMPERATIVE.match(str(item.value)) or _NEEDS.search(str(item.value))):
        return True
    said = str(item.value)
    if _PARTICIPLE.search(said) and not re.search(r"[,;]|\bwhich\b", said):
        return len(case.mentions_in(item.start, item.end)) <= 1
    cue = case.reading.value("recommends", item.start, item.end)
    if cue is None:
        return False
    return cue.start - item.start <= 2 or not [
        mention for mention in case.mentions_in(item.start, item.end) if mention.end <= cue.start
    ]


def _advice_in(case: Case, item: Leaf) -> Leaf | None:
    """The stretch of a sentence that advises, after what it found."""
    cue = case.reading.value("recommends", item.start, item.end)
    if cue is None:
        return None
    commas = [at for at in range(item.start, cue.start) if case.reading.text[at] in ",，；;"]
    if case.section_at(item.start) == "findings" and (cue.start - item.start > 2 and not commas):
        return None
    return case.trimmed(commas[-1] if commas else cue.start, item.end) if commas or case.reading.is_zh else None
