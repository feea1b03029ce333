"""The data of the checks, read once: `cues/rules/*.toml`.

Owns the files' shapes. Must not know a record.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from wardscribe_protocol.record import Language
from wardscribe_server.catalog import AtSigning, CheckCode

Bounds = tuple[float, float]
_M = TypeVar("_M", bound=BaseModel)
DoseRow = tuple[str, str, str, float, float, float, str]


class RulesError(ValueError):
    """A rule file that cannot be used; the text names file and remedy."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Head(_Model):
    source: str
    licence: str


class Range(_Model):
    """What a number may be: outside `possible` it is wrong, outside `usual` it is asked about."""

    possible: Bounds
    usual: Bounds


class Weights(_Model):
    """Codes and what they do at signing, messages, and what is doubtful or stands in for a required field."""

    head: _Head
    signing: Mapping[CheckCode, AtSigning]
    messages: Mapping[Language, Mapping[str, str]]
    doubtful: Mapping[str, float]
    instead: Mapping[str, tuple[str, ...]]


class Paired(_Model):
    """Conditions and organs that need a side, and names that only look like them."""

    conditions: tuple[str, ...]
    organs: tuple[str, ...]
    barred: tuple[str, ...]


class Denials(_Model):
    """Words around a name that deny it, hedge it, or speak of another one."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    hedges: tuple[str, ...]
    others: tuple[str, ...]
    plain: tuple[str, ...]
    vague: tuple[str, ...]
    passed: tuple[str, ...]


class Sides(_Model):
    """Side words, paired things and denials of one language."""

    side: Mapping[str, tuple[str, ...]]
    paired: Paired
    denies: Denials


class OfSex(_Model):
    """Words that go with one sex."""

    words: tuple[str, ...]
    barred: tuple[str, ...]


class OfAge(_Model):
    """Words that go with some ages, in years."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    years: Bounds

    def of(self, language: Language) -> tuple[str, ...]:
        """The words of one language."""
        return self.en if language is Language.EN else self.zh


class Test(_Model):
    """A laboratory test: its names, and what is possible in each of its units."""

    names: tuple[str, ...]
    units: Mapping[str, Bounds]


class AllergyClass(_Model):
    """What an allergy may be called, and the drug classes that it forbids."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    classes: tuple[str, ...]

    def of(self, language: Language) -> tuple[str, ...]:
        """The names in one language."""
        return self.en if language is Language.EN else self.zh


class Critical(_Model):
    """Findings that must be communicated, and how a report says that they were."""

    head: _Head
    reports: Mapping[str, tuple[str, ...]]
    findings: Mapping[Language, tuple[str, ...]]
    told: Mapping[Language, tuple[str, ...]]


class Study(_Model):
    """The kinds of study and parts of the body that a template reports."""

    kinds: tuple[str, ...]
    parts: tuple[str, ...]


class Orders(_Model):
    """How orders name studies and operations."""

    head: _Head
    study: Mapping[str, Study]
    kinds: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, tuple[str, ...]]
    operation: Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug by all its names, its dose unit, its usual doses and its classes."""

    names: tuple[str, ...]
    unit: str
    least: float
    most: float
    most_a_day: float
    classes: frozenset[str]


class Doses(_Model):
    """Usual doses, and how units and frequencies of the record compare."""

    head: _Head
    doses: Mapping[str, tuple[DoseRow, ...]]
    one_only: Mapping[str, tuple[str, ...]]
    mass: Mapping[str, float]
    times: Mapping[str, float]
    counted: Mapping[str, float]


class Allergies(_Model):
    """Allergies by class, and how a text says one."""

    head: _Head
    classes: tuple[AllergyClass, ...]
    said: Mapping[Language, Mapping[str, tuple[str, ...]]]


class Values(_Model):
    """Ranges by name of the field, ranges in certain fields, and laboratory tests."""

    head: _Head
    range: Mapping[str, Range]
    range_in: Mapping[str, Mapping[str, Range]]
    test: tuple[Test, ...]


class People(_Model):
    """What goes with a sex or an age."""

    head: _Head
    sex: Mapping[Language, Mapping[str, OfSex]]
    age: tuple[OfAge, ...]


class Macros(_Model):
    """Words of normal texts, and the words of each organ."""

    normal: tuple[str, ...]
    organs: tuple[tuple[str, ...], ...]


class _MacroFile(_Model):
    head: _Head
    en: Macros
    zh: Macros


class _SideFile(_Model):
    head: _Head
    en: Sides
    zh: Sides


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that the checks know."""

    weights: Weights
    sides: Mapping[Language, Sides]
    people: People
    values: Values
    doses: Doses
    drugs: Mapping[str, Drug]  # by name, lower case
    allergies: Allergies
    critical: Critical
    orders: Orders
    macros: Mapping[Language, Macros]


@cache
def load_rules() -> Rules:
    """The shipped rules.

    Raises:
        RulesError: a file is malformed; names the file and what is wrong.
    """
    side_file = _read("sides.toml", _SideFile)
    macro_file = _read("macros.toml", _MacroFile)
    doses = _read("doses.toml", Doses)
    return Rules(
        weights=_read("checks.toml", Weights),
        sides={Language.EN: side_file.en, Language.ZH: side_file.zh},
        people=_read("people.toml", People),
        values=_read("values.toml", Values),
        doses=doses,
        drugs=_by_name(doses),
        allergies=_read("allergies.toml", Allergies),
        critical=_read("critical.toml", Critical),
        orders=_read("orders.toml", Orders),
        macros={Language.EN: macro_file.en, Language.ZH: macro_file.zh},
    )


@cache
def load_wording() -> Mapping[str, Mapping[str, str]]:
    """Wording of the printed report by language."""
    words = tomllib.loads(_text("report.toml"))["report"]
    return {language.value: words[language.value] for language in Language}


def _by_name(doses: Doses) -> dict[str, Drug]:
    drugs: dict[str, Drug] = {}
    for en, zh, unit, least, most, most_a_day, classes in doses.doses["rows"]:
        names = (*en.split("|"), *zh.split("|"))
        drug = Drug(names, unit, least, most, most_a_day, frozenset(filter(None, classes.split("|"))))
        drugs |= {name.lower(): drug for name in names}
    return drugs


def _text(name: str) -> str:
    folder = resources.files("wardscribe_server.pipeline.understanding").joinpath("cues", "rules")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _read(name: str, model: type[_M]) -> _M:
    try:
        return model.model_validate(tomllib.loads(_text(name)))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise RulesError(f"cues/rules/{name}: {error}") from error
