"""How one physician wants written form to look: the choices that safety leaves open.

Owns the choices and what each is called. The Joint Commission "Do Not Use" list and the ISMP list of error-prone
abbreviations are no choices: there is no option for U, QD, a trailing zero in a dose or the micro sign for mcg.
"""

from dataclasses import dataclass
from enum import StrEnum


class DateOrder(StrEnum):
    """Order of a complete date; a date without its year keeps its words."""

    MONTH_FIRST = "month_first"  # March 4, 2026
    DAY_FIRST = "day_first"  # 4 March 2026
    ISO = "iso"  # 2026-03-04 (ISO 8601); in Chinese too


class UnitStyle(StrEnum):
    """Whether units are symbols or words."""

    USUAL = "usual"  # English symbols; Chinese as it was said
    SYMBOLS = "symbols"  # 5 mg, 5mg
    WORDS = "words"  # 5 milligrams, 5毫克


class Abbreviations(StrEnum):
    """How frequencies and routes are written."""

    PERIODS = "periods"  # b.i.d.
    CAPITALS = "capitals"  # BID
    WORDS = "words"  # twice daily


class PressureUnit(StrEnum):
    """Whether a blood pressure shows its unit."""

    AS_SAID = "as_said"
    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class WritingOptions:
    """One user's choices; the default is what the formatter has always written."""

    dates: DateOrder = DateOrder.MONTH_FIRST
    units: UnitStyle = UnitStyle.USUAL
    abbreviations: Abbreviations = Abbreviations.PERIODS
    pressure_unit: PressureUnit = PressureUnit.AS_SAID
    digits_from_ten: bool = False  # "three nodules"; quantities, doses, ages and grades always have digits


DEFAULT = WritingOptions()
