"""What an operation took out, left in and found: specimens, drains, implants, complications, counts, findings.

Owns those shapes. Must not know people, diagnoses or amounts.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.fill_findings import findings
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_NONE = re.compile(r"^(?:none|nil|no|not placed|were none|无|未放|没有|未放置|未留置)(?:$|[\s,.，。])", re.IGNORECASE)
_DENIES_NEXT = re.compile(r"(?<=[a-z])\s+(?:no|without)\s", re.IGNORECASE)
_LIST = re.compile(r"\s*(?:,|、|，|;|；|(?<!\bright )(?<!\bleft )\band\b|(?<=[\u4e00-\u9fff])及)\s*")
_LEAD = re.compile(
    r"^(?:(?:(?:sent )?(?:were|was|are|is|include[ds]?|consist(?:s|ed) of)|sent|the|an?|and|also|"
    r"then)\b|:|为|是|有|：|术后|将|切除|取出|切下|于|放置|留置|置入|置|安放|植入|安装|留)\s*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:was|were|is|are|has been|resected|excised|removed|taken|left|placed|inserted|"
    r"implanted|used|secured|brought out)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_ZH_TAIL = re.compile(r"(?:送.*|一件|1件|均|固定|引出|接.*)$")
_ZH_TAKEN = re.compile(r"切除的?|取下|取出|切下|取|剜除|[一二两三四1-9][根个枚条]|标本")
_SIZE_WORD = re.compile(r"(?:an?\s+)?(?:\d+\s*(?:french|fr|f)\s+)?(?:[a-z'-]+\s+){0,3}$", re.IGNORECASE)
_DRAIN_TAIL = re.compile(
    r"\s+(?:left |placed )?(?:in|to|into|at|through|near|under) (?:the |both )?[a-z]+(?:\s[a-z]+)?", re.IGNORECASE
)
_ZH_WELL = re.compile(r"(?:均?(?:未见|无)(?:明显|明确)?异常)$")
_UNDRAINED = re.compile(
    r"\b(?:no|without(?: a)?)\s+(?:\w+\s+){0,2}$|未(?:放置?|置|留置?|安)?[^，。；]{0,2}$|无(?:需)?(?:放置?)?$",
    re.IGNORECASE,
)
_ZH_COUNTED = re.compile(r"(?:[一二两三四1-4][根条个枚])$")
_ZH_PLACED = re.compile(r"各?(?:留置|放置|置入|留|置|放)了?")
_ZH_DRAIN = re.compile(
    r"(?P<name>[^，。；;、\n\d：:]{0,14}?(?:各)?(?:置|留置|放置|放|留)?[^，。；;、\n\d：:置放留]{0,6}(?:引流[管条球瓶片]|负压球|"
    r"T管)(?:[一二两三四1-4][根条个枚])?)"
)


def specimens(case: Case, spec: FieldSpec) -> Tree:
    """Under the heading, and what was sent somewhere."""
    headed = list(_headed(case, spec.section))
    if headed:
        return headed
    return list(_sent(case))


def _sent(case: Case) -> Iterator[Leaf]:
    text = case.reading.text
    reached = 0
    for cue in case.reading.cues.of("sent"):
        if cue.start < reached:
            continue
        clause = case.clause_at(cue.start)
        start = max(clause.start, reached)
        before = [other.end for other in case.reading.cues.within("sent", 0, cue.start)]
        start = max([start, *(end for end in before if end > start)])
        item = _without_frame(case, _start_of_tissue(case, start, cue.start), cue.start)
        reached = _after_destination(text, cue.end)
        if item is not None and not _NONE.match(str(item.value)):
            yield item


def _start_of_tissue(case: Case, start: int, end: int) -> int:
    """Where no sign divides, tissue begins after what was cut, counted or found before it."""
    text = case.reading.text
    if case.reading.is_zh:
        verbs = list(_ZH_TAKEN.finditer(text, start, end))
        return verbs[-1].end() if verbs and verbs[-1].end() < end else start
    taken = _TAIL.search(text, start, end)
    stop = taken.start() if taken is not None else end
    return max([start, *(mention.end for mention in case.mentions_in(start, stop) if mention.end < stop - 2)])


def _after_destination(text: str, at: int) -> int:
    match = re.compile(r"\s*(?:for|to)?\s*(?:histology|pathology|culture|microbiology|frozen section|cytology)?").match(
        text, at
    )
    return match.end() if match is not None else at


def _headed(case: Case, section: str) -> Iterator[Leaf]:
    text = case.reading.text
    for run in case.runs(section):
        if not run[0].headed:
            continue
        start, end = run[0].start, run[-1].clause.end
        if case.reading.is_zh:
            end = case.reading.next_gap(start + 1, end)
        elif (denial := _DENIES_NEXT.search(text, start + 1, end)) is not None:
            end = denial.start()
        at = start
        for match in [*_LIST.finditer(text, start, end), None]:
            stop = match.start() if match is not None else end
            item = _without_frame(case, at, stop)
            at = match.end() if match is not None else stop
            if item is None:
                continue
            if _NONE.match(str(item.value)):
                yield Leaf("none", item.start, item.end)
                return
            yield item


def _without_frame(case: Case, start: int, end: int) -> Leaf | None:
    item = case.trimmed(start, end)
    while (
        item is not None and (match := _LEAD.match(str(item.value))) is not None and match.end() < len(str(item.value))
    ):
        item = case.trimmed(item.start + match.end(), item.end)
    if item is None:
        return None
    tail = (_ZH_TAIL if case.reading.is_zh else _TAIL).search(str(item.value))
    if tail is not None:
        return case.trimmed(item.start, item.start + tail.start()) if tail.start() else None
    return item


def drains(case: Case, spec: FieldSpec) -> Tree:
    """Under the heading, and any drain said to be left."""
    headed = list(_headed(case, spec.section))
    if headed and not case.reading.is_zh:
        return headed
    text = case.reading.text
    found: list[Leaf] = []
    for cue in case.reading.cues.of("drain"):
        item = _zh_drain(case, cue) if case.reading.is_zh else _en_drain(case, cue)
        if item is None or any(other.start < item.end and item.start < other.end for other in found):
            continue
        denied = _UNDRAINED.search(text, max(0, cue.start - 14), cue.start)
        found.append(Leaf("none", denied.start(), cue.end) if denied is not None else item)
    given = [item for item in found if item.value != "none"]
    return given or found[:1]


def _en_drain(case: Case, cue: Cue) -> Leaf | None:
    text = case.reading.text
    if text[cue.end : cue.end + 5].strip().lower().startswith(("none", "nil", "fluid", "site")):
        return None
    lead = _SIZE_WORD.search(text[max(0, cue.start - 40) : cue.start])
    start = cue.start - (len(lead.group()) if lead is not None else 0)
    clause = case.clause_at(cue.start)
    start = max(start, clause.start)
    words = re.search(
        r"(?:^|\b(?:mL|L|fossa|and|washout)\s+)(?=(?:an?\s|\d+\s*(?:french|fr)|\w+\s*$))",
        text[start : cue.start],
        re.IGNORECASE,
    )
    start += words.end() if words is not None else 0
    tail = _DRAIN_TAIL.match(text, cue.end, clause.end)
    return _without_article(case, start, tail.end() if tail is not None else cue.end)


def _without_article(case: Case, start: int, end: int) -> Leaf | None:
    item = case.trimmed(start, end)
    match = (
        re.match(r"(?:an?|the|was|placed|left|with)\s+", str(item.value), re.IGNORECASE) if item is not None else None
    )
    return case.trimmed(item.start + match.end(), item.end) if item is not None and match is not None else item


def _zh_drain(case: Case, cue: Cue) -> Leaf | None:
    """Where it lies and what it is, without the verb between and the count behind: 盆腔置引流管一根."""
    start = case.part_at(cue.start).clause.start
    for match in _ZH_DRAIN.finditer(case.reading.text, start, cue.end + 2):
        if not match.start() <= cue.start < match.end():
            continue
        item = _without_frame(case, match.start(), match.end())
        if item is not None:
            return Leaf(_ZH_PLACED.sub("", _ZH_COUNTED.sub("", str(item.value)), count=1), item.start, item.end)
    return case.trimmed(cue.start, cue.end)


def implants(case: Case, spec: FieldSpec) -> Tree:
    """Under the heading, and metal or mesh said to be put in."""
    headed = list(_headed(case, spec.section))
    if headed:
        return headed
    found: list[Leaf] = []
    for cue in case.reading.cues.of("implant"):
        start, end = case.reading.sentence(case.clause_at(cue.start).sentence)
        verb = case.reading.cues.first("implanted", start, end)
        if verb is None or any(other.start <= cue.start < other.end for other in found):
            continue
        if case.section_at(cue.start) in ("procedure", "title", "preoperative", "postoperative", "drains"):
            continue
        if case.reading.is_zh:
            end = case.reading.next_gap(cue.end, end)
        item = (
            _without_frame(case, verb.end, end) if verb.start < cue.start else _without_frame(case, start, verb.start)
        )
        if item is not None:
            found.append(item)
    return found


def complications(case: Case, spec: FieldSpec) -> Tree:
    """What went wrong, or `none` where that was said."""
    none = next(iter(case.reading.cues.of("no_complication")), None)
    headed = list(_headed_texts(case, spec.section))
    if none is not None and all(item.start < none.end and none.start < item.end for item in headed):
        return [Leaf("none", none.start, none.end)]
    return headed


def _headed_texts(case: Case, section: str) -> Iterator[Leaf]:
    for run in case.runs(section):
        if not run[0].headed:
            continue
        item = case.trimmed(run[0].start, run[-1].clause.end)
        if item is not None and re.match(r"(?:was|were|is|are|:)\s", str(item.value)):
            item = case.trimmed(item.start + str(item.value).index(" "), item.end)
        if item is None:
            continue
        yield Leaf("none", item.start, item.end) if _NONE.match(str(item.value)) else item


def counts_correct(case: Case, _spec: FieldSpec) -> Tree:
    """Whether swabs and instruments were counted right."""
    for cue in case.reading.cues.of("count_right"):
        clause = case.clause_at(cue.start)
        start, end = case.reading.sentence(clause.sentence)
        if case.reading.cues.first("counted", max(start, cue.start - 60), min(end, cue.end + 20)):
            return Leaf(cue.value == "right", cue.start, cue.end)
    return []


def _unremarkable(mention: Mention) -> Mention:
    """子宫未见异常 in an operation denies what was looked for: no 子宫异常."""
    match = _ZH_WELL.search(mention.name)
    return (
        mention.having(name=mention.name[: match.start()] + "异常", manner=Manner.STATE)
        if match is not None
        else mention
    )


def operative_findings(case: Case, spec: FieldSpec) -> Tree:
    """Findings of the operation, without what was sent away, put in, left in, or went wrong."""
    taken: list[tuple[int, int]] = []
    for other in case.template.fields:
        if other.kind in ("specimens", "drains", "implants", "complications"):
            tree = {"specimens": specimens, "drains": drains, "implants": implants, "complications": complications}[
                other.kind
            ](case, other)
            taken += (
                [(leaf.start, leaf.end) for leaf in tree if isinstance(leaf, Leaf)]
                if not isinstance(tree, Leaf)
                else []
            )
    kept = tuple(
        _unremarkable(mention) if case.reading.is_zh else mention
        for mention in case.mentions
        if not any(start < mention.end and mention.start < end for start, end in taken)
    )
    return findings(replace(case, mentions=kept), spec)
