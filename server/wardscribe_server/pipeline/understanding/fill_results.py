"""Vital signs and laboratory values.

Owns which number belongs to which sign or test, and units. Must not know other fields.
"""

import re

from wardscribe_lexicons import TermClass
from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case, leaf
from wardscribe_server.pipeline.understanding.cueing import Cue, words_of
from wardscribe_server.pipeline.understanding.mentions import Said
from wardscribe_server.pipeline.understanding.quantities import NUMBER, tidy
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_NUMBER = rf"({NUMBER})"
_BP = re.compile(rf"{_NUMBER}\s*(?:/|over|比|，|,|\s|\.(?=\d{{2,3}}(?!\d)))\s*{_NUMBER}", re.IGNORECASE)
_LINK = r"\s*(?:is|was|are|of|at|to|:|：|up to|down to|measured|为|是|约|达|最高|百分之|,|，|在|today|now|=)*\s*"
_VITAL_NUMBER = re.compile(_LINK + _NUMBER, re.IGNORECASE)
_LAB_NUMBER = re.compile(
    rf"\s*(?:is|was|are|of|at|:|：|count|level|为|是|约|结果|"
    rf"today|came back at|came back|计数|>|<|百分之|水平|=|,|，|"
    rf"(?:has |have )?(?:come |gone )?(?:down|up) (?:from {NUMBER}%? )?to|fell to|rose to|dropped to|improved to|now|"
    rf"(?:fell|rose|dropped|down|up|improved|increased|decreased) from {NUMBER}%? to|"
    r"stable at|steady at|peaked at|remains|still|currently|"
    rf"(?:已|现)?(?:下降|上升|升高|降低|回落|恢复|降|升)[到至为])*\s*{_NUMBER}(\+)?(?![\d-])",
    re.IGNORECASE,
)
_NOT_A_VALUE = re.compile(
    r"\s*(?:weeks?|months?|days?|years?|hours?|天|周|个月|年|小时|次|月\d|mm\b|cm|毫米|厘米)", re.IGNORECASE
)
_PAIN = re.compile(
    r"\bpain\b[^.;\d]{0,30}?\b(\d{1,2})\s*(?:/|out of)\s*10\b|疼痛[^。；\d]{0,6}?(\d{1,2})分", re.IGNORECASE
)
_FEVER = re.compile(
    r"\bfever(?:s|ish)?(?:\s+(?:of|up to|to|at|overnight|was|is))*\s+(\d{2,3}(?:\.\d)?)"
    r"(?!\d|\s*(?:hours?|days?|weeks?))"
    r"|(?:发热|发烧|高热|低热)[^。，；\d]{0,6}(\d{2}(?:\.\d)?)(?=度|℃|°)",
    re.IGNORECASE,
)
_TIMES_TEN = re.compile(r"\s*(?:×|x|\*|乘以?)\s*10\s*(?:\^|的)?\s*(\d+)(?:次方)?", re.IGNORECASE)
_GLUED = re.compile(r"([a-z]{2,6})\d+")
_ZH_LETTERED = re.compile(r"肌钙蛋白[IT](?=\d)", re.IGNORECASE)
_SHORT = frozenset(("t", "p", "r", "hr", "rr", "pr", "bp"))


def vitals(case: Case, _spec: FieldSpec) -> Tree:
    """The signs that were said, each once, in the record's units."""
    found: dict[str, Leaf] = {}
    for cue in case.reading.cues.of("vital"):
        if case.section_at(cue.start) == "plan":
            continue
        if cue.value == "bp":
            pair = _pressure(case, cue)
            if pair is not None and "bp_systolic_mmhg" not in found:
                found["bp_systolic_mmhg"], found["bp_diastolic_mmhg"] = pair
            continue
        value = _vital(case, cue)
        if value is not None:
            found.setdefault(cue.value, value)
    if "temperature_c" not in found and case.template.has_kind("orders"):
        fever = _FEVER.search(case.reading.text)
        if fever is not None:
            at = fever.lastindex or 1
            after = case.reading.text[fever.end(at) : fever.end(at) + 22].lower()
            found["temperature_c"] = _temperature(tidy(fever[at]), *fever.span(at), after, case.reading.text)
    score = _PAIN.search(case.reading.text)
    if score is not None and "pain_score" not in found and int(score[score.lastindex or 1]) <= 10:
        found["pain_score"] = Leaf(int(score[score.lastindex or 1]), *score.span(score.lastindex or 1))
    return found


def _pressure(case: Case, cue: Cue) -> tuple[Leaf, Leaf] | None:
    match = re.compile(_LINK + _BP.pattern, re.IGNORECASE).match(case.reading.text, cue.end)
    if match is None:
        return None
    return Leaf(tidy(match[1]), match.start(1), match.end(1)), Leaf(tidy(match[2]), match.start(2), match.end(2))


def _vital(case: Case, cue: Cue) -> Leaf | None:
    text = case.reading.text
    word = text[cue.start : cue.end].lower()
    match = re.compile(r"\s*" + _NUMBER).match(text, cue.end) if word in _SHORT else _VITAL_NUMBER.match(text, cue.end)
    if match is None:
        return None
    number, start, end = tidy(match[1]), match.start(1), match.end(1)
    after = text[end : end + 22].lower()
    match cue.value:
        case "temperature_c" if number == 0:
            return None
        case "temperature_c":
            return _temperature(number, start, end, after, text)
        case "weight_kg" if re.match(r"\s*(?:lb|pound)", after):
            return Leaf(round(number * 0.45359237, 1), start, end, computed=True)
        case "weight_kg" if re.match(r"\s*斤", after):
            return Leaf(number / 2, start, end, computed=True)
        case "height_cm" if number < 3:
            return Leaf(round(number * 100), start, end, computed=True)
        case "weight_kg" | "height_cm" if number == 0 or re.match(r"\s*(?:%|percent|g\b|grams?\b)", after):
            return None
        case "respiration_bpm" if re.match(r"\s*(?:天|周|年|个月|月)", after):
            return None
        case _:
            return Leaf(number, start, end)


def _temperature(number: float, start: int, end: int, after: str, text: str) -> Leaf:
    fahrenheit = (
        re.match(r"\s*(?:°\s*f|℉|(?:degrees?\s*)?f(?:ahrenheit)?\b|华氏|度?\(f\))", after) is not None or number > 60
    )
    if not fahrenheit:
        return Leaf(number, start, end)
    unit = re.match(r"\s*(?:°\s*F|℉|(?:degrees?\s*)?F(?:ahrenheit)?\b)", text[end : end + 22], re.IGNORECASE)
    celsius = round((number - 32) * 5 / 9, 1)
    return Leaf(
        int(celsius) if celsius == int(celsius) else celsius, start, end + (unit.end() if unit else 0), computed=True
    )


def labs(case: Case, _spec: FieldSpec) -> Tree:
    """Tests with their value, unit and interpretation."""
    entries: list[Tree] = []
    seen: set[str] = set()
    for start, end in _tests(case):
        entry = _lab(case, start, end)
        name = case.reading.text[start:end]
        if entry is not None and name.lower() not in seen:
            seen.add(name.lower())
            entries.append(entry)
    return entries


def _tests(case: Case) -> list[tuple[int, int]]:
    spans = [(cue.start, cue.end) for cue in case.reading.cues.of("lab_test") if not _is_in_drug(case, cue)]
    spans += [
        (hit.start, hit.end)
        for hit in case.reading.hits
        if not hit.nested
        and hit.term.term_class is TermClass.TEST
        and not any(cue.start < hit.end and hit.start < cue.end for cue in case.reading.cues.of("vital"))
        and not (
            case.template.has_kind("amount")
            and any(cue.start <= hit.start and hit.end <= cue.end for cue in case.reading.cues.of("amount"))
        )
    ]
    spans += _glued(case)
    widest: list[tuple[int, int]] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if not widest or start >= widest[-1][1]:
            widest.append((start, end))
    return widest


def _is_in_drug(case: Case, cue: Cue) -> bool:
    """氯化钾1克 is a drug, 钾4.1 a result."""
    return cue.end - cue.start == 1 and any(
        hit.end - hit.start > 1 and hit.term.term_class is TermClass.DRUG
        for hit in case.reading.hits_over(cue.start, cue.end)
    )


def _glued(case: Case) -> list[tuple[int, int]]:
    """`CRP89`: in Chinese an abbreviation may stand right before its value."""
    if not case.reading.is_zh:
        return []
    found = [match.span() for match in _ZH_LETTERED.finditer(case.reading.text)]
    known = {
        phrase.lower()
        for phrase in words_of(case.reading.language, "lab_test")
        if phrase.isascii() and phrase.isalpha()
    }
    for token in case.reading.tokens:
        match = _GLUED.fullmatch(token.text)
        if match is not None and match[1] in known:
            found.append((token.start, token.start + len(match[1])))
    return found


def _lab(case: Case, start: int, end: int) -> dict[str, Tree] | None:
    text = case.reading.text
    clause = case.clause_at(start)
    sentence_end = case.reading.sentence(clause.sentence)[1]
    entry: dict[str, Tree] = {"test": Leaf(_test_name(case, start, end), start, end)}
    match = _LAB_NUMBER.match(text, end, sentence_end)
    if match is not None and not _NOT_A_VALUE.match(text[match.end() : match.end() + 8]):
        if case.section_at(start) == "plan" and not case.reading.is_zh and not _is_reported(case, start):
            return None
        if match[2]:
            entry["value"] = Leaf(match[1] + "+", match.start(1), match.end(2))
        else:
            entry["value"] = Leaf(tidy(match[1]), match.start(1), match.end(1))
        stop = match.end()
        unit = _unit(case, stop, sentence_end)
        if unit is not None:
            entry["unit"] = leaf(unit)
            stop = unit.end
        level = _interpretation(case, stop, sentence_end)
        if level is not None:
            entry["interpretation"] = leaf(level)
        return entry
    return _worded(case, entry, end, sentence_end)


def results(case: Case) -> list[tuple[int, int]]:
    """Where tests stand that have a value."""
    return [(start, end) for start, end in _tests(case) if "value" in (_lab(case, start, end) or {})]


def _is_reported(case: Case, start: int) -> bool:
    """Among orders without a heading a test that begins its stretch with a value is a result, no order."""
    part = case.part_at(start)
    before = case.reading.text[:start].rstrip()
    return not part.headed and (not before or before[-1] in ".;,")


def _worded(case: Case, entry: dict[str, Tree], end: int, sentence_end: int) -> dict[str, Tree] | None:
    if case.reading.cues.within("imaging_said", end - 20, end) and any(
        cue.end == end for cue in case.reading.cues.within("imaging_said", end - 20, end)
    ):
        return None
    word = case.reading.cues.first("lab_value_word", end, min(sentence_end, end + 14))
    if case.section_at(end - 1) == "plan":
        return None
    if word is not None and not re.sub(
        r"(?:is|was|are|were|:|：|,|，|为|呈|\s)+", "", case.reading.text[end : word.start]
    ):
        if word.value in ("normal", "正常"):
            entry["interpretation"] = Leaf("normal", word.start, word.end)
        else:
            entry["value"] = Leaf(word.value, word.start, word.end)
        return entry
    level = _interpretation(case, end, sentence_end)
    if level is not None:
        entry["interpretation"] = leaf(level)
        return entry
    return None


def _test_name(case: Case, start: int, end: int) -> str:
    text = case.reading.text[start:end]
    hit = next((hit for hit in case.reading.hits if hit.start == start and hit.end == end), None)
    if hit is not None and hit.term.term_class is TermClass.TEST:
        return hit.term.preferred if hit.term.preferred.lower()[:3] == text.lower()[:3] else text
    return (
        text
        if case.reading.is_zh or text.isupper() or any(char.isdigit() or char.isupper() for char in text)
        else text.lower()
    )


def _unit(case: Case, start: int, stop: int) -> Said | None:
    cue = case.reading.cues.first("lab_unit", start, stop)
    if cue is not None and not case.reading.text[start : cue.start].strip():
        return Said(cue.value, cue.start, cue.end)
    before = case.reading.text[max(0, start - 12) : start]
    at = before.find("百分之")
    if at >= 0:
        begin = max(0, start - 12) + at
        return Said("%", begin, begin + 3)
    times = _TIMES_TEN.match(case.reading.text, start, stop)
    if times is not None:
        tail = re.compile(r"\s*(?:/\s*L|每升|/升|per lit(?:re|er))", re.IGNORECASE).match(
            case.reading.text, times.end(), stop
        )
        return Said(f"10*{times[1]}/L", start, tail.end() if tail else times.end())
    return None


def _interpretation(case: Case, start: int, stop: int) -> Said | None:
    cue = case.reading.cues.first("interpretation", start, min(stop, start + 18))
    if cue is None or re.sub(
        r"(?:is|was|which|mildly|slightly|a bit|,|，|\(|（|较|明显|稍|略|\s)+",
        "",
        case.reading.text[start : cue.start].lower(),
    ):
        return None
    return Said(cue.value, cue.start, cue.end)
