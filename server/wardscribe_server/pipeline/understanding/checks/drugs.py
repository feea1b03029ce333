"""Drugs: doses outside the usual, drugs twice, drugs that the patient is allergic to.

Owns which drug a name stands for. Must not know how drugs are dictated.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations

from pydantic import JsonValue

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.checks.numbers import amount
from wardscribe_server.pipeline.understanding.checks.phrases import ends_with, found, has
from wardscribe_server.pipeline.understanding.checks.rules import AllergyClass, Drug, load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Subject

_LISTS = ("medications", "prescriptions")
_CHANGED = frozenset(["stop", "change", "decrease", "increase"])
_LOCAL = frozenset(["topical", "ophthalmic", "nasal", "inhaled"])
_ADULT_YEARS = 14


def doses(subject: Subject) -> Iterator[Alert]:
    """Doses outside the usual adult range, and units that the drug does not come in; a child's dose may be small."""
    for path, entry in _drugs(subject):
        drug, dose, unit = known(str(entry.get("drug", ""))), amount(entry, "dose"), str(entry.get("dose_unit", ""))
        if dose is None or entry.get("route") in _LOCAL:
            continue
        rules = load_rules().doses
        if unit in rules.counted:
            if dose > rules.counted[unit]:
                yield Alert("dose_unusual", f"{path}/dose")
            continue
        if drug is None or not unit:
            continue
        if (unit == "unit") != (drug.unit == "unit"):
            yield Alert("dose_unit", f"{path}/dose_unit", f"{path}/drug")
        elif not _is_usual(drug, dose, unit, str(entry.get("frequency", "")), child=_is_child(subject)):
            yield Alert("dose_unusual", f"{path}/dose", f"{path}/drug")


def _is_usual(drug: Drug, dose: float, unit: str, frequency: str, *, child: bool) -> bool:
    rules = load_rules().doses
    in_unit = dose * rules.mass.get(unit, 1) / rules.mass.get(drug.unit, 1)
    a_day = in_unit * rules.times.get(frequency, 1)
    slack = 1.0001  # 62.5 micrograms are 0.0625 mg, and not quite
    low = 0 if child else drug.least / slack
    return low <= in_unit <= drug.most * slack and a_day <= drug.most_a_day * slack


def _is_child(subject: Subject) -> bool:
    said = subject.fields.get("patient")
    age = said.get("age_years") if isinstance(said, dict) else None
    patient = subject.context.patient if subject.context is not None else None
    known_age = patient.age_years if patient is not None else None
    years = age if isinstance(age, int | float) else known_age
    return years is not None and years < _ADULT_YEARS


def _drugs(subject: Subject) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
    for name in _LISTS:
        for path, entry in subject.entries(name):
            if isinstance(entry.get("drug"), str):
                yield path, entry


@lru_cache(maxsize=4096)
def known(said: str) -> Drug | None:
    """The drug of the table that a name stands for: the longest name that it holds."""
    plain = re.sub(r"\s+", " ", said.lower().replace("-", " ")).strip()
    best: tuple[int, Drug] | None = None
    for name, drug in load_rules().drugs.items():
        folded = name.replace("-", " ")
        inside = re.search(rf"(?<![a-z]){re.escape(folded)}(?![a-z])", plain) if folded.isascii() else folded in plain
        if inside and (best is None or len(folded) > best[0]):
            best = (len(folded), drug)
    return best[1] if best else None


def duplicates(subject: Subject) -> Iterator[Alert]:
    """The same drug, or two of a kind that goes alone, twice in one list; a change of dose is no second drug."""
    for name in _LISTS:
        listed = [
            (path, str(entry["drug"]), entry)
            for path, entry in subject.entries(name)
            if isinstance(entry.get("drug"), str) and entry.get("action") not in _CHANGED
        ]
        for (one, said, entry), (other, also, later) in combinations(listed, 2):
            if _same(said, also) and _may_be_one_route(entry, later):
                yield Alert("drug_duplicate", f"{other}/drug", f"{one}/drug")


def _may_be_one_route(entry: Mapping[str, JsonValue], later: Mapping[str, JsonValue]) -> bool:
    routes = {entry.get("route"), later.get("route")} - {None}
    return len(routes) < 2


def _same(one: str, other: str) -> bool:
    if one.lower() == other.lower():
        return True
    first, second = known(one), known(other)
    if first is None or second is None:
        return False
    alone = frozenset(load_rules().doses.one_only["classes"])
    return (first is second and one.lower() in other.lower()) or bool(first.classes & second.classes & alone)


def allergies(subject: Subject) -> Iterator[Alert]:
    """A drug that is given although the patient is allergic to it, or to its class."""
    substances = [
        (f"{path}/substance", str(entry.get("substance", "")))
        for path, entry in subject.entries("allergies")
        if entry.get("presence") == "present"
    ]
    substances += [("/transcript/text", name) for name in _said(subject)]
    told = {name: (path, _barred(name, subject.language)) for path, name in reversed(substances) if name}
    for path, entry in _drugs(subject):
        if entry.get("action") == "stop":
            continue
        for substance, (from_path, barred) in told.items():
            if _forbids(substance, barred, str(entry["drug"])):
                yield Alert("allergy_prescribed", f"{path}/drug", from_path)
                break


def _barred(substance: str, language: Language) -> frozenset[str]:
    """Classes of drugs that an allergy forbids."""
    named = (one for one in load_rules().allergies.classes if has(substance, one.of(language), language))
    return frozenset(group for one in named for group in one.classes)


def _forbids(substance: str, barred: frozenset[str], name: str) -> bool:
    if substance.lower() in name.lower() or name.lower() in substance.lower():
        return True
    drug, allergen = known(name), known(substance)
    return drug is not None and (drug is allergen or bool(drug.classes & barred))


def _said(subject: Subject) -> Iterator[str]:
    """Allergies that only the text tells of: "allergic to X", 对X过敏."""
    if subject.fields.get("allergies"):
        return
    language = subject.language
    words = load_rules().allergies.said[language]
    for match in found(subject.text, _allergens(language), language):
        before, after = subject.text[: match.start()], subject.text[match.end() :]
        behind = (_CLASS_WORDS.sub("", after, count=1) if language is Language.ZH else after.lstrip())[:20]
        ahead = ends_with(before.rstrip(" :：和、"), words["before"], language)
        named = next(found(behind, words["after"], language), None)
        follows = named is not None and named.start() == 0
        if (ahead and language is Language.EN) or follows or _is_meant_later(after, language):
            window = re.split(r"[.;,，。；]", before)[-1]
            if not has(window, words["denied"], language):
                yield match.group()


_CLASS_WORDS = re.compile(r"^(?:类|抗炎|消炎|解热|镇痛|止痛|抗菌|抗生素)*(?:药物|药|制剂)?\s*(?:曾|有|会|就)?")
_MEANT = re.compile(r"[^.;]{0,60}?\ballergic to (?:them|it|these|this|that|those)\b", re.IGNORECASE)


def _is_meant_later(after: str, language: Language) -> bool:
    """ "NSAIDs bring him out in hives, he is allergic to them"."""
    return language is Language.EN and _MEANT.match(after) is not None


@lru_cache(maxsize=2)
def _allergens(language: Language) -> tuple[str, ...]:
    def of(group: AllergyClass) -> tuple[str, ...]:
        return group.of(language)

    drugs = tuple(name for name in load_rules().drugs if name.isascii() == (language is Language.EN))
    return tuple(dict.fromkeys([*(name for one in load_rules().allergies.classes for name in of(one)), *drugs]))
