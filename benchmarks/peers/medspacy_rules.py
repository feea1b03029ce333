"""medspaCy and regular expressions as a system under test: what a careful rule writer builds in public parts.

Runs in an environment of its own (`pip install medspacy`) and imports nothing of the product; from the product it gets
its lexicon tables as target rules, its templates' headings as section rules, and its written form of each dictation, so
that number words and corrected speech are not held against it. Lines in: `{"id", "template", "language", "text"}`;
lines out: `{"id", "record": {"fields"}}`.

English: PyRuSH sentences, target matcher, ConText with medspaCy's own rules, sections, expressions for measurements,
doses, vital signs, dates. Chinese: medspaCy has no Chinese; the same parts over single characters, with ConText rules
written here after the cues that clinical Chinese uses most. What it does not do: values computed from others (TI-RADS),
which lesion or nodule a description belongs to beyond the sentence, doses before and after a change, sides inherited
over sentences, specimens, implants and drains beyond their heading.
"""

import argparse
import csv
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import medspacy
import spacy
from loguru import logger
from medspacy.context import ConTextRule
from medspacy.ner import TargetRule
from medspacy.section_detection import SectionRule

_CLASSES = {"finding", "symptom", "disease", "drug", "test", "device", "procedure", "anatomy"}
_TABLES = ("core_*.tsv", "diseases_*.tsv", "drugs_*.tsv", "symptoms_*.tsv")
_IMAGING = ("chest_xray", "ct_chest", "us_thyroid", "us_abdomen")
_NUMBER = r"(\d+(?:\.\d+)?)"
_SIZE = re.compile(rf"{_NUMBER}(?:\s*[x×]\s*{_NUMBER})?(?:\s*[x×]\s*{_NUMBER})?\s*(mm|cm|毫米|厘米)")
_SIDES = {
    "left": r"\bleft\b|左",
    "right": r"\bright\b|右",
    "bilateral": r"\bbilateral(?:ly)?\b|\bboth\b|双|两",
}
_SEVERITY = re.compile(
    r"\b(mild|moderate|severe|small|large|trace|tiny)\b|(少量|中量|大量|轻度|中度|重度|少许)", re.IGNORECASE
)
_CHANGE = {
    "stable": r"\b(?:stable|unchanged)\b|同前|稳定|无变化",
    "increased": r"\b(?:increased|enlarging|worse(?:ning)?)\b|较前增[大多]|进展",
    "decreased": r"\b(?:decreased|improv(?:ed|ing)|smaller)\b|较前减[少轻小]|吸收",
    "new": r"\bnew\b|新发|新见",
}
_DOSE = re.compile(
    rf"{_NUMBER}\s*(mg|g|mcg|mL|units?|tablets?|capsules?|puffs?|drops?|毫克|克|微克|毫升|单位|片|粒|吸|喷|滴)(?![a-z])"
)
_DOSE_UNITS = {
    "毫克": "mg",
    "克": "g",
    "微克": "mcg",
    "毫升": "mL",
    "单位": "unit",
    "片": "tablet",
    "粒": "capsule",
} | {"吸": "puff", "喷": "puff", "滴": "drop", "units": "unit", "tablets": "tablet", "puffs": "puff", "drops": "drop"}
_FREQUENCY = {
    "bid": r"\bb\.?i\.?d\b|twice (?:a day|daily)|(?:2|two) times (?:a|per) day|每[日天][2两]次",
    "tid": r"\bt\.?i\.?d\b|(?:3|three) times (?:a|per)? ?da(?:y|ily)|每[日天][3三]次",
    "qid": r"\bq\.?i\.?d\b|(?:4|four) times (?:a|per)? ?da(?:y|ily)|每[日天][4四]次",
    "q4h": r"every 4 hours|每4小时",
    "q6h": r"every 6 hours|每6小时",
    "q8h": r"every 8 hours|每8小时",
    "q12h": r"every 12 hours|每12小时",
    "qn": r"at night|at bedtime|每晚|睡前",
    "prn": r"as needed|\bprn\b|必要时|按需",
    "weekly": r"\bweekly\b|每周[1一]次",
    "daily": r"\bdaily\b|once a day|每[日天][1一]次",
}
_ROUTE = {
    "iv": r"\bIV\b|intravenous|静[脉滴注推]",
    "oral": r"\boral(?:ly)?\b|by mouth|口服",
    "sc": r"subcutaneous|\bsc\b|皮下",
    "im": r"\bIM\b|肌注",
    "inhaled": r"\binhale|nebuli|雾化|吸入",
    "topical": r"\bcream\b|ointment|topical|外用|乳膏",
}
_ACTION = {
    "stop": r"\bstop(?:ped)?\b|\bhold\b|停用|停",
    "increase": r"\bincrease|增至|加至",
    "decrease": r"\bdecrease|\bwean|减至|减量",
    "start": r"\bstart\b|加用|改为",
    "continue": r"\bcontinue|继续",
}
_DURATION = re.compile(rf"(?:for )?{_NUMBER}\s*(days?|weeks?|months?|years?|天|周|个?月|年)", re.IGNORECASE)
_DURATION_UNITS = {"d": "D", "w": "W", "m": "M", "y": "Y", "天": "D", "周": "W", "月": "M", "个": "M", "年": "Y"}
_VITALS = {
    "temperature_c": rf"(?:temp(?:erature)?|体温)\D{{0,6}}{_NUMBER}",
    "pulse_bpm": rf"(?:pulse|heart rate|\bhr|脉搏|心率)\D{{0,6}}{_NUMBER}",
    "respiration_bpm": rf"(?:respirat\w+(?: rate)?|\brr|呼吸)\D{{0,4}}{_NUMBER}",
    "spo2_pct": rf"(?:sats?|saturations?|spo2|饱和度)\D{{0,8}}{_NUMBER}",
    "weight_kg": rf"(?:weight|体重)\D{{0,4}}{_NUMBER}",
}
_PRESSURE = re.compile(rf"(?:bp|blood pressure|血压)\D{{0,6}}{_NUMBER}\s*/\s*{_NUMBER}", re.IGNORECASE)
_ORGANS = {
    "liver_mm": r"liver|肝",
    "spleen_mm": r"spleen|脾",
    "common_bile_duct_mm": r"common (?:bile )?duct|\bcbd|胆总管",
    "gallbladder_wall_mm": r"wall|胆囊壁|壁厚",
    "right_kidney_mm": r"right kidney|右肾",
    "left_kidney_mm": r"left kidney|左肾",
    "right_lobe_mm": r"right lobe|右叶",
    "left_lobe_mm": r"left lobe|左叶",
    "isthmus_mm": r"isthmus|峡部",
}
_AMOUNTS = {
    "urine_ml": r"urine(?: output)?|尿量",
    "drain_ml": r"drain(?: output)?|引流[液量]?",
    "intake_ml": r"intake|入量",
    "output_ml": r"\boutput|出量",
    "blood_loss_ml": r"blood loss|ebl|出血",
    "fluids_ml": r"fluids|补液|输液",
}
_ZH_CONTEXT = {
    "NEGATED_EXISTENCE": ("未见", "无", "否认", "未闻及", "未触及", "没有", "不伴"),
    "POSSIBLE_EXISTENCE": ("考虑", "可能", "疑似", "不除外", "待排", "可疑"),
    "HISTORICAL": ("既往", "曾", "病史"),
    "FAMILY": ("父亲", "母亲", "姐姐", "哥哥", "家族"),
}


class Baseline:
    """The rules of one language over all templates."""

    def __init__(self, language: str, *, lexicons: Path, templates: Path) -> None:
        self.zh = language == "zh"
        self.terms: dict[str, str] = {}
        self._nlp = self._pipeline(list(self._targets(lexicons / language)))
        self._headings = {
            path.stem: self._sections(tomllib.loads(path.read_text("utf-8")), language)
            for path in templates.glob("*.toml")
        }

    def _pipeline(self, targets: list[TargetRule]) -> Any:
        if self.zh:
            nlp = spacy.blank("zh")
            nlp.add_pipe("sentencizer", config={"punct_chars": ["。", "；", "\n"]})
            nlp.add_pipe("medspacy_target_matcher")
            nlp.add_pipe("medspacy_context", config={"rules": None})
            rules = [
                ConTextRule(cue, category, direction="FORWARD", max_scope=12)
                for category, cues in _ZH_CONTEXT.items()
                for cue in cues
            ]
            stops = [ConTextRule(sign, "TERMINATE", direction="TERMINATE") for sign in "，,。；但"]
            nlp.get_pipe("medspacy_context").add(rules + stops)
        else:
            nlp = medspacy.load(medspacy_enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"])
        nlp.get_pipe("medspacy_target_matcher").add(targets)
        return nlp

    def _targets(self, folder: Path) -> Iterator[TargetRule]:
        for pattern in _TABLES:
            for path in sorted(folder.glob(pattern)):
                with path.open(encoding="utf-8") as file:
                    for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                        if row["class"] in _CLASSES:
                            for form in (row["preferred"], *filter(None, (row.get("variants") or "").split("|"))):
                                if len(form) > 1 and form.casefold() not in self.terms:
                                    self.terms[form.casefold()] = row["preferred"]
                                    yield TargetRule(form.lower(), row["class"].upper())

    def _sections(self, template: dict[str, Any], language: str) -> Any:
        """A sectionizer with the template's headings; a short heading only counts before a colon."""
        nlp = spacy.blank(language)
        sectionizer = nlp.add_pipe("medspacy_sectionizer", config={"rules": None})
        for section in template["sections"]:
            for heading in section.get("headings", {}).get(language, ()):
                forms = {f"{heading}:", f"{heading}："} | ({heading} if len(heading) > (1 if self.zh else 6) else set())
                sectionizer.add([SectionRule(form, section["id"]) for form in sorted(forms)])
        return nlp, template["opening"]

    def entities(self, text: str) -> list[tuple[int, int, str, str]]:
        """Entities of a sentence: characters, label and presence."""
        return [(ent.start_char, ent.end_char, ent.label_.lower(), _presence(ent)) for ent in self._nlp(text).ents]

    def fields(self, text: str, template: str) -> dict[str, Any]:
        """The fields of one written dictation."""
        nlp, opening = self._headings[template]
        found: dict[str, Any] = {}
        doc = nlp(text)
        spans = [(part.category or opening, doc[slice(*part.body_span)]) for part in doc._.sections]
        parts = [(name, span.text.strip(" :：,，.。")) for name, span in spans]
        sections: dict[str, str] = {}
        for name, body in parts:
            sections[name] = f"{sections[name]} {body}".strip() if name in sections else body
        for name, body in sections.items():
            self._section(found, name, body, template)
        self._everywhere(found, text, sections, template)
        return {key: value for key, value in found.items() if value not in ([], {}, "")}

    def _section(self, found: dict[str, Any], name: str, body: str, template: str) -> None:
        doc = self._nlp(body.replace(": ", ". ") if not self.zh else body)
        if name in ("impression", "recommendation", "advice", "specimens", "drains", "implants", "complications"):
            found[name] = [
                item.strip(" .。") for item in re.split(r"[.;。；]\s*|\s\d[.、]\s*", body) if item.strip(" .。")
            ]
            return
        if name == "diagnosis" and template == "ward_round":
            found["assessment"] = [item.strip() for item in re.split(r"[,.，。]\s*", body) if item.strip()]
            return
        single = {"indication", "comparison", "course", "procedure", "surgeon"} | (
            {"history"} if template == "outpatient" else set()
        )
        if name in single:
            found[name] = body
        if name == "complaint":
            found["chief_complaint"] = body
        if name in ("preoperative", "postoperative"):
            found[f"{name}_diagnosis"] = body
        for ent in doc.ents:
            self._entity(found, ent, name, template)
        if name == "plan":
            items = [item.strip(" .。") for item in re.split(r"[,.，。;；]\s*", body)]
            plans = [item for item in items if item and not _DOSE.search(item)]
            found["plan"] = [{"action": item, "kind": _kind(item)} for item in plans]

    def _entity(self, found: dict[str, Any], ent: Any, section: str, template: str) -> None:
        sentence = ent.sent.text
        name = self.terms.get(ent.text.casefold(), ent.text)
        if ent.label_ == "DRUG":
            drug = {"drug": name} | _drug(sentence[ent.start_char - ent.sent.start_char :][:80], sentence)
            ordered = template == "outpatient" and section in ("plan", "diagnosis")
            found.setdefault("prescriptions" if ordered else "medications", []).append(drug)
        elif ent.label_ == "DEVICE" and template == "chest_xray":
            found.setdefault("devices", []).append({"device": name} | _side(sentence))
        elif ent.label_ == "TEST" and template in ("outpatient", "ward_round"):
            tail = re.match(rf"\D{{0,12}}?{_NUMBER}", ent.doc.text[ent.end_char :])
            if tail is not None:
                found.setdefault("labs", []).append({"test": name, "value": float(tail[1])})
        elif ent.label_ in ("FINDING", "SYMPTOM", "DISEASE"):
            self._claim(found, ent, name, section, template)

    def _claim(self, found: dict[str, Any], ent: Any, name: str, section: str, template: str) -> None:
        presence = _presence(ent)
        if template == "outpatient" and (ent._.is_family or section == "family"):
            relation = re.search(r"\b(mother|father|sister|brother|aunt|uncle)\b|父亲|母亲|姐姐|哥哥", ent.sent.text)
            if relation is not None:
                found.setdefault("family_history", []).append({"relation": relation[0], "problem": name})
            return
        sentence = ent.sent.text
        if template in (*_IMAGING, "operative") and section in ("findings", "technique", "rest", "procedure"):
            entry = {"finding": name, "presence": presence} | _side(sentence) | _details(ent)
            found.setdefault("findings", []).append(entry)
            return
        exam = section in ("exam", "labs") or (ent.label_ == "FINDING" and template in ("outpatient", "ward_round"))
        if exam and template in ("outpatient", "ward_round"):
            found.setdefault("exam", []).append({"finding": name, "presence": presence} | _side(sentence))
            return
        field = {
            "diagnosis": "diagnoses",
            "past": "past_history",
            "admission_diagnosis": "admission_diagnoses",
            "discharge_diagnosis": "discharge_diagnoses",
        }.get(section, "past_history" if ent._.is_historical or ent.label_ == "DISEASE" else "symptoms")
        if template in ("outpatient", "ward_round", "discharge") and (template, field) not in _NO_FIELD:
            entry = {"problem": name, "presence": presence} | _side(sentence) | _lasting(sentence)
            found.setdefault(field, []).append(entry)

    def _everywhere(self, found: dict[str, Any], text: str, sections: dict[str, str], template: str) -> None:
        """What expressions find without any section."""
        lower = text.lower()
        if template in ("outpatient", "ward_round"):
            found["vitals"] = _vitals(lower)
        if template == "ward_round":
            found |= _first(text, {"bed": r"\bbed (\w+)|(\d+)床"})
            days = {
                "hospital_day": r"hospital day (\d+)|入院第(\d+)天",
                "postop_day": r"post.?op day (\d+)|术后第(\d+)天",
            }
            found |= {key: int(value) for key, value in _first(lower, days).items()}
        if template == "chest_xray":
            views = {
                "pa": r"\bpa\b|正位|后前位",
                "lateral": r"\blateral\b|侧位",
                "ap": r"\bap\b",
                "portable": r"portable|床旁",
            }
            found["views"] = [code for code, said in views.items() if re.search(said, lower[:160])]
            heart = {"enlarged": r"heart is .{0,12}enlarged|心影.{0,3}增大", "normal": r"heart .{0,12}normal|心影不大"}
            found |= _code("heart_size", heart, lower)
        if template == "ct_chest":
            contrast = {
                "none": r"without contrast|unenhanced|non.?contrast|平扫",
                "iv": r"with (?:iv|intravenous)? ?contrast|增强",
            }
            found |= _code("contrast", contrast, lower)
            found |= _millimetres(text, {"slice_thickness_mm": r"slice|slices|层厚"})
        if template.startswith("us_"):
            found |= _millimetres(text, {key: said for key, said in _ORGANS.items() if _ORGAN_OF[template](key)})
        if template in ("ward_round", "operative"):
            keys = _AMOUNT_KEYS[template]
            patterns = {key: rf"(?:{_AMOUNTS[key]})\D{{0,12}}{_NUMBER}" for key in keys}
            found |= {key: float(value) for key, value in _first(lower, patterns).items()}
        if template == "operative":
            codes = {
                "general": r"general|全麻|全身麻醉",
                "spinal": r"spinal|腰麻",
                "local": r"local an|局麻",
                "regional": r"regional|臂丛",
            }
            found |= _code("anaesthesia", codes, lower)
            found |= {"counts_correct": True} if re.search(r"counts?\b.{0,20}correct|清点无误|清点正确", lower) else {}
            if re.search(r"no complications|complications?:? none|无并发症", lower):
                found["complications"] = ["none"]
        if template == "discharge":
            found |= _stay(text)
            codes = {
                "improved": r"improved|好转",
                "stable": r"stable|稳定",
                "recovered": r"recovered|治愈",
                "died": r"\bdied\b|死亡",
            }
            said = sections.get("condition", "")
            found |= _code("condition", codes, said.lower())
        if template == "pathology_gross":
            found |= {
                key: float(value) for key, value in _first(lower, {"weight_g": rf"{_NUMBER} ?(?:g\b|grams|克)"}).items()
            }
            size = _SIZE.search(text)
            found |= {"size_mm": _mm(size)} if size is not None else {}
            nodes = _first(lower, {"lymph_nodes": r"(\d+) lymph nodes|淋巴结(\d+)枚"})
            found |= {key: int(value) for key, value in nodes.items()}
            found |= {"specimen": sections["specimen"].split(",")[0].split("，")[0]} if sections.get("specimen") else {}
        if template in ("outpatient", "discharge"):
            back = re.search(
                r"(?:follow up|return|review|see again|复[诊查]|随访)\D{0,24}(.{0,16})|(\d+\S{1,3})后复[诊查]", lower
            )
            lasting = _lasting(back[0]) if back is not None else {}
            found |= {"follow_up": lasting["duration"]} if lasting else {}
        if template == "outpatient" and re.search(r"no known (?:drug )?allergies|否认.{0,4}过敏", lower):
            found["allergies"] = [{"substance": "药物" if self.zh else "drugs", "presence": "absent"}]
        age = re.search(r"(\d{1,3})[- ]year[- ]old|(\d{1,3})岁", lower)
        sex = re.search(r"\b(?:wo)?man\b|\b(?:fe)?male\b|\blady\b|\bgentleman\b|[男女]", lower)
        patient: dict[str, Any] = {"age_years": int(age[1] or age[2])} if age is not None else {}
        if sex is not None:
            patient["sex"] = "female" if sex[0] in ("woman", "female", "lady", "女") else "male"
        if patient:
            found["patient"] = patient


_NO_FIELD = {
    ("ward_round", "past_history"),
    ("ward_round", "diagnoses"),
    ("discharge", "past_history"),
    ("discharge", "symptoms"),
}
_ORGAN_OF = {
    "us_thyroid": lambda key: "lobe" in key or "isthmus" in key,
    "us_abdomen": lambda key: not ("lobe" in key or "isthmus" in key),
}
_AMOUNT_KEYS = {
    "ward_round": ("urine_ml", "drain_ml", "intake_ml", "output_ml"),
    "operative": ("blood_loss_ml", "urine_ml", "fluids_ml"),
}


def _side(sentence: str) -> dict[str, str]:
    said = [side for side, form in _SIDES.items() if re.search(form, sentence, re.IGNORECASE)]
    return {"laterality": said[0]} if len(said) == 1 else {}


def _details(ent: Any) -> dict[str, Any]:
    sentence = ent.sent.text
    found: dict[str, Any] = {}
    size, severity = _SIZE.search(sentence), _SEVERITY.search(sentence)
    if size is not None:
        found["size_mm"] = _mm(size)
    if severity is not None:
        found["severity"] = severity[0].lower()
    for change, form in _CHANGE.items():
        if re.search(form, sentence, re.IGNORECASE):
            found["change"] = change
    places = [other.text for other in ent.doc.ents if other.label_ == "ANATOMY" and other.sent == ent.sent]
    return found | ({"location": places[0]} if places else {})


def _mm(size: re.Match[str]) -> list[float]:
    factor = 10 if size[4] in ("cm", "厘米") else 1
    return [round(float(value) * factor, 2) for value in size.groups()[:3] if value]


def _millimetres(text: str, patterns: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, form in patterns.items():
        match = re.search(rf"(?:{form})[^.。\d]{{0,30}}({_SIZE.pattern})", text, re.IGNORECASE)
        if match is not None:
            values = _mm(_SIZE.search(match[1]))  # type: ignore[arg-type]
            found[key] = values if "lobe" in key else values[0]
    return found


def _drug(tail: str, sentence: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    dose = _DOSE.search(tail)
    if dose is not None:
        found |= {"dose": float(dose[1]), "dose_unit": _DOSE_UNITS.get(dose[2], dose[2])}
    for key, table, where in (("frequency", _FREQUENCY, tail), ("route", _ROUTE, tail), ("action", _ACTION, sentence)):
        code = next((code for code, form in table.items() if re.search(form, where, re.IGNORECASE)), None)
        if code is not None:
            found[key] = code
    return found


def _lasting(text: str) -> dict[str, str]:
    match = _DURATION.search(text)
    return {"duration": f"P{match[1]}{_DURATION_UNITS[match[2][0].lower()]}"} if match is not None else {}


def _vitals(text: str) -> dict[str, float]:
    found = {key: float(match[1]) for key, form in _VITALS.items() if (match := re.search(form, text)) is not None}
    if found.get("temperature_c", 0) > 80:
        found["temperature_c"] = round((found["temperature_c"] - 32) / 1.8, 1)
    pressure = _PRESSURE.search(text)
    if pressure is not None:
        found |= {"bp_systolic_mmhg": float(pressure[1]), "bp_diastolic_mmhg": float(pressure[2])}
    return found


def _first(text: str, patterns: dict[str, str]) -> dict[str, str]:
    matches = {key: re.search(form, text, re.IGNORECASE) for key, form in patterns.items()}
    return {key: next(filter(None, match.groups())) for key, match in matches.items() if match is not None}


def _code(key: str, codes: dict[str, str], text: str) -> dict[str, str]:
    code = next((code for code, form in codes.items() if re.search(form, text)), None)
    return {key: code} if code is not None else {}


def _stay(text: str) -> dict[str, str]:
    months = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
    dates = []
    for match in re.finditer(r"(\w+) (\d{1,2})(?:st|nd|rd|th)?,? (20\d\d)|(20\d\d)年(\d{1,2})月(\d{1,2})", text):
        if match[4]:
            dates.append(f"{match[4]}-{int(match[5]):02}-{int(match[6]):02}")
        elif match[1].lower() in months:
            dates.append(f"{match[3]}-{months.index(match[1].lower()) + 1:02}-{int(match[2]):02}")
    return dict(zip(("admission_date", "discharge_date"), dates, strict=False))


def _presence(ent: Any) -> str:
    return "absent" if ent._.is_negated else "possible" if ent._.is_uncertain else "present"


def _kind(item: str) -> str:
    kinds = {
        "imaging": r"\bct\b|\bmri\b|x-?ray|ultrasound|echo|mammogram|超声|彩超|磁共振|胸片",
        "lab": r"bloods?|culture|test|levels?|hba1c|血常规|化验|培养|电解质",
        "consult": r"refer|review|consult|physio|会诊",
        "procedure": r"remove|biopsy|endoscopy|drain|拔|穿刺|镜检|活检",
        "follow_up": r"follow|return|复诊|复查|随访",
        "monitoring": r"monitor|watch|监测|观察",
    }
    return next((kind for kind, form in kinds.items() if re.search(form, item, re.IGNORECASE)), "advice")


def main() -> int:
    """Fill records from standard input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lexicons", type=Path, required=True, metavar="DIR")
    parser.add_argument("--templates", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    logger.remove()
    ready: dict[str, Baseline] = {}
    for line in sys.stdin:
        case = json.loads(line)
        language = case["language"]
        if language not in ready:
            ready[language] = Baseline(language, lexicons=options.lexicons, templates=options.templates)
        fields = ready[language].fields(case["text"], case["template"])
        print(json.dumps({"id": case["id"], "record": {"fields": fields}}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
