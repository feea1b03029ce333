"""Patient and dictation: who is spoken of is who was meant, and what is found can be. Must not know the order."""

from collections.abc import Iterator

from wardscribe_server.pipeline.understanding.checks.phrases import found
from wardscribe_server.pipeline.understanding.checks.rules import load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Subject

_APART_YEARS = 1.5  # a birthday may lie between the order and the dictation
_ELSEWHERE = ("family_history", "history", "course", "patient")  # tells of other people, or of another time


def identity(subject: Subject) -> Iterator[Alert]:
    """Sex, age and record number as dictated, against what the session knows."""
    known = subject.context.patient if subject.context is not None else None
    said = subject.fields.get("patient")
    if known is None or not isinstance(said, dict):
        return
    if known.sex is not None and said.get("sex") not in (None, known.sex):
        yield Alert("patient_sex", "/fields/patient/sex")
    age = said.get("age_years")
    if known.age_years is not None and isinstance(age, int | float) and abs(age - known.age_years) > _APART_YEARS:
        yield Alert("patient_age", "/fields/patient/age_years")
    number = said.get("mrn")
    if known.mrn is not None and isinstance(number, str) and _digits(number) != _digits(known.mrn):
        yield Alert("patient_mrn", "/fields/patient/mrn")


def _digits(number: str) -> str:
    return "".join(char for char in number.upper() if char.isalnum()).lstrip("0")


def conditions(subject: Subject) -> Iterator[Alert]:
    """Anatomy and conditions that the patient's sex or age rules out, and those of both sexes in one record."""
    rules, language = load_rules().people, subject.language
    told: dict[str, str] = {}
    sexes = ((name, of_sex.words, of_sex.barred) for name, of_sex in rules.sex[language].items())
    for sex, words, barred in sexes:
        place = _first(subject, words, barred)
        if place is not None:
            told[sex] = place
    patient, from_path = _sex(subject)
    for named, path in told.items():
        if patient is not None and named != patient:
            yield Alert("sex_condition", path, from_path)
    if patient is None and len(told) > 1:
        yield Alert("sex_condition", told["male"], told["female"])
    age, age_path = _age(subject)
    for of_age in rules.age if age is not None else ():
        assert age is not None
        if not of_age.years[0] <= age <= of_age.years[1]:
            place = _first(subject, of_age.of(language), ())
            if place is not None:
                yield Alert("age_condition", place, age_path)


def _first(subject: Subject, words: tuple[str, ...], barred: tuple[str, ...]) -> str | None:
    """The first place of the record that says one of the words."""
    for path, value in subject.leaves():
        if not isinstance(value, str) or path.split("/")[2] in _ELSEWHERE:
            continue
        not_meant = [match.span() for match in found(value, barred, subject.language)] if barred else []
        for match in found(value, words, subject.language):
            if not any(start <= match.start() and match.end() <= end for start, end in not_meant):
                return path
    return None


def _sex(subject: Subject) -> tuple[str | None, str | None]:
    said = subject.fields.get("patient")
    if isinstance(said, dict) and isinstance(sex := said.get("sex"), str):
        return sex, "/fields/patient/sex"
    known = subject.context.patient if subject.context is not None else None
    return (known.sex if known is not None else None), None


def _age(subject: Subject) -> tuple[float | None, str | None]:
    said = subject.fields.get("patient")
    if isinstance(said, dict) and isinstance(age := said.get("age_years"), int | float):
        return float(age), "/fields/patient/age_years"
    known = subject.context.patient if subject.context is not None else None
    return (known.age_years if known is not None else None), None
