"""English quantities: units, doses, frequencies, dimensions, signs, and what Whisper already wrote in digits.

Owns how a number and its unit are written. The dose rules follow the Joint Commission "Do Not Use" list and the ISMP
list of error-prone abbreviations: no trailing zero, always a leading zero, `unit` written out, mcg, daily.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table

_GAP = r"[ \ue000-]"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_HYPHENATED = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)-(?=[a-z])", re.IGNORECASE)
_TIMES = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:[ \ue000]([^\d\s\ue000][^\s\ue000]*))?"
    rf"([ \ue000](?:by|x|X|×)[ \ue000])(?={_NUMBER}(?!\w))"
)
_TIGHT_TIMES = re.compile(r"(?<=\d)[x×X](?=\d)")
_POWER = re.compile(
    rf"(?<![\w.])(?P<n>{_NUMBER})(?P<times> (?:times|by|x|×) )10 to the (?:power of )?(?P<power>-?\d+(?:st|nd|rd|th)?|"
    r"(?:third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth))(?: power)?(?!\w)",
    re.IGNORECASE,
)
_BARE_POWER = re.compile(
    r"(?<![\w.])10 to the (?P<power>-?\d+(?:st|nd|rd|th)?|(?:third|fourth|fifth|sixth|seventh|eighth|ninth|twelfth))"
    r"(?: power)?(?!\w)",
    re.IGNORECASE,
)
_POWERS = {
    "third": "3",
    "fourth": "4",
    "fifth": "5",
    "sixth": "6",
    "seventh": "7",
    "eighth": "8",
    "ninth": "9",
    "tenth": "10",
    "eleventh": "11",
    "twelfth": "12",
}
_POWER_PER = re.compile(r"(10\^\d+) per ", re.IGNORECASE)
_GLASGOW = re.compile(r"(?<!\w)E ([1-4])( ,?)V ([1-5]) ?(T)?( ,?)M ([1-6])(?!\w|\.\d)")
_OVER = re.compile(
    r"(?<![\w.])(?<!\d to )(?<!every )(?<!per )(?<!each )(\d{1,3}s?)( over )(\d{1,3}s?)(?! to \d)"
    r"(?!\w|\.\w|-?[ \ue000-]?(?:more )?(?:second|minute|hour|day|week|month|year)s?\b)"
    r"(?![ \ue000](?:to|or) \d+ (?:second|minute|hour|day|week|month|year)s?\b)",
    re.IGNORECASE,
)
_STRENGTH_MINUS = re.compile(r"(?<![\w.])[1-5](?P<minus> minus)(?P<over> (?:out of|over) )5(?!\w|\.\d)", re.IGNORECASE)
_GRAVITY = re.compile(r"\bspecific gravity(?: (?:of|is|was))? (10[0-4]\d)(?![\d.]\d|\d)", re.IGNORECASE)
_DEGREES = re.compile(
    r"(?:(?<=9\d)|(?<=9\d\.\d)|(?<=10\d)|(?<=10\d\.\d)) ?(F)(?!\w)"
    r"|(?:(?<=3[4-9])|(?<=3[4-9]\.\d)|(?<=4[0-2]\.\d))(C)(?!\w)"
)
_HEIGHT = re.compile(
    r"(?<![\w.])(?P<feet>[2-7])[ -](?P<foot>foot|feet)(?P<gap>(?: and)? )(?P<inches>1[01]|\d|one(?= inch|$|[.,;]"
    r"| weight| and weigh))(?P<inch> inch(?:es)?)?"
    r"(?![\w-]|[.,]\d| (?:times|by|x|to|or|cm|mm|m|[a-z]+s? ago|more|other)\b)",
    re.IGNORECASE,
)
_OUT_OF = re.compile(r"(?<![\w.])(\d{1,2}[+-]?)( out of )(5|6|10|15|30|100)(?!\w|\.\w)", re.IGNORECASE)
_OF_TEN = re.compile(
    r"\b(?:pain|pain score|pain scale|pain level|vas|nrs|mmse|moca|mini mental|strength|motor|power|slums|grips?"
    r"|reflexes|reflex"
    r"|pulses|edema|jerks?|dtrs)(?: [a-z]+){0,3}? (?P<n>\d{1,2}[+-]?)(?P<of> (?:out of|of|over) )"
    r"(?P<most>4|5|6|10|30)(?!\w|\.\w|-| (?:mm|cm|days?|weeks?|nodes?|patients?|cases?|toes?|fingers?|digits?)\b)",
    re.IGNORECASE,
)
_PLUS_BEFORE = re.compile(
    r"(?<![\w.+])(?P<plus>plus )(?P<n>[1-4])(?= (?:(?:pitting|bilateral|pedal|lower extremity|ankle|pretibial"
    r"|symmetric) ){0,2}"
    r"(?:edema|pulses?|reflexes|tonsils|pitting)\b)",
    re.IGNORECASE,
)
_STATION = re.compile(
    r"(?:(?<=% )|(?<=%, )|(?<=effaced )|(?<=effaced, )|(?<=station ))(?P<sign>minus|negative|plus) (?P<n>[0-5]"
    r"|one|two|three|four)"
    r"(?![\w%]|[.:]\d| (?:point|percent)\b)",
    re.IGNORECASE,
)
_STATIONS = {"one": "1", "two": "2", "three": "3", "four": "4"}
_PRESSURE_BY = re.compile(
    r"\b(?:bp|blood pressure|pressure)(?: (?:is|was|of|at|today|now))* (?P<a>[6-9]\d|1\d\d|2[0-5]\d)(?P<by> "
    r"(?:by|on|upon|x) )"
    r"(?=(?:[2-9]\d|1[0-5]\d)(?!\w|\.\d| (?:mm|cm|mg|mcg|room|l)\b|%))",
    re.IGNORECASE,
)
_OLD = re.compile(
    r"(?<![\w.-])(\d{1,3}(?:\.\d)?)( |-)(year|month|week|day|hour)( |-)old(?!\w)",
    re.IGNORECASE,
)
_PLUS_AFTER = re.compile(r"(?<![\w./])([1-4])( plus)(?! \d| or | minus)(?!\w)", re.IGNORECASE)
_GLEASON = re.compile(
    r"\b(?:gleason|gleason score|score|pattern)(?: (?:of|is|was))? (?P<a>[1-5])(?P<plus> plus )(?P<b>[1-5])"
    r"(?:(?P<equals> (?:equals|is|=) )(?P<sum>\d{1,2}))?(?!\w)",
    re.IGNORECASE,
)
_ORIENTED = re.compile(r"\b(?:oriented|oriented to person)( times )(?=[1-4](?!\w))", re.IGNORECASE)
_UNITS_PER = re.compile(
    r"(?<=\d) units?(?P<per>(?: (?:per|an) (?:kilogram|kilo|kg|hour|liter|litre|milliliter|ml|minute))+)(?!\w)", re.I
)
_TO_PLUS = re.compile(r"(?<!\w)-\d[\d.]* (?:to|and)( plus )(?=\d)", re.IGNORECASE)
_PLUS_MINUS = re.compile(r"\b(plus or minus )(?=\d)", re.IGNORECASE)
_GAUGE = re.compile(r"(?<![\w.-])(\d{1,2})( )(gauge)(?= [a-z])", re.IGNORECASE)
_FREQUENCY = re.compile(
    r"(?<![^\s\ue000])q\.?( ?)(\d{1,2})(?:( to |-)(\d{1,2}))?( ?)"
    r"(hours?|hrs?|hourly|h|minutes?|mins?|days?|weeks?|months?)(?!\w|\.\w)",
    re.IGNORECASE,
)
_INTERVALS = frozenset(["1", "2", "3", "4", "6", "8", "12", "24", "36", "48", "72"])
_EVERY_HOURS = re.compile(
    r"(?<![^\s\ue000])q ?(\d{1,2})(?:( to |-)(\d{1,2}))?(?![\w.]\d|\w|-| (?:min|sec|day|week|month|h\b|hour|to\b|x\b))",
    re.IGNORECASE,
)
_UNIT_LETTER = re.compile(r"(?<=\d )(IU|I\.U\.|U)(?![\w/])|(?<=\d)(IU|U)(?![\w/])")
_TRAILING_ZERO = re.compile(
    r"(?<![\w.])(\d[\d,]*)\.(\d*?)(0+)(?=(?: (?:to|or) \d[\d.]*)?[ \ue000-]([a-zA-Zµ]+(?: units?)?)(?:/(\w+))?(?![\w]))"
)
_SNELLEN = r"20(?:1[0256]|[2346]0|[27]5|32|63|[578]0)|2[1-48]00"
_SENTENCE_BREAK = re.compile(r"[.;\n] |\n")


@cache
def _units() -> tuple[re.Pattern[str], dict[str, str]]:
    """Pattern of an abbreviated or glued unit with its "per" parts after a number, and spoken -> written."""
    units = table("units_en")
    written: dict[str, str] = {}
    for form, spoken in (units.lists("abbreviated") | units.lists("glued")).items():
        for name in spoken:
            written[name] = form
            if not name.endswith("s") and len(name) > 2:
                written[f"{name}s"] = form
    return re.compile(
        rf"(?<=\d)(?P<gap>{_GAP}?)(?P<unit>{either(written)})(?!\w)(?P<per>(?: ?(?:per|/) ?{either(_per())}(?!\w))*)",
        re.IGNORECASE,
    ), written


@cache
def _per() -> dict[str, str]:
    return {name: form for form, spoken in table("units_en").lists("per").items() for name in spoken}


@cache
def _per_part() -> re.Pattern[str]:
    return re.compile(rf" ?(?:per|/) ?({either(_per())})(?!\w)", re.IGNORECASE)


@cache
def _unit_ahead() -> re.Pattern[str]:
    units = table("units_en")
    counted = units.lists("counted")["words"]
    _, written = _units()
    names = either([*written, *counted, *(f"{word}s" for word in counted)])
    return re.compile(rf"{_GAP}(?!L [1-6a-z])(?:{names})(?!\w)(?!(?<= L) (?:one|two|three|four|five)\b)", re.I)


def unit_at(text: str, position: int) -> bool:
    """Whether a unit, abbreviated or counted, stands at `position` after a gap."""
    return _unit_ahead().match(text, position) is not None


def tidied(draft: Draft) -> Draft:
    """What the recogniser wrote in digits brought to the shape of what this package writes."""
    draft = draft.rewritten(_HYPHENATED, _loosened)
    draft = draft.rewritten(_TIGHT_TIMES, lambda _: " x ")
    return draft.rewritten(_forbidden(), _allowed)


def _loosened(match: re.Match[str]) -> Rewrite:
    """ "2.5-centimeter": the hyphen goes where a unit follows."""
    return f"{match[1]} " if _units()[0].match(match.string, match.end() - 1) else None


@cache
def _forbidden() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){either(table('frequencies_en').mapping('forbidden'))}(?!\w)")


def _allowed(match: re.Match[str]) -> Rewrite:
    return table("frequencies_en").mapping("forbidden")[match.group()]


@cache
def _temperature() -> re.Pattern[str]:
    heads = either(table("numbers_en").lists("temperature")["heads"])
    tens = "thirty|ninety"
    units = "one|two|three|four|five|six|seven|eight|nine"
    return re.compile(
        rf"\b{heads}(?: (?:is|was|of|to|max|maximum|at|currently|up to))* "
        rf"(?:(?:{tens})[ -](?:{units})|(?:one|a) hundred(?: and)? (?:one|two|three|four|five))"
        rf"(?P<gap> )(?:{units})(?![\w-]| (?:{units}|point|hundred|over)\b)",
        re.IGNORECASE,
    )


def temperatures(draft: Draft) -> Draft:
    """ "temperature thirty six nine" has its point."""
    return draft.rewritten(_temperature(), lambda match: [edit_of(match, "gap", " point ")])


@cache
def _signed() -> re.Pattern[str]:
    heads = either(table("numbers_en").lists("signed")["heads"])
    return re.compile(
        r"(?:(?<!\w)(?P<minus>minus |negative (?=[\d.]+ diopters?))"
        rf"|\b{heads}(?: (?:is|was|of|at))* (?P<sign>negative|plus) )(?:(?=\d)|(?P<one>one)\b)",
        re.IGNORECASE,
    )


def signs(draft: Draft) -> Draft:
    """Signs, powers and "plus" after a number."""
    draft = draft.rewritten(_PLUS_MINUS, lambda _: "±")
    draft = draft.rewritten(_signed(), _sign)
    draft = draft.rewritten(_TO_PLUS, lambda match: [edit_of(match, 1, " +")])
    draft = draft.rewritten(_GLEASON, _gleason)
    draft = draft.rewritten(_ORIENTED, lambda match: [edit_of(match, 1, " x")])
    draft = draft.rewritten(_PLUS_AFTER, lambda match: [edit_of(match, 2, "+")])
    draft = draft.rewritten(_POWER, _power)
    draft = draft.rewritten(_BARE_POWER, lambda match: f"10^{_exponent(match['power'])}")
    return draft.rewritten(_POWER_PER, lambda match: f"{match[1]}/")


def _sign(match: re.Match[str]) -> Rewrite:
    if match["minus"] is not None:
        before = match.string[max(0, match.start() - 2) : match.start()]
        return None if before[:1].isdigit() else "-"
    sign = "-" if match["sign"].lower() == "negative" else "+"
    return [Edit(match.start("sign"), match.end(), sign + ("1" if match["one"] else ""))]


def _gleason(match: re.Match[str]) -> Rewrite:
    edits = [edit_of(match, "plus", "+")]
    if match["sum"] is not None:
        edits.append(edit_of(match, "equals", "="))
    return edits


def _power(match: re.Match[str]) -> Rewrite:
    return [edit_of(match, "times", " x "), Edit(match.end("times"), match.end(), f"10^{_exponent(match['power'])}")]


def _exponent(said: str) -> str:
    return _POWERS.get(said.lower()) or said.rstrip("stndrh")


def measured(draft: Draft) -> Draft:
    """Units, dimensions, ratios, ages and frequencies, once the numbers are digits."""
    if "ressure" in draft.text or "BP" in draft.text:
        draft = draft.rewritten(_PRESSURE_BY, lambda match: [edit_of(match, "by", "/")])
    draft = draft.rewritten(_TIMES, _times)
    draft = draft.rewritten(_UNIT_LETTER, _unit_word)
    draft = draft.rewritten(_units()[0], _unit)
    draft = draft.rewritten(_per_power(), lambda match: f"/{_per()[(match[1] or match[2]).lower()]}")
    draft = draft.rewritten(_UNITS_PER, _units_per)
    draft = draft.rewritten(_STRENGTH_MINUS, lambda match: [edit_of(match, "minus", "-"), edit_of(match, "over", "/")])
    draft = draft.rewritten(_OVER, lambda match: [edit_of(match, 2, "/")])
    draft = draft.rewritten(_HEIGHT, _feet)
    draft = draft.rewritten(_GLASGOW, lambda match: f"E{match[1]}V{match[3]}{match[4] or ''}M{match[6]}")
    draft = draft.rewritten(_GRAVITY, lambda match: [Edit(match.start(1), match.start(1) + 1, "1.")])
    draft = draft.rewritten(_DEGREES, lambda match: f"°{match[1] or match[2]}")
    draft = draft.rewritten(_OUT_OF, lambda match: [edit_of(match, 2, "/")])
    if " of " in draft.text or " over " in draft.text:
        draft = draft.rewritten(_OF_TEN, lambda match: [edit_of(match, "of", "/")])
    draft = draft.rewritten(_PLUS_BEFORE, lambda match: f"+{match['n']}")
    draft = draft.rewritten(_STATION, _station)
    draft = draft.rewritten(_OLD, _old)
    draft = draft.rewritten(_GAUGE, lambda match: [edit_of(match, 2, "-")])
    draft = draft.rewritten(_FREQUENCY, _every)
    draft = draft.rewritten(_EVERY_HOURS, _every_hours)
    return draft.rewritten(_vision(), _acuity)


@cache
def _per_power() -> re.Pattern[str]:
    return re.compile(rf"(?<=10\^\d)/({either(_per())})(?!\w)|(?<=10\^\d\d)/({either(_per())})(?!\w)", re.IGNORECASE)


def _units_per(match: re.Match[str]) -> Rewrite:
    parts = re.split(" (?:per|an) ", match["per"].lower())[1:]
    return [edit_of(match, "per", "".join(f"/{_per()[part]}" for part in parts))]


def _acuity(match: re.Match[str]) -> Rewrite:
    group = next(name for name in ("both", "both2", "both3") if match[name] is not None)
    said = match[group]
    seen = match.string[max(0, match.start() - 80) : match.start(group)]
    if (group == "both3" or said.endswith("00")) and not _SIGHT.search(seen):
        return None  # a year, or a count of 2200
    written = f"20/{said[1:]}" if said.endswith("00") else f"20/{said[2:]}"
    return [edit_of(match, group, written)]


def _times(match: re.Match[str]) -> Rewrite:
    """ "by" between numbers, a unit between them allowed."""
    between = match[2]
    if between is not None and between.lower() not in _units()[1]:
        return None
    return [edit_of(match, 3, " x ")]


def _station(match: re.Match[str]) -> Rewrite:
    sign = "+" if match["sign"].lower() == "plus" else "-"
    return sign + _STATIONS.get(match["n"].lower(), match["n"])


def _feet(match: re.Match[str]) -> Rewrite:
    """ "5 foot 10" is a height; "5 feet 3" only with inches, for "walked 5 feet 3 falls"."""
    if match["foot"].lower() == "feet" and match["inch"] is None:
        return None
    inches = match["inches"] if match["inches"].isdigit() else "1"
    edits = [edit_of(match, "foot", "feet")] if match["foot"].lower() == "foot" else []
    if match["gap"] != " ":
        edits.append(edit_of(match, "gap", " "))
    if match["inch"] is None:
        edits.append(edit_of(match, "inches", f"{inches} {'inch' if inches == '1' else 'inches'}"))
    elif inches != match["inches"]:
        edits.append(edit_of(match, "inches", inches))
    return edits


def _unit_word(match: re.Match[str]) -> Rewrite:
    """The Joint Commission forbids U and IU."""
    glued = match[2] is not None
    said = match[1] or match[2]
    return (" " if glued else "") + ("units" if said == "U" else "international units")


def _unit(match: re.Match[str]) -> Rewrite:
    _, written = _units()
    said = match["unit"]
    if len(said) == 1 or (len(said) == 2 and said.lower() == "ms" and said != "ms"):
        return None
    form = written[said.lower()]
    gap = "" if form in table("units_en").lists("glued") else " "
    if match["gap"] == "-" and gap == "":
        return None
    edits = [Edit(match.start("gap"), match.end("gap"), gap)] if match["gap"] != gap else []
    if form != said:
        edits.append(edit_of(match, "unit", form))
    edits += [
        Edit(part.start(), part.end(), f"/{_per()[part[1].lower()]}")
        for part in _per_part().finditer(match.string, match.start("per"), match.end("per"))
        if part.group() != f"/{_per()[part[1].lower()]}"
    ]
    return edits


def _old(match: re.Match[str]) -> Rewrite:
    return f"{match[1]}-{match[3].lower()}-old"


def _every(match: re.Match[str]) -> Rewrite:
    upper = f"-{match[4]}" if match[4] else ""
    unit = match[6].lower()
    if unit.startswith(("day", "week", "month")):
        return f"every {match[2]}{match[3] or ''}{match[4] or ''} {match[6]}"
    return f"q{match[2]}{upper}{'min' if unit.startswith('min') else 'h'}"


def _every_hours(match: re.Match[str]) -> Rewrite:
    """ "q 6" without a unit is hours: an interval of dosing."""
    if match[1] not in _INTERVALS or (match[3] or match[1]) not in _INTERVALS:
        return None
    return f"q{match[1]}-{match[3]}h" if match[3] else f"q{match[1]}h"


@cache
def _vision() -> re.Pattern[str]:
    heads = either(table("numbers_en").lists("vision")["heads"])
    return re.compile(
        rf"\b{heads}(?: (?:is|was|of|at|to|right|left|eye|od|os|ou))* (?P<both>{_SNELLEN})(?![\w/]|[.,]\d)"
        rf"|(?<![\w.])(?P<both2>{_SNELLEN})(?= (?:vision|bilaterally|acuity)\b)"
        r"|(?:\b(?:and|eye|left|right|from|to|was|od|os|ou|pinhole) )(?P<both3>20(?:1[56]|[2346]0|[27]5|32|63|[578]0)"
        r"|2[1-48]00)(?![\w/]|[.,]\d)",
        re.IGNORECASE,
    )


_SIGHT = re.compile(r"\b(?:vision|acuity)\b[^.;\n]*$", re.IGNORECASE)


def safe_doses(draft: Draft) -> Draft:
    """No trailing zero in a dose (Joint Commission, ISMP); sizes and laboratory values keep theirs."""
    return draft.rewritten(_TRAILING_ZERO, _without_trailing_zero)


def _without_trailing_zero(match: re.Match[str]) -> Rewrite:
    units = table("units_en").lists("dose")
    unit = match[4]
    if unit in units["unless_measured"]:
        sentence = _SENTENCE_BREAK.split(match.string[max(0, match.start() - 80) : match.start()])[-1].lower()
        if not set(re.findall(r"[a-z]+", sentence)).isdisjoint(units["measuring"]):
            return None
    elif unit not in units["always"]:
        return None
    if match[5] in units["concentration"]:
        return None
    return f"{match[1]}.{match[2]}" if match[2] else match[1]
