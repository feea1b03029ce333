"""Calendar dates in written text, a missing year taken from what was said before.

Owns the ways of writing a date. Must not know what happened on it.
"""

import re
from dataclasses import dataclass

_MONTHS = {
    name: number
    for number, name in enumerate(
        (
            *("january", "february", "march", "april", "may", "june"),
            *("july", "august", "september", "october", "november", "december"),
        ),
        start=1,
    )
}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"\b(?P<iso>\d{{4}})-(?P<iso_m>\d{{1,2}})(?:-(?P<iso_d>\d{{1,2}}))?\b"
    rf"|\b(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y>(?:19|20)\d{{2}}))?"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?(?:,?\s+(?:of\s+)?(?P<y2>(?:19|20)\d{{2}}))?"
    rf"|\b(?P<m4>{_MONTH})\s+(?P<y4>(?:19|20)\d{{2}})\b"
    r"|(?:(?P<zy>(?:19|20)\d{2})年)(?P<zm>\d{1,2})月(?:(?P<zd>\d{1,2})[日号])?"
    r"|(?<![\d个])(?P<zm2>\d{1,2})月(?P<zd2>\d{1,2})[日号]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date at the characters `[start, end)`, as far as it was said."""

    start: int
    end: int
    iso: str


def dates(text: str) -> tuple[CalendarDate, ...]:
    """Dates in text order; one without a year takes the year before it, and one for which no year was said is left."""
    found: list[CalendarDate] = []
    year: int | None = None
    for match in _DATE.finditer(text):
        said = next((match[name] for name in ("iso", "y", "y2", "y4", "zy") if match[name]), None)
        year = int(said) if said else year
        month_name = match["m"] or match["m2"] or match["m4"]
        month_digits = match["iso_m"] or match["zm"] or match["zm2"]
        month = _MONTHS[month_name.lower().rstrip(".")] if month_name else int(month_digits)
        day = next((int(match[name]) for name in ("iso_d", "d", "d2", "zd", "zd2") if match[name]), None)
        if year is None or not 1 <= month <= 12 or not (day is None or 1 <= day <= 31):
            continue
        iso = f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day is not None else "")
        found.append(CalendarDate(match.start(), match.end(), iso))
    return tuple(found)
