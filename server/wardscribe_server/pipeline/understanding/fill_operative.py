"""An operation note's statements and people: diagnoses, the operation and its side, who did it, how the patient slept.

Owns those shapes. Must not know findings, tissue, tubes or amounts.
"""

import re
from itertools import pairwise

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.procedures import find_procedures
from wardscribe_server.pipeline.understanding.sections import Part
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_ZH_THEN_DONE = re.compile(
    r"(?:，|、)?(?:急诊|拟|全麻下|在[^，。]{1,8}下)?行(?=[^，。；\n]{2,28}?术)|(?:，)?(?:全麻|全身麻醉|腰麻)"
)
_EN_FOR = re.compile(r"\bfor (?P<why>[^.,;]{4,80})", re.IGNORECASE)
_EN_THEN = re.compile(
    r"\s+(?:and (?:after|post)|under|surgeon|consultant surgeon|was|were)\b.*$", re.IGNORECASE | re.DOTALL
)
_DIAGNOSIS = re.compile(r"diagnos|诊断", re.IGNORECASE)
_TELLS_OTHER = re.compile(r"(?:lasted|took|began|started|finished|ended|went)\b", re.IGNORECASE)
_STATEMENT_LEAD = re.compile(
    r"^(?:(?:is|was|were|are|the|a|an|as(?! (?:above|before))|of)\b|:|为|是|：|考虑)\s*", re.IGNORECASE
)
_OPERATION_TAIL = re.compile(
    r"\s+(?:under|in|was performed|performed|on \w+ \d|done|for|with (?:general|spinal|local|"
    r"regional)|consultant|surgeon)\b.*$|[，,]?(?:在)?(?:全麻|全身麻醉|腰麻|局麻|腰硬联合).*$",
    re.IGNORECASE | re.DOTALL,
)
_OPERATION_LEAD = re.compile(
    r"^(?:(?:the |an? )?(?:procedure|operation) (?:was|is)|the patient underwent|underwent|"
    r"emergency(?= note)|在?(?:全麻|全身麻醉|腰麻|局麻|硬膜外麻醉|腰硬联合麻醉)下|为|行|施行|急诊行|拟行)\s*",
    re.IGNORECASE,
)
_ZH_NOTE = re.compile(r"([^，。；\n\d]{2,20}术)(?:手术)?记录")
_ZH_ALONE = re.compile(r"(?:手术[：:]?|行|施行)?(?P<name>[^，。；]{3,30}?术)")
_EN_NAME = r"(?:(?:dr|doctor|mr|mrs|ms|miss|professor|prof)\b\.?\s+)?[A-Za-z][\w'’-]*(?:\s+[A-Z][\w'’-]*){0,2}"
_EN_PERSON = re.compile(rf"\s*(?P<name>{_EN_NAME})", re.IGNORECASE)
_TITLED = re.compile(r"(?:dr|doctor|mr|mrs|ms|miss|professor|prof)\b\.?\s+", re.IGNORECASE)
_ZH_PERSON = re.compile(r"[\u4e00-\u9fff]{2,4}")
_ZH_TITLED = re.compile(
    r"[\u4e00-\u9fff](?:副?主任|教授|主治)?(?:医师|医生|大夫|主任|教授)(?![\u4e00-\u9fff])"
)  # a surname alone needs its title
_AND = re.compile(r"\s*(?:,|、|，|\band\b|及|和|与)\s*")
_ZH_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "端木")


def statement(case: Case, spec: FieldSpec) -> Tree:
    """A diagnosis as it was said, under its heading; the reason of the operation stands in for the one before it."""
    runs = sorted(case.runs(spec.section), key=lambda run: not _names_diagnosis(case, run))
    for run in runs:
        said_anew = [part.start for part in run if part.headed and part.clause.start < part.start < part.clause.end]
        begin = said_anew[-1] if said_anew else run[0].start  # an indication, and then the diagnosis itself
        start, end = begin, _end_of_statement(case, begin, run[-1].clause.end)
        said = _led(case, start, end)
        if said is not None:
            return said
    if spec.section != "preoperative" or case.reading.is_zh:
        return []
    for run in case.runs("procedure"):
        match = _EN_FOR.search(case.reading.text, run[0].start, run[-1].clause.end)
        if match is not None:
            return _led(case, match.start("why"), match.end("why")) or []
    return []


def _names_diagnosis(case: Case, run: list[Part]) -> bool:
    """Whether the heading says so: an indication told before gives way to the diagnosis itself."""
    return any(
        _DIAGNOSIS.search(case.reading.text, part.clause.start, part.start) is not None for part in run if part.headed
    )


def _end_of_statement(case: Case, start: int, end: int) -> int:
    text = case.reading.text
    stop = re.search(r"[。；\n]|\.(?:\s|$)", text[start:end])
    end = start + stop.start() if stop is not None and stop.start() else end
    if case.reading.is_zh:
        done = _ZH_THEN_DONE.search(text, start + 2, end)
        end = done.start() if done is not None else end
        pause = case.reading.next_gap(start + 1, end)
        return pause if find_procedures(case.reading, pause, end, bare=True) else end
    then = _EN_THEN.search(text, start, end)
    return then.start() if then is not None and then.start() > start else end


def _led(case: Case, start: int, end: int) -> Leaf | None:
    said = case.trimmed(start, end)
    while said is not None and (match := _STATEMENT_LEAD.match(str(said.value))) is not None:
        said = case.trimmed(said.start + match.end(), said.end)
    return said


def operation(case: Case, spec: FieldSpec) -> Tree:
    """The name of the operation: under its heading, else the first procedure that was done."""
    text = case.reading.text
    for run in case.runs(spec.section):
        end = _end_of_statement(case, run[0].start, run[-1].clause.end)
        said = _named(case, run[0].start, end)
        if (
            said is not None
            and not _TELLS_OTHER.match(str(said.value))
            and (run[0].headed or find_procedures(case.reading, said.start, said.end, bare=True))
        ):
            return said
    if case.reading.is_zh:
        note = _ZH_NOTE.search(text)
        for done in find_procedures(case.reading, 0, len(text)):
            return case.trimmed(done.start, done.end) or []
        if note is not None:
            return case.trimmed(*note.span(1)) or []
        bounds = [0, *case.reading.gaps, len(text)]
        for start, end in pairwise(bounds):
            match = _ZH_ALONE.fullmatch(text, start, end)
            if match is not None:
                return Leaf(match["name"], match.start("name"), match.end("name"))
    for part in case.parts:
        if part.section in ("findings", "title", "disposition", "technique"):
            for done in find_procedures(case.reading, part.start, part.clause.end, bare=True):
                return case.trimmed(done.start, done.end) or []
    for done in () if case.reading.is_zh else find_procedures(case.reading, 0, len(text)):
        if text[done.start : done.end].lower() in ("operation", "surgery", "procedure"):
            continue
        return case.trimmed(done.start, done.end) or []
    return []


def _named(case: Case, start: int, end: int) -> Leaf | None:
    said = _led(case, start, end)
    if said is None:
        return None
    lead = _OPERATION_LEAD.match(str(said.value))
    said = case.trimmed(said.start + lead.end(), said.end) if lead is not None else said
    tail = _OPERATION_TAIL.search(str(said.value)) if said is not None else None
    if said is not None and tail is not None and tail.start() > 3:
        said = case.trimmed(said.start, said.start + tail.start())
    return said


def side(case: Case, spec: FieldSpec) -> Tree:
    """The side in the name of the operation or the specimen, else in the diagnosis before it."""
    spans = []
    for section in (spec.section, "preoperative", "postoperative", "title"):
        spans += [(run[0].start, run[-1].clause.end) for run in case.runs(section)]
    named = operation(case, spec) if spec.section == "procedure" else []
    if isinstance(named, Leaf):
        spans.insert(0, (named.start, named.end))
    for start, end in spans:
        if spec.section == "specimen" and case.reading.text[start:end]:
            end = min(end, case.reading.sentence(case.clause_at(start).sentence)[1])
        cue = case.reading.cues.first("laterality", start, end)
        if cue is not None and cue.value in spec.values:
            return Leaf(cue.value, cue.start, cue.end)
    return []


def surgeon(case: Case, spec: FieldSpec) -> Tree:
    """Who operated."""
    return next(iter(_people(case, spec.section)), [])


def assistants(case: Case, spec: FieldSpec) -> Tree:
    """Who assisted, each by name."""
    return _people(case, spec.section)


def _people(case: Case, section: str) -> list[Leaf]:
    found: list[Leaf] = []
    for part in case.parts:
        if part.section != section or part.start >= part.clause.end:
            continue
        at = part.start
        for match in [*_AND.finditer(case.reading.text, part.start, part.clause.end), None]:
            end = match.start() if match is not None else part.clause.end
            name = _person(case, at, end)
            if name is not None and name.value not in [other.value for other in found]:
                found.append(name)
            at = match.end() if match is not None else end
    return found


def _person(case: Case, start: int, end: int) -> Leaf | None:
    said = _led(case, start, end)
    if said is None:
        return None
    text = str(said.value)
    if case.reading.is_zh:
        text = re.sub(r"(?:主任|副主任|教授|医师|医生|大夫|住院医|主治).*$", "", text)
        if titled := _ZH_TITLED.match(str(said.value)):
            return Leaf(titled.group(), said.start, said.start + titled.end())
        if not _ZH_PERSON.match(text):
            return None
        length = 3 if len(text) > 4 or not text.startswith(_ZH_COMPOUND) else 4
        return Leaf(text[:length], said.start, said.start + min(length, len(text)))
    if case.reading.cues.first("role", said.start, said.end) and not _TITLED.match(text):
        return None
    match = _EN_PERSON.match(text)
    if match is None or match["name"].lower() in ("none", "nil", "no assistant", "the", "no"):
        return None
    name = match["name"]
    words = name.split()
    title = _TITLED.match(name)
    least = 2 if title is not None else 1  # words that are the name whatever their case
    if len(words) > least and (title is not None or words[0].islower()):
        kept = next((at for at in range(least, len(words)) if words[at][0].islower()), len(words))
        name = " ".join(words[:kept])
    return Leaf(name, said.start + match.start("name"), said.start + match.start("name") + len(name))


def anaesthesia(case: Case, spec: FieldSpec) -> Tree:
    """The kind of anaesthesia: under its heading or beside the word."""
    for cue in case.reading.cues.of("anaesthesia"):
        around = case.reading.text[max(0, cue.start - 14) : cue.end + 14].lower()
        if (
            case.section_at(cue.start) == spec.section
            or case.reading.is_zh
            or "anaesthe" in around
            or "anesthe" in around
            or "block" in around
        ):
            return Leaf(cue.value, cue.start, cue.end)
    return []
