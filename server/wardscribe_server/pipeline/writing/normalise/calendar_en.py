"""English dates and times of day.

Owns the order of a written date (month day, year) and when two figures are a time. It must not know doses or units.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, ORDINALS, TEENS, TENS, months

MONTHS = months()
_MONTH = "|".join(MONTHS)
_TENTH = "twenty|thirty|forty|fifty"
_FIGURE = "one|two|three|four|five|six|seven|eight|nine"
_TEEN = "|".join(TEENS)
_HOUR = (
    rf"(?:(?:twenty[ -])?(?:one|two|three)|twenty|twenty[ -]four|{_FIGURE}|{_TEEN}"
    rf"|(?:oh|zero) (?:{_FIGURE})|zero zero|\d{{1,2}})"
)
_MINUTE = rf"(?:(?:{_TENTH})(?:[ -](?:{_FIGURE}))?|{_TEEN}|(?:oh|o|zero) (?:{_FIGURE})|hundred|zero zero)"
_PART = r"a\.?[ ]?m\.?|p\.?[ ]?m\.?"
_DAYTIME = (
    r"(?:this|that|yesterday|tomorrow|last|in the|the next|on the|today|tonight|overnight|early)\b"
    r"(?= (?:morning|afternoon|evening|night|next)|)(?! \w+ (?:rate|pressure))"
)
_EVENT = (
    r"(?:(?:start|stop|end|onset|incision|closure|procedure|anesthesia|induction|extubation|intubation|arrival|departure"
    r"|delivery|door|birth|time in|time out|in room|out of room|timeout|puncture|reperfusion|surgery|cut)"
    r"(?: (?:start|stop|end|began|ended))?(?: time)?|time|(?:started|ended|finished|arrived|delivered|notified|paged"
    r"|extubated|intubated|clipped|placed|removed|pronounced)(?: at)?)"
)
_TIME = re.compile(
    rf"(?P<lead>\b(?:at|about|around|approximately|by|since|until|till|from|before|after|to|and|for|time of \w+"
    rf"|{_EVENT})"
    rf"(?: (?:about|around|approximately))? )?(?<![\w.:-])(?P<hour>{_HOUR})[ -](?P<minute>{_MINUTE})(?![\w-])"
    rf"(?:(?P<part> (?:{_PART})(?!\w))|(?P<hours> hours\b)|(?P<after> (?:{_DAYTIME}))|(?P<clock> o['’]?clock\b))?",
    re.IGNORECASE,
)
_WHOLE_HOUR = re.compile(rf"(?<![\w.:-])({_HOUR})(?: o['’]?clock)? ({_PART})(?!\w)", re.IGNORECASE)
_CLOCK = re.compile(rf"(?<![\w.:-])({_HOUR}) o['’ ]?clock\b", re.IGNORECASE)
_PAST = re.compile(
    rf"(?<![\w.:-])(?P<how>half past|a? ?quarter past|a? ?quarter to|a? ?quarter after) (?P<hour>{_FIGURE}|ten|eleven|"
    r"twelve)(?![\w-])",
    re.IGNORECASE,
)
_CLOCK_HOUR = rf"{_FIGURE}|ten|eleven|twelve"
_MINUTES_PAST = re.compile(
    rf"(?<![\w.:-])(?P<n>five|ten|(?:twenty|fifty|forty|thirty)(?:[ -](?:{_FIGURE}))?|{_TEEN})(?P<minutes> minutes)?"
    rf" (?P<how>past|after|to|before|of|til|till) (?P<hour>{_CLOCK_HOUR})(?P<part> (?:{_PART}|in the (?:morning"
    rf"|afternoon"
    r"|evening)|this (?:morning|afternoon|evening)|last night|tonight|o['’]?clock))?(?![\w-])",
    re.IGNORECASE,
)
_AT_BEFORE = re.compile(r"\b(?:at|around|about|since|until|by)(?: (?:around|about))? (?:a )?$", re.IGNORECASE)
_MILITARY = re.compile(
    rf"(?<![\w.:-])(?P<hour>oh (?:{_FIGURE})|zero (?:{_FIGURE})) hundred(?![\w-]| (?:and|units|milli))", re.I
)
_POINTED = re.compile(rf"(?<![\w.:])(\d{{1,2}})[.](\d{{2}})(?= ?(?:{_PART})(?!\w))", re.IGNORECASE)
_MERIDIEM = re.compile(r"(?:(?<=\d )|(?<=the )|(?<=\bin )|(?<=this )|(?<=every ))([ap]) m(?!\w|\.\w)", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?:\b(?:mrn|number|extension|ext|pager|phone|fax|room|bed|code|zip|id|accession|case|record)(?: (?:is|number))?"
    r"|\d|\b(?:oh|one|two|three|four|five|six|seven|eight|nine|zero|point|by|over)) $",
    re.IGNORECASE,
)
_UNIT_AFTER = re.compile(
    r"[ -](?:m[gl]|mil|gram|unit|percent|%|beat|over|by|to \w+ (?:m|c)|k|micro|cc|liter|litre|year|c?m\b)", re.I
)

_DAY_WORD = (
    rf"(?:{'|'.join(word for word, value in ORDINALS.items() if value <= 20 or value == 30)}|\d{{1,2}}(?:st|nd|rd|th))"
)
_YEAR = r"(?:1[89]|20)\d\d"
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH})(?: the)? (?P<day>{_DAY_WORD}|\d{{1,2}}(?!\d))(?:,? (?P<year>{_YEAR}))?(?![\w.]\d|\w)", re.I
)
_DAY_FIRST = re.compile(
    rf"\b(?:the )?(?P<day>{_DAY_WORD})(?: day)?(?P<of> of)? (?P<month>{_MONTH})\b(?:,? (?P<year>{_YEAR})\b)?",
    re.IGNORECASE,
)
_NUMERIC_YEAR = (
    rf"(?:nineteen|twenty) (?:(?:{'|'.join(TENS)})(?:[ -](?:{_FIGURE}))?|{_TEEN}|(?:oh|o) (?:{_FIGURE}))"
    rf"|two thousand(?: and)?(?: (?:twenty(?:[ -](?:{_FIGURE}))?|{_TEEN}|{_FIGURE}))?"
)
_NUMERIC = re.compile(
    r"(?P<lead>\b(?:on|dated?|since|until|till|through|dob|born|birth|birthday|from|to|of|is|was|versus|with|before|after"
    r"|by|prior|study|exam|examination|mri|ct|ultrasound|mammogram|radiograph|scan|visit|therapy) )"
    rf"(?P<month>{_FIGURE}|ten|eleven|twelve)(?P<s1> )(?P<day>(?:twenty|thirty)[ -](?:{_FIGURE})|twenty|thirty|{_TEEN}"
    rf"|(?:oh )?(?:{_FIGURE}))(?P<s2> )(?P<year>{_NUMERIC_YEAR})"
    rf"(?![\w-]| (?:hundred|thousand|point|by|over|{_FIGURE})\b)",
    re.IGNORECASE,
)
_DATE_LEAD = re.compile(r"\b(?:on|by|of|until|since|from|before|after|dated|through|to|for|and) $", re.IGNORECASE)
_UNSURE_MONTHS = {"may", "march"}


def times(draft: Draft) -> Draft:
    """Times of day, and dates said as three numbers, while their figures are still words."""
    draft = draft.rewritten(_NUMERIC, _numeric)
    draft = draft.rewritten(_PAST, _past)
    if any(how in draft.text for how in (" past ", " to ", " minutes ")):
        draft = draft.rewritten(_MINUTES_PAST, _minutes_past)
    draft = draft.rewritten(_TIME, _time)
    if "hundred" in draft.text:
        draft = draft.rewritten(_MILITARY, lambda match: f"{_figure(match['hour']):02d}:00")
    draft = draft.rewritten(_POINTED, lambda match: f"{match[1]}:{match[2]}")
    draft = draft.rewritten(_WHOLE_HOUR, _whole_hour)
    draft = draft.rewritten(_CLOCK, _clock)
    return draft.rewritten(_MERIDIEM, _meridiem)


def _figure(said: str) -> int | None:
    """Value of one or two words below a hundred; None for other words."""
    if said.isdigit():
        return int(said)
    value = 0
    for word in re.split("[ -]", said.lower()):
        part = {**TENS, **TEENS, **DIGITS, "hundred": 0}.get(word)
        if part is None:
            return None
        value += part
    return value


def _numeric(match: re.Match[str]) -> Rewrite:
    """ "on nine fourteen twenty twenty five" is 9/14/2025: the order is kept as it was said."""
    day, century = _figure(match["day"]), match["year"].lower()
    if day is None or not 1 <= day <= 31 or _UNIT_AFTER.match(match.string, match.end()):
        return None
    if century.startswith("two thousand"):
        rest = _figure(re.sub(r"^two thousand(?: and)? ?", "", century) or "zero")
        year = None if rest is None else 2000 + rest
    else:
        rest = _figure(century.split(" ", 1)[1])
        year = None if rest is None else (1900 if century.startswith("nineteen") else 2000) + rest
    if year is None:
        return None
    return [Edit(match.start("month"), match.end(), f"{_figure(match['month'])}/{day}/{year}")]


@cache
def _measured() -> re.Pattern[str]:
    heads = either(table("numbers_en").lists("measured")["heads"])
    return re.compile(rf"\b{heads}(?: (?:was|is|of|remains|stable))? (?:at|about|around|from|to|by|and)[^.,;]*$", re.I)


def _time(match: re.Match[str]) -> Rewrite:
    hour, minute = _figure(match["hour"]), _figure(match["minute"])
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    sure = any(match[name] is not None for name in ("part", "hours", "clock"))
    lead = (match["lead"] or "").strip().lower()
    hundred = match["minute"].lower() == "hundred"
    if lead in {"since", "until", "till"} and hour == 20 and minute >= 10 and not sure and not match["after"]:
        return None  # "since twenty eighteen" is a year
    if not lead and not hundred and match["hour"].lower().startswith(("oh ", "zero ")):
        sure = not _NUMBERED.search(match.string, max(0, match.start() - 30), match.start())
    sure = sure or (hundred and lead not in {"", "and", "to"} and match["hour"].lower().startswith(("oh ", "zero ")))
    if not sure and (hundred or lead in {"", "and", "to", "by", "before", "after", "from", "for"}):
        known = bool(match["after"]) and lead not in {"and", "to", ""} and not hundred
        if not known:
            return None
    if not sure and not match["after"]:
        before = match.string[max(0, match.start() - 40) : match.start("hour")]
        if _measured().search(before) or _UNIT_AFTER.match(match.string, match.end("minute")):
            return None
        if lead in {"about", "around", "approximately"}:
            return None
    written = f"{hour:02d}:{minute:02d}" if match["hours"] or hour < 1 else f"{hour}:{minute:02d}"
    if match["hour"].lower().startswith(("oh", "zero")):
        written = f"{hour:02d}:{minute:02d}"
    edits = [Edit(match.start("hour"), match.end("minute"), written)]
    if match["hours"]:
        edits.append(edit_of(match, "hours", ""))
    if match["part"]:
        edits.append(Edit(match.start("part") + 1, match.end("part"), _part(match["part"].strip())))
    return edits


def _part(said: str) -> str:
    return "a.m." if said[0].lower() == "a" else "p.m."


def _whole_hour(match: re.Match[str]) -> Rewrite:
    hour = _figure(match[1])
    if hour is None or not 1 <= hour <= 12:
        return None
    return [edit_of(match, 1, str(hour)), edit_of(match, 2, _part(match[2]))]


def _clock(match: re.Match[str]) -> Rewrite:
    hour = _figure(match[1])
    return f"{hour} o'clock" if hour is not None and 1 <= hour <= 12 else None


def _past(match: re.Match[str]) -> Rewrite:
    hour = _figure(match["hour"])
    if hour is None:
        return None
    how = match["how"].lower()
    if how.endswith(" to"):
        return f"{hour - 1 or 12}:45"
    return f"{hour}:30" if how.startswith("half") else f"{hour}:15"


def _minutes_past(match: re.Match[str]) -> Rewrite:
    """ "ten past ten"; "ten to six" only where it must be a time: five to ten of anything is a range."""
    hour, minute = _figure(match["hour"]), _figure(match["n"])
    if hour is None or minute is None or not 0 < minute < 60:
        return None
    how, told = match["how"].lower(), match["part"] is not None
    if how not in {"past", "to"} and not (told and match["minutes"]):
        return None
    at = _AT_BEFORE.search(match.string, max(0, match.start() - 18), match.start()) is not None
    if how == "to" and not match["minutes"] and not (minute > max(hour, 12) if told else at and minute > hour):
        return None
    if _UNIT_AFTER.match(match.string, match.end()) and not told:
        return None
    later = how in {"past", "after"}
    written = f"{hour}:{minute:02d}" if later else f"{hour - 1 or 12}:{60 - minute:02d}"
    return [Edit(match.start(), match.end("hour"), written)]


def _meridiem(match: re.Match[str]) -> Rewrite:
    return _part(match[1])


def dates(draft: Draft) -> Draft:
    """Dates, once days and years are digits: month, day, comma, year."""
    return draft.rewritten(_DAY_FIRST, _day_first).rewritten(_MONTH_FIRST, _month_first)


def _day(said: str) -> int:
    value = ORDINALS.get(said.lower())
    return value if value is not None else int(said.rstrip("stndrh"))


def _month_first(match: re.Match[str]) -> Rewrite:
    day = _day(match["day"])
    if not 1 <= day <= 31:
        return None
    if match["month"].lower() in _UNSURE_MONTHS and not match["year"]:
        known = _DATE_LEAD.search(match.string, max(0, match.start() - 14), match.start())
        if match["day"].isdigit() or not (known or match["month"][0].isupper()):
            return None
    edits = [Edit(match.end("month"), match.end("day"), f" {day}")]
    if match["year"] is not None:
        edits.append(Edit(match.end("day"), match.end(), f", {match['year']}"))
    return edits


def _day_first(match: re.Match[str]) -> Rewrite:
    day = _day(match["day"])
    if not 1 <= day <= 31 or (not match["of"] and match["month"].lower() in _UNSURE_MONTHS and not match["year"]):
        return None
    year = f", {match['year']}" if match["year"] else ""
    return f"{match['month'].capitalize()} {day}{year}"
