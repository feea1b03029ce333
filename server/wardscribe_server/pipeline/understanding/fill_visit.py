"""The story of a clinic note: chief complaint, history as told, relatives, allergies.

Owns those shapes. Must not know drugs' doses, results or plans.
"""

import re

from wardscribe_lexicons import TermClass
from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.mentions import Manner
from wardscribe_server.pipeline.understanding.sections import Part
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree
from wardscribe_server.pipeline.values import Label, Presence

_STORY_ENDS = re.compile(r"(?:,|\.|;|\bno\b|\bhe\b|\bshe\b|\bdenies\b|\bworse\b|\bunable\b|\bwhich\b|$)", re.IGNORECASE)
_ZH_PEOPLE = re.compile(
    r"^(?:患[者儿]|病人)?[，,\s]*(?:[男女]性?|[\u4e00-\u9fff]某)?[，,\s]*(?:\d{1,3}岁|[男女]性?)*[，,\s]*(?:[男女]性?)?[，,\s]*(?:主?因|以)?"
)
_CAME_WITH = re.compile(
    r"\b(?:man|woman|lady|gentleman|boy|girl|male|female|patient)\s+with\s+(?P<what>[a-z][^.,;]{2,60}?)"
    r"(?=\s*(?:[.,;]|$|\bno\b|\bhe\b|\bshe\b|\bfor\b|\bsince\b))",
    re.IGNORECASE,
)
_SUBSTANCE_WORDS = frozenset(
    (
        "drug",
        "drugs",
        "known",
        "medication",
        "any",
        "food",
        "the",
        "has",
        "have",
        "is",
        "he",
        "she",
        "her",
        "his",
        "patient",
        "to",
        "and",
        "an",
        "a",
        "of",
        "with",
        "no",
        "who",
        "known",
        "other",
        "them",
        "it",
        "these",
        "this",
        "those",
        "that",
    )
)
_ZH_ELSEWHERE = re.compile(r"[双左右两]|可见|查体")


def chief_complaint(case: Case, spec: FieldSpec) -> Tree:
    """Under its heading, after "complains of", or the first complaint with its duration."""
    runs = case.runs(spec.section)
    if runs:
        parts = [part for part in runs[0] if part.start < part.clause.end]
        headed = (
            _zh_opening(case, parts[0].start, parts[-1].clause.end)
            if parts and case.reading.is_zh
            else (case.trimmed(parts[0].start, parts[-1].clause.end) if parts else None)
        )
        if headed is not None:
            return headed
    found = _zh_complaint(case) if case.reading.is_zh else _en_complaint(case)
    return found if found is not None else []


def _en_complaint(case: Case) -> Leaf | None:
    reading = case.reading
    for cue in reading.cues.of("complaint"):
        if case.section_at(cue.start) in ("history", "complaint"):
            stop = _STORY_ENDS.search(reading.text, cue.end + 2)
            return _undetermined(case, cue.end, stop.start() if stop else len(reading.text))
    own = [
        mention
        for mention in case.mentions
        if case.section_at(mention.start) == "history"
        and mention.is_a(Label.SYMPTOM)
        and mention.assertion.presence is Presence.PRESENT
        and mention.manner is Manner.NAMED
    ]
    if not own:
        opening = (
            _CAME_WITH.search(reading.text, 0, reading.sentence(case.parts[0].clause.sentence)[1])
            if case.parts
            else None
        )
        return _undetermined(case, opening.start("what"), opening.end("what")) if opening is not None else None
    first = last = own[0]
    for mention in own[1:]:
        if reading.text[last.end : mention.start].strip().lower() in ("and", "with", ","):
            last = mention
    end = last.place.end if last.place is not None and last.place.end > last.end else last.end
    return case.trimmed(first.start, end)


def _undetermined(case: Case, start: int, end: int) -> Leaf | None:
    lead = re.match(r"\s*(?:(?:a|an|the|his|her|some)\s+)?", case.reading.text[start:end], re.IGNORECASE)
    return case.trimmed(start + (lead.end() if lead else 0), end)


def _zh_complaint(case: Case) -> Leaf | None:
    """The opening of the story up to its first stop, or to its first negation when nothing stops it."""
    for part in case.parts:
        if part.section != "history" or not case.mentions_in(part.start, part.clause.end):
            continue
        if _is_long_known(case, part):
            continue
        end = part.clause.end
        following = next((other for other in case.parts if other.clause.start >= end), None)
        if following is not None and following.clause.sentence == part.clause.sentence:
            here = case.mentions_in(part.start, end)
            there = case.mentions_in(following.start, following.clause.end)
            if not any(m.is_a(Label.SYMPTOM) for m in here) and any(m.is_a(Label.SYMPTOM) for m in there):
                end = following.clause.end
        return _zh_opening(case, part.start, end)
    return None


def _is_long_known(case: Case, part: Part) -> bool:
    """高血压10年 before 头晕1周: an illness of years is why nobody comes, if a complaint follows."""
    inside = case.mentions_in(part.start, part.clause.end)
    years = any(part.start <= item.start < part.clause.end and item.iso.endswith("Y") for item in case.durations)
    if not years or any(mention.labels[0] is not Label.DISEASE for mention in inside):
        return False
    return any(
        mention.is_a(Label.SYMPTOM) and mention.assertion.presence is Presence.PRESENT
        for other in case.parts
        if other.section == "history" and other.start > part.start
        for mention in case.mentions_in(other.start, other.clause.end)
    )


def _zh_opening(case: Case, start: int, end: int) -> Leaf | None:
    people = _ZH_PEOPLE.match(case.reading.text[start:end])
    start += people.end() if people is not None else 0
    return case.trimmed(start, end)


def narrative(case: Case, spec: FieldSpec) -> Tree:
    """The story as told: the text of the history without what has fields of its own."""
    parts = [part for run in case.runs(spec.section) for part in run if part.start < part.clause.end]
    kept = [part for part in parts if not _has_own_field(case, part)]
    if not kept or not any(case.mentions_in(part.start, part.clause.end) for part in kept):
        return []
    text = case.reading.text
    pieces: list[tuple[int, int]] = []
    for part in kept:
        if pieces and not text[pieces[-1][1] : part.start].strip(" "):
            pieces[-1] = (pieces[-1][0], part.clause.end)
        else:
            pieces.append((part.start, part.clause.end))
    joined = ("" if case.reading.is_zh else " ").join(text[start:end].strip() for start, end in pieces)
    return Leaf(joined.strip(), kept[0].start, kept[-1].clause.end) if joined.strip() else []


def _has_own_field(case: Case, part: Part) -> bool:
    reading = case.reading
    start, end = part.start, part.clause.end
    if (
        reading.cues.first("relation", start, end)
        or reading.cues.first("allergy", start, end)
        or reading.cues.first("no_allergy", start, end)
    ):
        return True
    past = reading.cues.first("past", start, end)
    if (
        past is not None
        and past.start - start <= 3
        and not any(mention.is_a(Label.SYMPTOM) for mention in case.mentions_in(start, end))
    ):
        return True
    return bool(reading.hits_in(start, end, TermClass.DRUG)) and bool(reading.cues.first("dose_unit", start, end))


def family(case: Case, _spec: FieldSpec) -> Tree:
    """Relatives with what they have."""
    entries: list[Tree] = []
    reading = case.reading
    for index, cue in enumerate(relations := _relatives(case)):
        sentence = reading.sentence(case.clause_at(cue.start).sentence)
        end = min(sentence[1], relations[index + 1].start if index + 1 < len(relations) else sentence[1])
        last = cue.end
        for mention in case.mentions:
            if not cue.end <= mention.start < end:
                continue
            gap = reading.text[last : mention.start]
            if mention.assertion.presence is Presence.ABSENT or len(gap) > (14 if reading.is_zh else 45):
                break
            entries.append(
                {
                    "relation": Leaf(_relative(reading.text[cue.start : cue.end]), cue.start, cue.end),
                    "problem": Leaf(mention.name, mention.start, mention.end),
                }
            )
            last = mention.end
    return entries


def _relative(text: str) -> str:
    return text.lower()


def _relatives(case: Case) -> list[Cue]:
    """Relatives who are ill, not those who came along ("brought in by his mother")."""
    found = []
    for cue in case.reading.cues.of("relation"):
        before = case.reading.text[max(0, cue.start - 14) : cue.start].lower()
        if not before.rstrip().endswith(("by his", "by her", "by the", "with his", "with her", "per", "according to")):
            found.append(cue)
    return found


def allergies(case: Case, _spec: FieldSpec) -> Tree:
    """Substances with their reaction; none known is one entry, absent."""
    return _zh_allergies(case) if case.reading.is_zh else _en_allergies(case)


def _none_known(case: Case) -> Leaf | None:
    return next(
        (
            Leaf(case.reading.text[cue.start : cue.end], cue.start, cue.end)
            for cue in case.reading.cues.of("no_allergy")
        ),
        None,
    )


def _en_allergies(case: Case) -> Tree:
    entries: list[Tree] = []
    reading = case.reading
    none = _none_known(case)
    if none is not None:
        entries.append(
            {
                "substance": Leaf(
                    "drugs"
                    if any(w in str(none.value).lower() for w in ("drug", "nkda", "medication"))
                    else "known allergies",
                    none.start,
                    none.end,
                ),
                "presence": Leaf("absent", none.start, none.end),
            }
        )
    for cue in reading.cues.of("allergy"):
        if none is not None and none.start <= cue.start < none.end:
            continue
        span = _substance_after(case, cue) or _substance_before(case, cue)
        if span is None:
            continue
        entry: dict[str, Tree] = {
            "substance": Leaf(reading.text[span[0] : span[1]].lower(), *span),
            "presence": Leaf("absent" if _negated(case, cue) else "present", cue.start, cue.end),
        }
        reaction = _reaction(case, max(cue.end, span[1]))
        if reaction is not None:
            entry["reaction"] = reaction
        entries.append(entry)
    return entries


def _negated(case: Case, cue: Cue) -> bool:
    return any(
        negation.end >= cue.start - 12
        and not any(sign in case.reading.text[negation.end : cue.start] for sign in ".,;")
        for negation in case.reading.cues.within("negated_before", max(0, cue.start - 25), cue.start)
    )


def _substance_after(case: Case, cue: Cue) -> tuple[int, int] | None:
    reading = case.reading
    stop = reading.sentence(case.clause_at(cue.start).sentence)[1]
    index = cue.last
    while index < len(reading.tokens) and reading.tokens[index].text in (":", "to", "are", "include", "is", ",", "the"):
        index += 1
    if index >= len(reading.tokens) or reading.tokens[index].start >= stop:
        return None
    start = reading.tokens[index].start
    hit = next(
        (hit for hit in reading.hits_in(start, stop, TermClass.DRUG, TermClass.ALLERGEN) if hit.start == start), None
    )
    if hit is not None:
        return hit.start, hit.end
    word = reading.tokens[index]
    led = reading.text[cue.start : cue.end].lower().endswith("to") or reading.tokens[cue.last].text in (
        ":",
        "to",
        "are",
        "include",
    )
    return (word.start, word.end) if led and word.is_word and word.text not in _SUBSTANCE_WORDS else None


def _substance_before(case: Case, cue: Cue) -> tuple[int, int] | None:
    reading = case.reading
    if cue.first == 0:
        return None
    word = reading.tokens[cue.first - 1]
    if (
        not word.is_word
        or word.text in _SUBSTANCE_WORDS
        or reading.cues.covers("verb", cue.first - 1)
        or reading.text[word.end : cue.start].strip()
    ):
        return None
    hit = next((hit for hit in reading.hits if hit.end == word.end and not hit.nested), None)
    return (hit.start, hit.end) if hit is not None else (word.start, word.end)


def _reaction(case: Case, start: int) -> Leaf | None:
    """What the allergy does, in the rest of the sentence."""
    clause = case.clause_at(max(0, start - 1))
    end = case.reading.sentence(clause.sentence)[1]
    for mention in case.mentions:
        if (
            start <= mention.start < end
            and mention.start - start < (10 if case.reading.is_zh else 30)
            and mention.assertion.presence is not Presence.ABSENT
        ):
            return Leaf(mention.name, mention.start, mention.end)
    return None


def _zh_allergies(case: Case) -> Tree:
    entries: list[Tree] = []
    reading = case.reading
    none = _none_known(case)
    if none is not None:
        entries.append(
            {"substance": Leaf("药物", none.start, none.end), "presence": Leaf("absent", none.start, none.end)}
        )
    for cue in reading.cues.of("allergy"):
        text = reading.text
        if (
            (none is not None and none.start <= cue.start < none.end)
            or text[cue.end : cue.end + 1] in ("性", "原")
            or (text[cue.end : cue.end + 1] == "史" and text[cue.end + 1 : cue.end + 2] in ("：", ":", "，"))
        ):
            continue
        begin = max(
            case.clause_at(cue.start).start,
            text.rfind("对", 0, cue.start) + 1 if "对" in text[max(0, cue.start - 14) : cue.start] else 0,
        )
        substances = _zh_substances(case, begin, cue.start)
        first = min((start for start, _ in substances), default=cue.start)
        lead = max(case.clause_at(cue.start).start, first - 4)
        absent = any(word in text[lead:first] for word in ("无", "否认", "没有", "不"))
        for start, end in substances:
            entry: dict[str, Tree] = {
                "substance": Leaf(text[start:end], start, end),
                "presence": Leaf("absent" if absent else "present", cue.start, cue.end),
            }
            reaction = _reaction(case, cue.end)
            if reaction is not None and not _is_told_of_allergy(text, cue.end, reaction.start):
                reaction = None
            if reaction is not None and not absent:
                entry["reaction"] = reaction
            entries.append(entry)
    return entries


def _is_told_of_allergy(text: str, end: int, start: int) -> bool:
    """青霉素过敏皮疹, but not 磺胺过敏双小腿红斑: what an examination shows somewhere came of something else."""
    return _ZH_ELSEWHERE.search(text, end, start) is None


def _zh_substances(case: Case, start: int, end: int) -> list[tuple[int, int]]:
    hits = [hit for hit in case.reading.hits_in(start, end, TermClass.DRUG, TermClass.ALLERGEN) if not hit.nested]
    if hits:
        return [(hit.start, hit.end) for hit in hits]
    match = re.search(r"([\u4e00-\u9fff]{1,6}?)(?:类药物|类|药物)?$", case.reading.text[start:end])
    said = case.reading.text[start:end]
    said = re.sub(r"^.*?(?:对|既往|有|曾|患者|否认|无)", "", said)
    return [(end - len(said), end)] if match is not None and 0 < len(said) <= 6 else []
