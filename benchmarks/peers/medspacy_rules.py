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
import medspacy_expressions as expressed
import spacy
from loguru import logger
from medspacy.context import ConTextRule
from medspacy.ner import TargetRule
from medspacy.section_detection import SectionRule

_CLASSES = {"finding", "symptom", "disease", "drug", "test", "device", "procedure", "anatomy"}
_TABLES = ("core_*.tsv", "diseases_*.tsv", "drugs_*.tsv", "symptoms_*.tsv")
_IMAGING = ("chest_xray", "ct_chest", "us_thyroid", "us_abdomen")
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
            plans = [item for item in items if item and not expressed.DOSE.search(item)]
            found["plan"] = [{"action": item, "kind": expressed.kind(item)} for item in plans]

    def _entity(self, found: dict[str, Any], ent: Any, section: str, template: str) -> None:
        sentence = ent.sent.text
        name = self.terms.get(ent.text.casefold(), ent.text)
        if ent.label_ == "DRUG":
            drug = {"drug": name} | expressed.drug(sentence[ent.start_char - ent.sent.start_char :][:80], sentence)
            ordered = template == "outpatient" and section in ("plan", "diagnosis")
            found.setdefault("prescriptions" if ordered else "medications", []).append(drug)
        elif ent.label_ == "DEVICE" and template == "chest_xray":
            found.setdefault("devices", []).append({"device": name} | expressed.side(sentence))
        elif ent.label_ == "TEST" and template in ("outpatient", "ward_round"):
            tail = re.match(rf"\D{{0,12}}?{expressed.NUMBER}", ent.doc.text[ent.end_char :])
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
            entry = {"finding": name, "presence": presence} | expressed.side(sentence) | expressed.details(ent)
            found.setdefault("findings", []).append(entry)
            return
        exam = section in ("exam", "labs") or (ent.label_ == "FINDING" and template in ("outpatient", "ward_round"))
        if exam and template in ("outpatient", "ward_round"):
            found.setdefault("exam", []).append({"finding": name, "presence": presence} | expressed.side(sentence))
            return
        field = {
            "diagnosis": "diagnoses",
            "past": "past_history",
            "admission_diagnosis": "admission_diagnoses",
            "discharge_diagnosis": "discharge_diagnoses",
        }.get(section, "past_history" if ent._.is_historical or ent.label_ == "DISEASE" else "symptoms")
        if template in ("outpatient", "ward_round", "discharge") and (template, field) not in _NO_FIELD:
            entry = {"problem": name, "presence": presence} | expressed.side(sentence) | expressed.lasting(sentence)
            found.setdefault(field, []).append(entry)

    def _everywhere(self, found: dict[str, Any], text: str, sections: dict[str, str], template: str) -> None:
        """What expressions find without any section."""
        lower = text.lower()
        if template in ("outpatient", "ward_round"):
            found["vitals"] = expressed.vitals(lower)
        if template == "ward_round":
            found |= expressed.first(text, {"bed": r"\bbed (\w+)|(\d+)床"})
            days = {
                "hospital_day": r"hospital day (\d+)|入院第(\d+)天",
                "postop_day": r"post.?op day (\d+)|术后第(\d+)天",
            }
            found |= {key: int(value) for key, value in expressed.first(lower, days).items()}
        if template == "chest_xray":
            views = {
                "pa": r"\bpa\b|正位|后前位",
                "lateral": r"\blateral\b|侧位",
                "ap": r"\bap\b",
                "portable": r"portable|床旁",
            }
            found["views"] = [code for code, said in views.items() if re.search(said, lower[:160])]
            heart = {"enlarged": r"heart is .{0,12}enlarged|心影.{0,3}增大", "normal": r"heart .{0,12}normal|心影不大"}
            found |= expressed.code("heart_size", heart, lower)
        if template == "ct_chest":
            contrast = {
                "none": r"without contrast|unenhanced|non.?contrast|平扫",
                "iv": r"with (?:iv|intravenous)? ?contrast|增强",
            }
            found |= expressed.code("contrast", contrast, lower)
            found |= expressed.millimetres(text, {"slice_thickness_mm": r"slice|slices|层厚"})
        if template.startswith("us_"):
            found |= expressed.millimetres(
                text, {key: said for key, said in _ORGANS.items() if _ORGAN_OF[template](key)}
            )
        if template in ("ward_round", "operative"):
            keys = _AMOUNT_KEYS[template]
            patterns = {key: rf"(?:{_AMOUNTS[key]})\D{{0,12}}{expressed.NUMBER}" for key in keys}
            found |= {key: float(value) for key, value in expressed.first(lower, patterns).items()}
        if template == "operative":
            codes = {
                "general": r"general|全麻|全身麻醉",
                "spinal": r"spinal|腰麻",
                "local": r"local an|局麻",
                "regional": r"regional|臂丛",
            }
            found |= expressed.code("anaesthesia", codes, lower)
            found |= {"counts_correct": True} if re.search(r"counts?\b.{0,20}correct|清点无误|清点正确", lower) else {}
            if re.search(r"no complications|complications?:? none|无并发症", lower):
                found["complications"] = ["none"]
        if template == "discharge":
            found |= expressed.stay(text)
            codes = {
                "improved": r"improved|好转",
                "stable": r"stable|稳定",
                "recovered": r"recovered|治愈",
                "died": r"\bdied\b|死亡",
            }
            said = sections.get("condition", "")
            found |= expressed.code("condition", codes, said.lower())
        if template == "pathology_gross":
            found |= {
                key: float(value)
                for key, value in expressed.first(lower, {"weight_g": rf"{expressed.NUMBER} ?(?:g\b|grams|克)"}).items()
            }
            size = expressed.SIZE.search(text)
            found |= {"size_mm": expressed.mm(size)} if size is not None else {}
            nodes = expressed.first(lower, {"lymph_nodes": r"(\d+) lymph nodes|淋巴结(\d+)枚"})
            found |= {key: int(value) for key, value in nodes.items()}
            found |= {"specimen": sections["specimen"].split(",")[0].split("，")[0]} if sections.get("specimen") else {}
        if template in ("outpatient", "discharge"):
            back = re.search(
                r"(?:follow up|return|review|see again|复[诊查]|随访)\D{0,24}(.{0,16})|(\d+\S{1,3})后复[诊查]", lower
            )
            lasting = expressed.lasting(back[0]) if back is not None else {}
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


def _presence(ent: Any) -> str:
    return "absent" if ent._.is_negated else "possible" if ent._.is_uncertain else "present"


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
