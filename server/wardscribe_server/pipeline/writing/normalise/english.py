"""English from spoken to written form: the order of the rules.

Owns which rule comes before which. What each does is in its module; the commands and the spoken punctuation are
already gone from the draft.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise import (
    calendar_en,
    decades_en,
    devices_en,
    levels_en,
    measures_en,
    ratios_en,
    tracings_en,
    vision_en,
)
from wardscribe_server.pipeline.writing.normalise.number_words_en import (
    DIGITS,
    ORDINALS,
    TEENS,
    TENS,
    Neighbours,
    ordinal,
)
from wardscribe_server.pipeline.writing.normalise.numbers_en import RUN, alone, combined_edits, run_edits, tokens_of
from wardscribe_server.pipeline.writing.stretches import Stretches, by_stretches

_BEFORE = re.compile(r"([\w'’-]+)[ -]([\w'’-]+)[ -]$|([\w'’-]+)[ -]$")
_AFTER = re.compile(r"[ \ue000-]([\w'’%-]+)")
_TIMES_A_DAY = re.compile(r" times (?:daily|weekly|nightly|(?:a|per|each|every) (?:day|week))\b", re.IGNORECASE)
_SIZED = re.compile(
    r"[ -](?:millimeter|centimeter|millimetre|centimetre|minute|second|hour|day|week|month|inch|french|gauge"
    r"|gram|liter|joule"
    r"|mm|cm) (?:[a-z]+ ){0,2}?(?!(?:is|was|has|does|across|thickness|less|plus|focus|status)\b)[a-z]+[^s\W]s\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;\n\ue000] ?")
_ONE_TABLET = re.compile(r" (?:tablet|capsule|puff|patch|suppository|tab|cap|sachet|lozenge)\b", re.IGNORECASE)
_CHROMOSOME = r"twenty[ -](?:one|two)|one|two|three|four|five|six|seven|eight|nine|twenty"
_TRANSLOCATION = re.compile(
    rf"(?<=\btranslocation )({_CHROMOSOME}|{either(TEENS)}) ({_CHROMOSOME}|{either(TEENS)})(?![\w-])", re.IGNORECASE
)
_ACID = "[ac-hiklmnp-twvy]"
_CHANGE = rf"(?P<change>(?P<from>{_ACID}) (?P<n>[a-z]+(?:[ -][a-z]{{2,}}){{0,3}}) (?P<to>{_ACID}))(?![\w'’])"
_AND_VARIANT = re.compile(rf"(?<![\w.])[A-Z]\d{{2,4}}[A-Z],?(?: and| or)? {_CHANGE}", re.IGNORECASE)
_DECIMAL_SAID = re.compile(r"(?<![\w.])(\d+) point (\d+)(?![\w])", re.IGNORECASE)
_SCALED = re.compile(r"(?<![\w.,])(\d{1,3}(?:\.\d+)?) (hundred|thousand)(?!\w)", re.IGNORECASE)
_NO_LEADING_ZERO = re.compile(r"(?<![\w.,/\u02bc])\.(?=\d)")
_A_HALF = re.compile(r"(?<![\w.])(\d+|one) and (?:a|one) (half|quarter)(?![\w-])", re.IGNORECASE)
_PARTS = {"1/10": ".1", "1/2": ".5", "1/4": ".25", "3/4": ".75"}
_AND_PARTS = re.compile(r"(?<![\w./])(\d{1,3}) and (1/2|1/4|3/4)(?![\w/])")
_AROUND_THE_CLOCK = re.compile(
    r"(?<![\w.-])twenty[ -]four seven(?= (?:care|monitoring|nursing|support|supervision|access|coverage|on|since|for)\b"
    r"|[.,;\n\ue000]|$)",
    re.IGNORECASE,
)
_SEVENTHS = re.compile(r"(?<![\w./])(\d{1,2}) and (?=[1-6]/7(?: weeks?(?!\w)| gestation|$|[.,;]))", re.IGNORECASE)
_HALF_UNIT = re.compile(
    r"(?<![\w.-])(?<!and )(?<!and a )(?<!and an )(?P<part>half|quarter)(?: of)?(?: a| an)? "
    r"(?=(?:milligram|microgram|centimeter|centimetre|millimeter|millimetre|milliliter|gram|liter|litre|percent)s?\b)",
    re.IGNORECASE,
)
_PART_OF_UNIT = re.compile(
    r"(?<![\w./])(1/10|1/2|1/4|3/4)(?: of)?(?: an?)? "
    r"(?=(?:milli|micro|centi|kilo|mg\b|mcg\b|mL\b|cm\b|mm\b|gram|liter|percent|%))",
    re.I,
)
_FRACTION = re.compile(
    r"(?<![\w.-])(one|two|three|four|five|six|seven)[ -]"
    r"(half|thirds?|quarters?|fourths|fifths|sixths|sevenths?|eighths|tenth)(?![\w-])",
    re.IGNORECASE,
)
_DENOMINATORS = {"hal": 2, "thi": 3, "qua": 4, "fou": 4, "fif": 5, "six": 6, "sev": 7, "eig": 8, "ten": 10}
_NUMERATORS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_COMPOUND_ORDINAL = re.compile(
    rf"(?<![\w-])({either(TENS)})[ -]({either([word for word, value in ORDINALS.items() if value < 10])})(?![\w-])",
    re.IGNORECASE,
)
_HUNDRED_ORDINAL = re.compile(
    rf"(?<![\w.-])(?:(?P<n>one|two|three|a) )?(?:hundredth|hundred(?: and)? (?P<rest>(?:"
    rf"(?:{either(TENS)})[ -])?{either(ORDINALS)}))"
    r"(?![\w-])",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"(?<![\w-])({either(ORDINALS)})(?![\w-])", re.IGNORECASE)
_BETWEEN_NUMBERS = re.compile(r"(?<=\w)–(?=\w)")
_TWO_PERIODS = re.compile(r"(?<=\.[a-z])\.\.(?!\w)")
_TWO_STRENGTHS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[ -](\d+(?:\.\d+)?)(?![\w.]\d|\w)")
_ROUND = frozenset(["hundreds", "thousands", "dozen"])
_STRETCH_END = re.compile(r"(?<=[a-z]{4}\.)(?:\ue000| (?=[A-Z][a-z]))")
_ITEM_LEAD = re.compile(r"(?:[:.;\n\ue000] ?|\( ?|^)$")


def normalised(draft: Draft, memory: Stretches | None = None) -> Draft:
    """The draft in written form, stretch by stretch: no rule looks over the end of a plain sentence."""
    return by_stretches(draft, _STRETCH_END, _stretch, memory=Stretches() if memory is None else memory)


def _stretch(draft: Draft) -> Draft:
    draft = measures_en.tidied(draft)
    draft = draft.rewritten(_fixed(), _fixed_name)
    draft = tracings_en.leads(draft)
    draft = levels_en.spelled_letters(draft)
    draft = vision_en.acuities(draft)
    draft = calendar_en.times(draft)
    draft = measures_en.temperatures(devices_en.sizes(draft))
    draft = decades_en.decades(draft)
    draft = draft.rewritten(_AROUND_THE_CLOCK, lambda _: "24/7")
    draft = draft.rewritten(_TRANSLOCATION, _translocation)
    draft = draft.rewritten(_variants(), _variant)
    draft = draft.rewritten(_AND_VARIANT, _variant)
    draft = draft.rewritten(_FRACTION, _fraction)
    if "hundred" in draft.text:
        draft = draft.rewritten(_HUNDRED_ORDINAL, _hundred_ordinal)
    draft = draft.rewritten(_COMPOUND_ORDINAL, _compound_ordinal)
    draft = draft.rewritten(_ONE_BY_ONE, _one_by_one)
    draft = _numbers(draft).rewritten(_BETWEEN_NUMBERS, lambda _: "-")
    draft = draft.rewritten(_TWO_STRENGTHS, _combined_strengths)
    draft = _list_numbers(draft)
    draft = draft.rewritten(_DECIMAL_SAID, lambda match: f"{match[1]}.{match[2]}")
    draft = draft.rewritten(_SCALED, _scaled)
    draft = draft.rewritten(_A_HALF, _and_a_half)
    draft = draft.rewritten(_AND_PARTS, lambda match: match[1] + _PARTS[match[2]])
    draft = draft.rewritten(_SEVENTHS, lambda match: f"{match[1]} ")
    draft = draft.rewritten(_PART_OF_UNIT, _part_of_unit)
    if "alf" in draft.text or "uarter" in draft.text:
        draft = draft.rewritten(_HALF_UNIT, lambda match: "0.5 " if match["part"].lower() == "half" else "0.25 ")
    draft = draft.rewritten(_NO_LEADING_ZERO, lambda _: "0.")
    draft = vision_en.lenses(draft)
    draft = vision_en.powers(measures_en.signs(draft))
    draft = draft.rewritten(_ORDINAL, _ordinal)
    draft = calendar_en.dates(draft)
    draft = vision_en.lines(ratios_en.ratios(measures_en.measured(draft)))
    draft = tracings_en.limb_leads(levels_en.levels(draft))
    draft = draft.rewritten(_TWO_PERIODS, lambda _: ".")
    return measures_en.safe_doses(draft)


def _numbers(draft: Draft) -> Draft:
    if not RUN.search(draft.text):
        return draft
    edits: list[Edit] = []
    for match in RUN.finditer(draft.text):
        around = _neighbours(draft.text, match)
        if around.after in _ROUND:
            continue
        strengths = _strengths_before(draft.text, match.start())
        found = (combined_edits(match, strengths, around) if strengths else []) or run_edits(match, around)
        words = tokens_of(match)
        counted = around.times_follow or around.tablet_follows
        if counted and len(words) == 1 and around.before.isdigit():
            continue
        if (
            counted
            and len(found) > 1
            and found[-1][0].start == found[-2][0].end == len(words) - 1
            and "/" not in found[-2][0].text
        ):
            found = found[:-1]  # "300 three times a day": two numbers that run together are misread (ISMP)
        for number, edit in found:
            if number.end - number.start == 1 and words[number.start] == "one":
                lone = len(words) == 1
                if not _one_counts(draft.text, edit, around, lone=lone):
                    continue
            edits.append(edit)
        if len(found) == 1 and words[0] in {"two", "three", "four", "zero"} and _is_idiom(draft.text, match):
            edits.pop()
    return draft.edited(edits)


def _neighbours(text: str, match: re.Match[str]) -> Neighbours:
    before = _BEFORE.search(text, max(0, match.start() - 40), match.start())
    after = _AFTER.match(text, match.end())
    word = after[1].lower() if after else ""
    return Neighbours(
        before=(before[2] or before[3] or "").lower() if before else "",
        after=word,
        unit_follows=measures_en.unit_at(text, match.end()),
        times_follow=_TIMES_A_DAY.match(text, match.end()) is not None,
        tablet_follows=_ONE_TABLET.match(text, match.end()) is not None,
        sizes_follow=_SIZED.match(text, match.end()) is not None,
        pills_follow=_pills().match(text, match.end()) is not None,
        clause=_CLAUSE.split(text[max(0, match.start() - 60) : match.start()])[-1].lower(),
    )


@cache
def _pills() -> re.Pattern[str]:
    pills = either(table("numbers_en").lists("sequences")["pills"])
    return re.compile(rf"[ -](?:milligram|microgram|mg|mcg|gram)s?[ -](?:\w+ )?{pills}\b", re.IGNORECASE)


@cache
def _combinations() -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    """Names of combinations at the end of a text, and the strengths of each."""
    numbers = table("numbers_en")
    names, strengths = numbers.lists("combination_drugs"), numbers.lists("combination_strengths")
    of_name = {name: frozenset(strengths[group]) for group, drugs in names.items() for name in drugs}
    return re.compile(rf"\b(?P<name>{either(of_name)})(?: (?:tablets?|inhaler|film))? $", re.IGNORECASE), of_name


def _strengths_before(text: str, start: int) -> frozenset[str]:
    """The strengths of the combination that is named right before `start`; none where none is."""
    pattern, of_name = _combinations()
    match = pattern.search(text, max(0, start - 48), start)
    return of_name[match["name"].lower()] if match else frozenset()


def _combined_strengths(match: re.Match[str]) -> Rewrite:
    """The recogniser's "875 125 mg" after the name of a combination."""
    both = f"{match[1]}/{match[2]}"
    return both if both in _strengths_before(match.string, match.start()) else None


@cache
def _fixed() -> re.Pattern[str]:
    names = either(table("numbers_en").mapping("fixed"))
    goes_on = r"(?![\w'’-]| (?:hundred|thousand|million|point)\b)"
    return re.compile(rf"(?<![\w.'’-])(?<!vitamin )(?<!\bo ){names}{goes_on}", re.IGNORECASE)


def _fixed_name(match: re.Match[str]) -> Rewrite:
    written = table("numbers_en").mapping("fixed")[match.group().lower()]
    return match.group()[0] + written[1:] if written[0].isalpha() and written[1:2].islower() else written


@cache
def _listed() -> re.Pattern[str]:
    heads = either(table("numbers_en").lists("lists")["heads"])
    return re.compile(rf"\b{heads}:?[ \ue000\n]+(?:number )?(?P<n>1)(?P<gap>[ \ue000])(?=[\w.])", re.IGNORECASE)


@cache
def _list_head_before() -> re.Pattern[str]:
    return re.compile(rf"\b{either(table('numbers_en').lists('lists')['heads'])}:[ \ue000\n]+$", re.IGNORECASE)


_ITEM = re.compile(r"(?<=[A-Za-z.,;)\n][ \ue000])(\d{1,2})(?= \d)")


def _list_numbers(draft: Draft) -> Draft:
    """ "impression 1 8 mm nodule 2 6 mm cyst": a full stop parts the number of an item from a value."""
    text = draft.text
    edits: list[Edit] = []
    for head in _listed().finditer(text):
        if text[head.end()].isdigit():
            edits.append(Edit(head.end("n"), head.end("n"), "."))
        end = text.find("\n\n", head.end())
        following = 2
        for item in _ITEM.finditer(text, head.end(), end if end >= 0 else len(text)):
            if int(item[1]) == following:
                edits.append(Edit(item.end(), item.end(), "."))
                following += 1
    return draft.edited(edits) if edits else draft


@cache
def _one_heads() -> tuple[frozenset[str], frozenset[str]]:
    numbers = table("numbers_en")
    return frozenset(numbers.lists("heads")["words"]), frozenset(numbers.lists("weak_heads")["words"])


_ENDS = re.compile(r"$|[.,;\n\ue000]| (?:dose|now|then|today|and)\b", re.IGNORECASE)
_COUNT = either([*DIGITS, *TEENS, *TENS])
_LINKED_AFTER = re.compile(
    rf"[ -](?:by|to|or|and|through|over|out of|plus)[ -](?:\d|{_COUNT}\b|a half|a quarter)|[ -]and a (?:half|quarter)\b"
    rf"|[ -]plus\b|[ -](?:times|by) (?:ten|10) to the\b|[ -]in (?:\d|{_COUNT}\b|a hundred|one hundred\b)",
    re.IGNORECASE,
)
_ONE_BY_ONE = re.compile(r"(?<![\w-])one(?: by one)+(?![\w-])", re.IGNORECASE)
_WITHIN_NUMBER = re.compile(rf"\b(?:{_COUNT}|hundred|thousand|point|and)[ -]$", re.IGNORECASE)
_RUNS_ON = re.compile(r" (?:point|hundred|thousand|and a)\b", re.IGNORECASE)
_BY_BEFORE = re.compile(rf"(?:\d|\b{_COUNT}) by $", re.IGNORECASE)


def _one_by_one(match: re.Match[str]) -> Rewrite:
    """One after the other, or a size: "one by one centimeters"."""
    runs_on = _RUNS_ON.match(match.string, match.end()) is not None
    sized = runs_on or measures_en.unit_at(match.string, match.end()) or match.string.startswith(" by ", match.end())
    if not sized and not _BY_BEFORE.search(match.string, max(0, match.start() - 16), match.start()):
        return None
    ones = list(re.finditer("one", match.group(), re.IGNORECASE))
    within = _WITHIN_NUMBER.search(match.string, max(0, match.start() - 10), match.start())
    ones = ones[1 if within else 0 : -1 if runs_on else None]
    return [Edit(match.start() + at.start(), match.start() + at.end(), "1") for at in ones]


_ACRONYM_BEFORE = re.compile(r"\b(?:[A-Z]{2,}|ki|brca|her|cd|ck) $")
_NUMBER_BEFORE = re.compile(
    r"(?:\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|zero|one|twelve|twenty)) "
    r"(?:by|to|out of|over|and|or|through) $",
    re.IGNORECASE,
)
_LETTER_BEFORE = re.compile(r"(?<![\w'’])[B-HJ-Zb-hj-z] $|(?<![\w'’])A $")


def _one_counts(text: str, edit: Edit, around: Neighbours, *, lone: bool) -> bool:
    """Whether a lone "one" is the numeral: a unit after it, a counting head before it, or a number linked to it."""
    heads, weak = _one_heads()
    idiom = _is_idiom_at(text, edit.start, edit.end)
    if idiom and around.before == "every" and _LINKED_AFTER.match(text, edit.end):
        return True
    if around.before in heads and around.before not in weak:
        return not (idiom and around.before in table("numbers_en").lists("lists")["heads"])
    if idiom:
        return False
    if _list_head_before().search(text, max(0, edit.start - 30), edit.start):
        return True
    if around.before == "times" and _ENDS.match(text, edit.end):
        return True
    if measures_en.unit_at(text, edit.end):
        return True
    if text[edit.end : edit.end + 2].strip()[:1] in {",", ".", ")"} and _ITEM_LEAD.search(
        text, max(0, edit.start - 2), edit.start
    ):
        return True
    window = text[max(0, edit.start - 12) : edit.start]
    if _ACRONYM_BEFORE.search(window) or text[edit.end : edit.end + 1] == "/":
        return True
    if _LETTER_BEFORE.search(window) or _NUMBER_BEFORE.search(window):
        return True
    return _LINKED_AFTER.match(text, edit.end) is not None or not lone


@cache
def _idioms() -> re.Pattern[str]:
    return re.compile(rf"\b{either(table('numbers_en').lists('idioms')['phrases'])}\b", re.IGNORECASE)


def _is_idiom(text: str, match: re.Match[str]) -> bool:
    return _is_idiom_at(text, match.start(), match.end())


def _is_idiom_at(text: str, start: int, end: int) -> bool:
    return any(found.start() <= start < found.end() for found in _idioms().finditer(text, max(0, start - 12), end + 16))


def _translocation(match: re.Match[str]) -> Rewrite:
    first, second = alone(match[1]), alone(match[2])
    return None if first is None or second is None else f"{first};{second}"


@cache
def _variants() -> re.Pattern[str]:
    genes = either(table("numbers_en").lists("variants")["genes"])
    return re.compile(rf"\b{genes}(?: (?:mutation|variant|positive|for|with|p))* {_CHANGE}", re.IGNORECASE)


def _variant(match: re.Match[str]) -> Rewrite:
    """ "BRAF V six hundred E": an amino acid, its place, the acid that took it."""
    place = alone(match["n"])
    return None if place is None else [edit_of(match, "change", f"{match['from']}{place}{match['to']}".upper())]


def _fraction(match: re.Match[str]) -> Rewrite:
    numerator = _NUMERATORS[match[1].lower()]
    noun = match[2].lower()
    if (numerator == 1) == noun.endswith("s") and not (numerator == 3 and noun == "quarter"):
        return None
    return f"{numerator}/{_DENOMINATORS[noun[:3]]}"


def _and_a_half(match: re.Match[str]) -> Rewrite:
    whole = "1" if match[1].lower() == "one" else match[1]
    return whole + (".5" if match[2].lower() == "half" else ".25")


def _part_of_unit(match: re.Match[str]) -> Rewrite:
    """Metric units have decimals: half a milligram of it is 0.5 mg (ISMP: no fractions of a dose)."""
    return f"0{_PARTS[match[1]]} "


def _scaled(match: re.Match[str]) -> Rewrite:
    value = float(match[1]) * (100 if match[2].lower() == "hundred" else 1000)
    return (f"{value:,.0f}" if value >= 10_000 else f"{value:.0f}") if value == int(value) else None


def _hundred_ordinal(match: re.Match[str]) -> Rewrite:
    """ "the one hundred and first patient"."""
    if match["n"] is None:
        return None
    value = 100 * {"a": 1, **DIGITS}[match["n"].lower()]
    if match["rest"] is None:
        return None if match["n"].lower() == "a" else ordinal(value)
    words = re.split("[ -]", match["rest"].lower())
    return ordinal(value + sum(TENS.get(word, 0) for word in words[:-1]) + ORDINALS[words[-1]])


def _compound_ordinal(match: re.Match[str]) -> Rewrite:
    following = _AFTER.match(match.string, match.end())
    timed = table("numbers_en").lists("ordinals")["timed"]
    if match[2].lower() == "second" and following is not None and following[1].lower() in timed:
        return f"{TENS[match[1].lower()]} second"
    return ordinal(TENS[match[1].lower()] + ORDINALS[match[2].lower()])


@cache
def _ordinal_nouns() -> re.Pattern[str]:
    nouns = either(table("numbers_en").lists("ordinals")["nouns"])
    linked = rf"(?:,? (?:and|or|through|to) {either(ORDINALS)}|,? {either(ORDINALS)})*"
    return re.compile(rf"{linked} (?:left |right )?{nouns}\b", re.IGNORECASE)


def _ordinal(match: re.Match[str]) -> Rewrite:
    value = ORDINALS[match[1].lower()]
    if value < 10 and not _ordinal_nouns().match(match.string, match.end()):
        return None
    return ordinal(value)
