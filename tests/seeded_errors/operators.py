"""Typed errors to seed into clean reports: each operator changes one thing and names the checks that must speak up.

An operator that finds nothing to change in a report leaves it out. Phrases come in two sets: those that the rules were
developed with, and those that were written after the rules were frozen.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import JsonValue

from tests.seeded_errors.seeding import Operator, Phrases, Report, Seeded

_CONCLUSION = {
    "en": re.compile(r"\b(?:impression|conclusion|opinion|assessment|diagnosis|summary)\b[:,]?", re.IGNORECASE),
    "zh": re.compile(r"(?:诊断意见|印象|超声提示|结论|评估|诊断|意见)[:：,，]?"),
}
_SIDE = {
    "en": re.compile(r"\b(left|right)\b", re.IGNORECASE),
    "zh": re.compile(r"([左右])(?![右左氧甲旋美])"),  # no side: 左氧氟沙星, 左甲状腺素
}
_OTHER = {"left": "right", "right": "left", "左": "右", "右": "左"}
_NAMED = {
    "en": re.compile(
        r"(pleural effusion|pneumothorax|hydronephrosis|nodule|mass|lymphadenopathy|renal stone|pulmonary embolism"
        r"|pneumonia|consolidation|cyst|haematoma|hematoma|effusion|fracture|atelectasis)",
        re.IGNORECASE,
    ),
    "zh": re.compile(r"(胸腔积液|气胸|肾积水|结节|肿块|淋巴结肿大|肾结石|肺栓塞|实变|囊肿|骨折|肺不张)"),
}
_IMAGING = ("chest_xray", "ct_chest", "us_abdomen", "us_thyroid")


def conclusion(report: Report) -> int | None:
    """Where the conclusion begins; the last heading that is one."""
    found = [match.end() for match in _CONCLUSION[report.language].finditer(report.text)]
    return found[-1] if found else None


def _changed(report: Report, operator: str, text: str, *codes: str) -> Iterator[Seeded]:
    if text != report.text:
        yield Seeded(replace(report, text=text), operator, frozenset(codes))


def _known(report: Report, operator: str, group: str, key: str, value: JsonValue, *codes: str) -> Iterator[Seeded]:
    context = {**report.context, group: {**report.context.get(group, {}), key: value}}
    yield Seeded(replace(report, context=context), operator, frozenset(codes))


def _swapped(text: str, match: re.Match[str]) -> str:
    side = match[1]
    other = _OTHER[side.lower()]
    return text[: match.start(1)] + (other.capitalize() if side[0].isupper() else other) + text[match.end(1) :]


def side_in_conclusion(report: Report, _: Phrases) -> Iterator[Seeded]:
    """The first side of an imaging report's conclusion becomes the other."""
    at = conclusion(report)
    if report.template in (*_IMAGING, "ward_round", "outpatient") and at is not None:
        match = _SIDE[report.language].search(report.text, at)
        if match is not None:
            yield from _changed(report, "side_in_conclusion", _swapped(report.text, match), "laterality_mismatch")


def side_in_findings(report: Report, _: Phrases) -> Iterator[Seeded]:
    """Every side before an imaging report's conclusion becomes the other, where there is but one."""
    at = conclusion(report)
    if report.template not in _IMAGING or at is None:
        return
    sides = {match[1].lower() for match in _SIDE[report.language].finditer(report.text, 0, at)}
    if len(sides) == 1 and _SIDE[report.language].search(report.text, at):
        text = report.text
        for match in reversed([*_SIDE[report.language].finditer(text, 0, at)]):
            text = _swapped(text, match)
        yield from _changed(report, "side_in_findings", text, "laterality_mismatch")


def side_in_operation(report: Report, _: Phrases) -> Iterator[Seeded]:
    """One of the sides of an operation, a specimen or a stay becomes the other: the first, and the last."""
    if report.template not in ("operative", "pathology_gross", "discharge"):
        return
    found = [*_SIDE[report.language].finditer(report.text)]
    if len(found) > 1:
        yield from _changed(report, "first_side", _swapped(report.text, found[0]), "laterality_mismatch")
        yield from _changed(report, "last_side", _swapped(report.text, found[-1]), "laterality_mismatch")


def no_side(report: Report, _: Phrases) -> Iterator[Seeded]:
    """No side anywhere, in a report about something paired."""
    paired = {
        "en": r"pleural effusion|pneumothorax|hydronephrosis|inguinal hernia|knee|breast|kidney|femoral neck fracture",
        "zh": r"胸腔积液|气胸|肾积水|肾结石|腹股沟疝|膝关节|乳腺|股骨颈骨折",
    }
    denied = {
        "en": r"(?:no|without) (?:[a-z]+ )?(?:pleural effusion|pneumothorax)[.,]?",
        "zh": r"未见(?:气胸|胸腔积液)",
    }
    affirmed = re.sub(denied[report.language], "", report.text, flags=re.IGNORECASE)
    if not re.search(paired[report.language], affirmed, re.IGNORECASE) or not _SIDE[report.language].search(
        report.text
    ):
        return
    pattern = r"\b(?:left|right)\b ?" if report.language == "en" else r"[左右]侧?"
    text = re.sub(pattern, "", report.text, flags=re.IGNORECASE)
    order = {
        key: value for key, value in report.context.get("order", {}).items() if key not in ("laterality", "procedure")
    }
    bare = replace(report, text=text, context={**report.context, "order": order})
    yield Seeded(bare, "no_side", frozenset(["laterality_missing"]))


def denied_in_conclusion(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """The conclusion denies what the findings say is there."""
    at = conclusion(report)
    match = _NAMED[report.language].search(report.text, at) if at is not None and report.template in _IMAGING else None
    if match is not None and at is not None and match[1].lower() in report.text[:at].lower():
        gap = " " if report.language == "en" else ""
        text = report.text[:at] + gap + phrases.denial[report.language].format(match[1])
        yield from _changed(report, "denied_in_conclusion", text, "presence_contradiction")


def denied_in_findings(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """A sentence before the conclusion denies what another one says is there."""
    at = conclusion(report)
    if at is None or report.template not in ("chest_xray", "ct_chest", "us_abdomen"):
        return
    denied = re.compile(r"\b(?:no|without)\b[^.,]*$|[未无][^，。]*$", re.IGNORECASE)
    for match in _NAMED[report.language].finditer(report.text, 0, at):
        if not denied.search(report.text[: match.start()]) and match[1].lower() in report.text[at:].lower():
            heading = [
                found.start() for found in _CONCLUSION[report.language].finditer(report.text) if found.end() <= at
            ]
            cut = heading[-1]
            sentence = phrases.denial[report.language].format(match[1])
            text = f"{report.text[:cut].rstrip()} {sentence} {report.text[cut:]}"
            if report.language == "zh":
                text = text.replace(f" {sentence} ", sentence)
            yield from _changed(report, "denied_in_findings", text, "presence_contradiction")
            return


_DOSE = {
    "en": re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) (mg|g|micrograms|mcg)\b(?!/)"),
    "zh": re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)(毫克|克|微克)(?!每)"),
}


def dose_ten_times(report: Report, _: Phrases) -> Iterator[Seeded]:
    """A dose with its point or zero slipped: each drug in turn."""
    if report.template not in ("outpatient", "ward_round", "discharge"):
        return
    for match in [*_DOSE[report.language].finditer(report.text)][:3]:
        text = f"{report.text[: match.start(1)]}{float(match[1]) * 10:g}{report.text[match.end(1) :]}"
        yield from _changed(report, "dose_ten_times", text, "dose_unusual")


def dose_unit(report: Report, _: Phrases) -> Iterator[Seeded]:
    """Milligrams said as grams."""
    if report.template not in ("outpatient", "ward_round", "discharge"):
        return
    pattern = r"(?<=\d )mg\b|milligrams\b" if report.language == "en" else r"(?<=[\d十百])毫克"
    match = re.search(pattern, report.text)
    if match is not None:
        unit = {"mg": "g", "milligrams": "grams", "毫克": "克"}[match.group()]
        text = report.text[: match.start()] + unit + report.text[match.end() :]
        yield from _changed(report, "dose_unit", text, "dose_unusual")


def drug_twice(report: Report, _: Phrases) -> Iterator[Seeded]:
    """The first drug of the last list once more, in another dose."""
    pattern = {
        "en": r"(?:plan|medications?|prescriptions)[: ]\s*(?:continue |start )?"
        r"([a-z]+ \d+(?:\.\d+)? (?:mg|g|micrograms)[^.,]*)",
        "zh": r"(?:处方|出院带药|计划)：(?:继续)?([\u4e00-\u9fff]+\d+(?:\.\d+)?(?:毫克|克)[^，。]*)",
    }[report.language]
    found = [*re.finditer(pattern, report.text, re.IGNORECASE)]
    if found and report.template in ("outpatient", "ward_round", "discharge"):
        match = found[-1]
        comma = ", " if report.language == "en" else "，"
        again = re.sub(r"\d+(?:\.\d+)?", lambda dose: f"{float(dose.group()) * 2:g}", match[1], count=1)
        text = report.text[: match.end(1)] + comma + again + report.text[match.end(1) :]
        yield from _changed(report, "drug_twice", text, "drug_duplicate")


def allergy(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """The patient is allergic to the class of a drug that is given."""
    given = report.text.lower()
    for drug, sentence in phrases.allergy[report.language].items():
        if drug in given and report.template in ("outpatient", "ward_round", "discharge"):
            none = (
                r"Allergies: none known\.|No known drug allergies\."
                if report.language == "en"
                else r"过敏史：无药物过敏。|否认药物过敏史。"
            )
            text = re.sub(none, "", report.text)
            heading = {
                "en": r"(?i)(?:current medications|medications|examination|on examination|assessment|plan)\b",
                "zh": "目前用药|查体|评估|计划|出院带药",
            }
            match = re.search(heading[report.language], text)
            at = match.start() if match else len(text)
            joined = (
                f"{text[:at]}{sentence} {text[at:]}" if report.language == "en" else f"{text[:at]}{sentence}{text[at:]}"
            )
            yield from _changed(report, "allergy", joined, "allergy_prescribed")


_VITALS = {
    "en": (
        (r"(?i)(pulse) (\d+)", "{0} {1}0"),
        (r"(?i)(temperature) (\d\d)(?=\.)", "{0} 8{1}"),
        (r"(?i)(saturation) (\d\d)", "{0} 1{1}"),
    ),
    "zh": ((r"(脉搏)(\d+)", "{0}{1}0"), (r"(体温)(\d\d)(?=\.)", "{0}8{1}"), (r"(呼吸)(\d\d)", "{0}{1}0")),
}
_AMOUNTS = {
    "en": (
        (r"(potassium) (\d\.\d)", "{0} {1}5"),
        (r"(potassium) (\d)\.(\d)", "{0} {1}{2}"),
        (r"(wall) (\d+)", "{0} {1}50"),
    ),
    "zh": ((r"(血钾)(\d)\.(\d)", "{0}{1}{2}"), (r"(壁厚)0\.(\d)", "{0}{1}5")),
}


def value(report: Report, _: Phrases) -> Iterator[Seeded]:
    """A vital sign, a result or a measure that cannot be."""
    for name, table in (("vital_sign", _VITALS), ("amount", _AMOUNTS)):
        for pattern, form in table[report.language]:
            match = re.search(pattern, report.text)
            if match is not None and form != "{0} {1}5":
                text = report.text[: match.start()] + form.format(*match.groups()) + report.text[match.end() :]
                yield from _changed(report, name, text, "value_impossible", "value_unusual")


def size_hundred_times(report: Report, _: Phrases) -> Iterator[Seeded]:
    """A size in the wrong unit: millimetres said as centimetres, centimetres as metres would be."""
    pattern = (
        r"(?<![\d.])(\d+(?:\.\d+)?) (mm|cm)\b" if report.language == "en" else r"(?<![\d.])(\d+(?:\.\d+)?)(毫米|厘米)"
    )
    found = [match for match in re.finditer(pattern, report.text) if float(match[1]) > 0.5]
    if found and report.template in (*_IMAGING, "pathology_gross"):
        match = found[-1]
        text = f"{report.text[: match.start(1)]}{float(match[1]) * 100:g}{report.text[match.end(1) :]}"
        yield from _changed(report, "size_hundred_times", text, "value_impossible", "value_unusual")


def pressure(report: Report, _: Phrases) -> Iterator[Seeded]:
    """Systolic and diastolic the other way round."""
    pattern = r"(\d{2,3})( over |/)(\d{2,3})"
    match = re.search(pattern, report.text)
    if match is not None:
        text = f"{report.text[: match.start()]}{match[3]}{match[2]}{match[1]}{report.text[match.end() :]}"
        yield from _changed(report, "pressure", text, "pressure_reversed")


def required(report: Report, _: Phrases) -> Iterator[Seeded]:
    """The conclusion of an imaging report, the discharge diagnosis or a part of an operation is not there."""
    heads = {
        "en": {
            "discharge": r"(?i)discharge diagnosis:[^.]*\.",
            "operative": r"(?i)postoperative diagnosis:? [^.]*\.",
        },
        "zh": {"discharge": r"出院诊断：[^。]*。", "operative": r"术后诊断：[^。]*。"},
    }[report.language]
    if report.template in _IMAGING:
        at = [match.start() for match in _CONCLUSION[report.language].finditer(report.text)]
        if at:
            yield from _changed(report, "no_conclusion", report.text[: at[-1]].rstrip(), "required_missing")
    elif report.template in heads:
        text = re.sub(heads[report.template], "", report.text)
        yield from _changed(report, "required", text, "required_missing")


def dates(report: Report, _: Phrases) -> Iterator[Seeded]:
    """Admission and discharge the other way round."""
    pattern = r"\d{1,2} [A-Z][a-z]+ \d{4}" if report.language == "en" else r"\d{4}年\d{1,2}月\d{1,2}日"
    found = re.findall(pattern, report.text)
    if report.template == "discharge" and len(found) > 1:
        text = report.text.replace(found[0], "\0").replace(found[1], found[0]).replace("\0", found[1])
        yield from _changed(report, "dates", text, "dates_reversed")


def order(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """Another side, another study or another operation was ordered."""
    known = report.context.get("order", {})
    if known.get("laterality") in _OTHER:
        other = _OTHER[str(known["laterality"])]
        context = {**report.context, "order": {"laterality": other}}
        yield Seeded(replace(report, context=context), "order_side", frozenset(["order_laterality"]))
    wrong = phrases.wrong_study[report.language].get(report.template)
    if wrong is not None:
        yield from _known(report, "order_study", "order", "procedure", wrong, "order_procedure")
    if report.template == "operative":
        wrong = phrases.wrong_operation[report.language]
        context = {**report.context, "order": {"procedure": wrong}}
        yield Seeded(replace(report, context=context), "order_operation", frozenset(["order_procedure"]))


def patient(report: Report, _: Phrases) -> Iterator[Seeded]:
    """Sex and age as known are not those dictated."""
    known = report.context.get("patient", {})
    said = re.search(r"(?i)\b(man|woman|male|female)\b|[男女]", report.text)
    if known.get("sex") and said and not re.search(r"前列腺|prostat", report.text):
        other = "female" if known["sex"] == "male" else "male"
        yield from _known(report, "patient_sex", "patient", "sex", other, "patient_sex")
    if known.get("age_years") and re.search(r"(?i)year old|[岁]", report.text):
        age = known["age_years"]
        assert isinstance(age, int)
        yield from _known(report, "patient_age", "patient", "age_years", age - 9, "patient_age")


def sex_condition(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """Something that the patient's sex cannot have."""
    sex = report.context.get("patient", {}).get("sex")
    at = conclusion(report)
    if sex in ("male", "female") and at is not None and report.template in ("outpatient", "us_abdomen", "ward_round"):
        sentence = phrases.extra[report.language][str(sex)]
        text = (
            f"{report.text[:at]} {sentence}{report.text[at:]}"
            if report.language == "en"
            else f"{report.text[:at]}{sentence}{report.text[at:]}"
        )
        yield from _changed(report, "sex_condition", text, "sex_condition")


def critical(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """A critical finding, and nobody told; where somebody was told, that sentence goes."""
    if report.template not in ("chest_xray", "ct_chest", "us_abdomen"):
        return
    told = (
        r"(?i)[^.]*(?:discussed with|communicated to|notified|telephoned|by telephone|relayed to|spoke with)"
        r"[^.]*\d[^.]*\."
        if report.language == "en"
        else r"[^。]*(?:电话通知|已告知|危急值|已通知|已报告)[^。]*。"
    )
    without = re.sub(told, "", report.text)
    if without != report.text:
        yield from _changed(report, "not_told", without.rstrip(), "critical_uncommunicated")
        return
    at = conclusion(report)
    heading = [match.start() for match in _CONCLUSION[report.language].finditer(report.text)]
    if at is not None:
        finding, line = phrases.critical[report.language]
        gap = " " if report.language == "en" else ""
        text = f"{report.text[: heading[-1]]}{finding}{gap}{report.text[heading[-1] : at]}{gap}{line}{report.text[at:]}"
        yield from _changed(report, "critical", text, "critical_uncommunicated")


def macro(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """A normal text is inserted, and something of the same organ dictated that is not normal."""
    heading = [match.start() for match in _CONCLUSION[report.language].finditer(report.text)]
    if report.template not in ("chest_xray", "ct_chest", "us_abdomen") or not heading:
        return
    organ = 0 if report.template in ("chest_xray", "ct_chest") else 1
    said, against = phrases.macro[report.language][organ]
    text = f"{report.text[: heading[-1]]} | {said} | {against} {report.text[heading[-1] :]}"
    yield from _changed(report, "macro", text, "macro_contradicted")


def dose_thousand_times(report: Report, _: Phrases) -> Iterator[Seeded]:
    """Micrograms said as milligrams."""
    pattern = r"(?<=\d )(?:micrograms|mcg)\b" if report.language == "en" else r"(?<=\d)微克"
    text = re.sub(pattern, "mg" if report.language == "en" else "毫克", report.text, count=1)
    yield from _changed(report, "dose_thousand_times", text, "dose_unusual")


_LOW = {
    "en": (
        (r"(?i)(pulse) (\d)\d\b", "{0} {1}"),
        (r"(?i)(temperature) 3(\d)(?=\.)", "{0} 1{1}"),
        (r"(?i)(potassium) (\d)\.(\d)", "{0} 0.{1}{2}"),
        (r"(?i)(saturation) (\d)\d", "{0} {1}"),
    ),
    "zh": (
        (r"(脉搏)(\d)\d(?!\d)", "{0}{1}"),
        (r"(体温)3(\d)(?=\.)", "{0}1{1}"),
        (r"(血钾)(\d)\.(\d)", "{0}0.{1}{2}"),
        (r"(血氧饱和度)(\d)\d", "{0}{1}"),
    ),
}


def value_too_low(report: Report, _: Phrases) -> Iterator[Seeded]:
    """A figure lost, or the point in the wrong place."""
    for pattern, form in _LOW[report.language]:
        match = re.search(pattern, report.text)
        if match is not None:
            text = report.text[: match.start()] + form.format(*match.groups()) + report.text[match.end() :]
            yield from _changed(report, "value_too_low", text, "value_impossible", "value_unusual")


OPERATORS: Sequence[Operator] = (
    side_in_conclusion,
    side_in_findings,
    side_in_operation,
    no_side,
    denied_in_conclusion,
    denied_in_findings,
    dose_ten_times,
    dose_unit,
    drug_twice,
    allergy,
    value,
    size_hundred_times,
    pressure,
    required,
    dates,
    order,
    patient,
    sex_condition,
    critical,
    macro,
    dose_thousand_times,
    value_too_low,
)


def seeded(report: Report, phrases: Phrases) -> Iterator[Seeded]:
    """Every error that can be seeded into a report."""
    for operator in OPERATORS:
        yield from operator(report, phrases)
