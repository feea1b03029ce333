"""English letters with numbers: spelled abbreviations, vertebrae, TNM, stages, grades, RADS categories.

Owns what letters said one by one become, and which numbers are roman. Abbreviations that the Joint Commission or ISMP
forbid are never written.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise import tnm_en
from wardscribe_server.pipeline.writing.normalise.measures_en import unit_at
from wardscribe_server.pipeline.writing.normalise.number_words_en import roman

_A1C = re.compile(r"(?<!\w)(h ?b ?)?a[ -]?(?:one|1)[ -]?c(?:(?!\w)|(?P<glued>(?=\d{1,2}\.\d)))", re.IGNORECASE)
_GLUED = re.compile(  # no name of a test ends in a number behind these letters
    r"(?<![\w-])(?P<test>LDL|HDL|BNP|CRP|TSH|ESR|WBC|INR|ALT|AST|ALP|e?GFR|BUN|PSA|MCV|Hb)(?P<gap>)(?=\d+(?:\.\d+)?(?![\w-]))"
)
_OXYGEN = re.compile(
    r"(?<!\w)(?:o|oh) (?:two|2)(?= (?:sat|sats|saturation|at|by|via|requirement|therapy|delivery)\b)", re.I
)
_GAS = re.compile(
    r"(?<!\w)(?P<joined>(?:sp|sa|fi|pa|p|sv|scv)o|(?:pa|p|et)co) (?:two|2)(?!\w)"
    r"|(?<!\w)(?P<co>(?:p ?a? ?|et ?|end tidal )?c ?o (?:two|2))(?!\w)|(?<!\w)(?P<pao>p ?a ?o (?:two|2))(?!\w)"
    r"|(?<!\w)(?P<fio>f ?i ?o (?:two|2))(?!\w)|(?<!\w)(?P<hco>h ?c ?o (?:three|3))(?!\w)",
    re.IGNORECASE,
)
_SPO2 = re.compile(r"(?<!\w)s p o (?:two|2)(?!\w)", re.IGNORECASE)
_LETTERS = re.compile(r"(?<![\w'’.-])[A-Za-z](?: [A-Za-z])+(?![\w'’-]|\.\w)")
_EVERY_H = re.compile(
    r"(?<![^\s\ue000])q (?:(?:[a-z]{2,}|\d+)(?:[ -][a-z]{2,})?)(?: to [a-z]{2,})? (?P<h>h|m)(?![\w'’-]|\.\w)",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"(?<=\d )(?P<x>\w+ )?(?P<code>bid|tid|qid|prn|po)(?!\w|\.\w)")
_LIMIT = {"C": 8, "T": 12, "L": 5, "S": 5, "D": 12}
_NEXT_REGION = {("C", "T"), ("T", "L"), ("L", "S"), ("D", "L")}
_PAIR = re.compile(r"(?<![\w.-])([CTLSD]) ?(\d{1,2})(?:[ /]|-)(?:([CTLSD]) ?)?(\d{1,2})(?![\w]|\.\d)", re.IGNORECASE)
_CHAIN = re.compile(
    r"(?<![\w.-])(?P<region>[CTLSD]) ?(?P<n>\d{1,2})(?P<rest>(?:(?: (?:[CTLSD] ?)?\d{1,2})){2,})(?![\w/-]|\.\d)",
    re.IGNORECASE,
)
_IN_CHAIN = re.compile(r" (?:(?P<region>[CTLSD]) ?)?(?P<n>\d{1,2})", re.IGNORECASE)
_SPOKEN_REGION = re.compile(
    r"\b(?:lumbar|cervical|thoracic|lumbosacral)(?: spine)?(?P<gap> )(?P<a>\d{1,2})(?P<to> )(?P<b>\d{1,2})"
    r"(?![\w/:-]|[.,]\d)",
    re.IGNORECASE,
)
_LEADS = re.compile(r"(?<![\w.])(?P<list>V ?[1-9]R?(?:,? (?:and )?V ?[1-9]R?)+)(?![\w]|\.\d)")
_RIGHT_LEAD = re.compile(r"(?<![\w.])V ?([3-6])(?P<gap> )R(?!\w)")
_PAIRED_LETTERS = re.compile(r"\b(?:H and|I to|A and|I and) $")  # "H and H 9", "I to E 1:2": two names and their values
_SINGLE = re.compile(
    r"(?<![\w.'’-])(?:(?<!\d )|(?<=grade \d )|(?<=stage \d )|(?<=type \d ))([A-Za-z]) (\d{1,3})(?![\w/:]|[.,]\d)"
)
_EVERY_WORDS = {
    "day": "daily",
    "daily": "daily",
    "week": "weekly",
    "night": "nightly",
    "hour": "every hour",
    "other day": "every other day",
    "morning": "every morning",
    "evening": "every evening",
    "month": "monthly",
}
_EVERY = re.compile(
    rf"(?<![\w.'’-])(?<!\bsub )(?<!\bs )q {either(_EVERY_WORDS).replace('(?:', '(', 1)}(?!\w)", re.IGNORECASE
)
_BEFORE_MEALS = re.compile(r"(?<![^\s\ue000])a c(?= and (?:h s|at bedtime|bedtime)\b)", re.IGNORECASE)
_GRAVIDA = re.compile(r"(?<!\w)G ?(\d{1,2}) P ?(\d{1,2}|\d{4})(?!\w)", re.IGNORECASE)
_SUFFIXED = re.compile(
    r"\b(?P<head>stage|category|type|bosniak|class|ckd|forrest|segment|grade)(?P<gap> )"
    r"(?P<n>\d)(?P<s> ?)(?P<letter>[a-f])"
    r"(?: ?(?P<sub>\d|(?:one|two|three)\b(?= \w)))?(?!\w)",
    re.I,
)
_LABEL = r"\d{1,2} [a-z](?![\w'’])"
_LABELLED = re.compile(
    rf"\b(?:blocks?|cassettes?|slides?|stations?) (?P<list>{_LABEL}(?:(?:,|,? and| to| through) {_LABEL})*)", re.I
)
_GRADED_BY_LETTER = re.compile(r"\b(?:clavien|dindo|cormack|lehane)[ -]$", re.IGNORECASE)
_FAILURE_CLASS = re.compile(r"\bclass ([1-4])(?= (?:heart failure|chf\b|hf\b|obesity\b|angina\b))", re.IGNORECASE)
_STAGE = re.compile(r"\bstages? (?P<list>\d(?: (?:to|or|and|through|versus|vs) \d)*)\b(?!/|\.\d)", re.IGNORECASE)


def spelled_letters(draft: Draft) -> Draft:
    """Letters said one by one, before the numbers are read."""
    draft = tnm_en.said(draft)
    draft = draft.rewritten(_EVERY, lambda match: _EVERY_WORDS[match[1].lower()])
    draft = draft.rewritten(_BEFORE_MEALS, lambda _: "a.c.")
    draft = draft.rewritten(
        _A1C, lambda match: ("HbA1c" if match[1] else "A1c") + (" " if match["glued"] is not None else "")
    )
    draft = draft.rewritten(_GLUED, lambda match: match["test"] + " ")
    draft = draft.rewritten(_GAS, _gas)
    draft = draft.rewritten(_SPO2, lambda _: "SpO2")
    draft = draft.rewritten(_OXYGEN, lambda _: "O2")
    draft = draft.rewritten(_sub_q(), lambda _: "subcutaneously")
    draft = draft.rewritten(_EVERY_H, _every_h)
    return draft.rewritten(_LETTERS, _letters).rewritten(_TOGETHER, _together)


@cache
def _sub_q() -> re.Pattern[str]:
    return re.compile(r"(?<![\w-])sub[ -]?q(?!\w)", re.IGNORECASE)


@cache
def _codes() -> dict[str, str]:
    return table("frequencies_en").mapping("letters")


def _every_h(match: re.Match[str]) -> Rewrite:
    """ "q six h p o": the h is hours and begins no abbreviation."""
    return [edit_of(match, "h", "hours" if match["h"].lower() == "h" else "minutes")]


def _gas(match: re.Match[str]) -> Rewrite:
    """Blood gases: pCO2, PaO2, FiO2, HCO3."""
    if match["joined"] is not None:
        return f"{match['joined']}2"
    if match["co"] is None:
        return "PaO2" if match["pao"] else "FiO2" if match["fio"] else "HCO3"
    prefix = re.sub(r"c ?o (?:two|2)$", "", match["co"], flags=re.IGNORECASE)
    short = prefix.replace(" ", "").lower()
    return {"p": "p", "pa": "Pa", "et": "et"}.get(short, prefix) + "CO2"


def _letters(match: re.Match[str]) -> Rewrite:
    """A run of single letters: frequencies and routes by the table, the rest joined in capitals."""
    letters = match.group().lower().split(" ")
    edits: list[Edit] = []
    index = 0
    while index < len(letters):
        size, text = _next_code(letters, index, named=match.group()[2 * index] == "A" and match.start() > 0)
        if size:
            edits.append(Edit(match.start() + 2 * index, match.start() + 2 * (index + size) - 1, text))
        index += size or 1
    return edits


def _next_code(letters: list[str], index: int, *, named: bool) -> tuple[int, str]:
    """How many letters from `index` make one word, and that word; `named`: a capital A is a letter, no article."""
    for size in (3, 2):
        code = _codes().get(" ".join(letters[index : index + size]))
        if code and index + size <= len(letters):
            return size, code
    end = index
    while end < len(letters) and not any(" ".join(letters[end : end + size]) in _codes() for size in (2, 3)):
        end += 1
    rest = letters[index:end]
    if len(rest) < 2:
        return 0, ""
    word = "".join(rest).upper()
    if rest[0] == "a" and not named and word not in table("frequencies_en").lists("acronyms")["words"]:
        return (0, "") if len(rest) < 3 or index else _after_article(word)
    if word in {"AM", "PM"} or word.endswith(("MX", "NX")):
        return 0, ""
    return len(rest), word


def _after_article(word: str) -> tuple[int, str]:
    return len(word), f"a {word[1:]}"


def _together(match: re.Match[str]) -> Rewrite:
    code = _codes()[" ".join(match["code"])]
    return [edit_of(match, "code", code)]


def levels(draft: Draft) -> Draft:
    """Vertebrae, TNM, stages and letter-number names, once the numbers are digits."""
    draft = tnm_en.written(draft)
    draft = draft.rewritten(_GRAVIDA, lambda match: f"G{match[1]}P{match[2]}")
    draft = draft.rewritten(_CHAIN, _chain)
    draft = draft.rewritten(_PAIR, _pair)
    draft = draft.rewritten(_SPOKEN_REGION, _spoken_region)
    draft = draft.rewritten(_LEADS, lambda match: re.sub("(?<=V) ", "", match["list"]))
    draft = draft.rewritten(_RIGHT_LEAD, lambda match: f"V{match[1]}R")
    draft = draft.rewritten(_rads(), _rads_category)
    draft = draft.rewritten(_marker(), _named)
    draft = draft.rewritten(_SINGLE, _single)
    draft = draft.rewritten(_LABELLED, _labelled)
    draft = draft.rewritten(_SUFFIXED, _suffixed)
    draft = draft.rewritten(_roman(), _as_roman)
    draft = draft.rewritten(_FAILURE_CLASS, lambda match: [edit_of(match, 1, roman(int(match[1])))])
    return draft.rewritten(_STAGE, _stage)


def _valid(letter: str, number: int) -> bool:
    return 1 <= number <= _LIMIT[letter]


def _pair(match: re.Match[str]) -> Rewrite:
    upper, lower = match[1].upper(), (match[3] or match[1]).upper()
    first, second = int(match[2]), int(match[4])
    if not _valid(upper, first) or not _valid(lower, second) or unit_at(match.string, match.end()):
        return None
    follows = (second == first + 1) if upper == lower else (upper, lower) in _NEXT_REGION
    if not follows:
        return None
    if match[3] is None and "-" in match.group():
        return match.group() if match[1].isupper() else f"{upper}{first}-{second}"
    separator = "/" if "/" in match.group() else "-"
    if (upper, lower, first) == ("S", "S", 1) and separator == "-" and "-" not in match.group() and _heart_near(match):
        separator = " "
    return f"{upper}{first}{separator}{lower}{second}"


def _chain(match: re.Match[str]) -> Rewrite:
    """ "C three four five six" are neighbours in a row; "L two three L three four" are pairs, read one by one."""
    region, level = match["region"].upper(), int(match["n"])
    parts = [f"{region}{level}"]
    named = [step["region"] is not None for step in _IN_CHAIN.finditer(match["rest"])]
    if not (all(named) or not any(named)) or unit_at(match.string, match.end()):
        return None
    for step in _IN_CHAIN.finditer(match["rest"]):
        below, lower = (step["region"] or region).upper(), int(step["n"])
        follows = lower == level + 1 if below == region else (region, below) in _NEXT_REGION and lower == 1
        if not follows or not _valid(below, lower):
            return None
        region, level = below, lower
        parts.append(f"{region}{level}")
    return "-".join(parts) if _valid(match["region"].upper(), int(match["n"])) else None


def _spoken_region(match: re.Match[str]) -> Rewrite:
    """ "lumbar four five" is one disc."""
    if int(match["b"]) != int(match["a"]) + 1 or unit_at(match.string, match.end()):
        return None
    return [edit_of(match, "to", "-")]


def _heart_near(match: re.Match[str]) -> bool:
    window = match.string[max(0, match.start() - 40) : match.end() + 24].lower()
    words = set(re.findall(r"[a-z]+\d?", window.replace("s 3", "s3").replace("s 4", "s4")))
    return not words.isdisjoint(table("numbers_en").lists("heart")["words"])


def _single(match: re.Match[str]) -> Rewrite:
    """A letter and a number without a unit are one name: L4, B12, section A3."""
    letter, number = match[1], int(match[2])
    if unit_at(match.string, match.end()) or _PAIRED_LETTERS.search(
        match.string, max(0, match.start() - 8), match.start()
    ):
        return None
    if letter.upper() in _LIMIT:
        if not _valid(letter.upper(), number) and not letter.isupper():
            return None
        if (
            letter.upper() in {"C", "D"}
            and match.string[max(0, match.start() - 8) : match.start()].lower() == "vitamin "
        ):
            return f"{letter.upper()}{number}" if number < 4 else None
        return f"{letter.upper()}{number}" if number <= 12 else None
    if letter in "aiIxXqQ" or (letter == "A" and not _specimen_before(match)):
        return None
    return f"{letter.upper()}{number}"


@cache
def _marker() -> re.Pattern[str]:
    heads = either(table("numbers_en").mapping("markers"))
    return re.compile(rf"\b(?P<head>{heads})(?P<gap> )(?P<n>\d{{1,3}})(?P<tail> 9)?(?![\w:]|[.,]\w)", re.IGNORECASE)


def _named(match: re.Match[str]) -> Rewrite:
    """HER2, Ki-67, CA 19-9."""
    if unit_at(match.string, match.end()) or (match["head"].islower() and match["head"] in {"her", "ca"}):
        return None
    only = table("numbers_en").lists("marker_numbers").get(match["head"].lower())
    if only is not None and match["n"] not in only:
        return None
    edits = [edit_of(match, "gap", table("numbers_en").mapping("markers")[match["head"].lower()])]
    if match["tail"] is not None and match["n"] == "19":
        edits.append(edit_of(match, "tail", "-9"))
    return edits


def _specimen_before(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 24) : match.start()].lower()
    return (
        re.search(r"(?:sections?|cassettes?:?|blocks?|part|type|and|to|through|hepatitis|influenza|,) $", before)
        is not None
    )


@cache
def _rads() -> re.Pattern[str]:
    systems = either(table("numbers_en").lists("rads")["systems"])
    return re.compile(
        rf"\b{systems}(?: category| score| assessment category)? (?P<n>\d)(?: ?(?P<s>[a-cxsmr])(?![\w]))?",
        re.IGNORECASE,
    )


def _rads_category(match: re.Match[str]) -> Rewrite:
    if match["s"] is None:
        return None
    return [Edit(match.start("n"), match.end("s"), match["n"] + match["s"].upper())]


@cache
def _roman() -> re.Pattern[str]:
    heads = either(table("numbers_en").lists("roman")["heads"])
    return re.compile(
        rf"\b{heads} (?P<list>\d{{1,2}}(?:(?:,? (?:to|through|and|or)|,|-)? ?(?<!\d)\d{{1,2}})*)(?![\d/:]|\.\d)",
        re.IGNORECASE,
    )


def _as_roman(match: re.Match[str]) -> Rewrite:
    numbers = list(re.finditer(r"\d+", match["list"]))
    if not all(1 <= int(number.group()) <= 12 for number in numbers):
        return None
    offset = match.start("list")
    return [Edit(offset + number.start(), offset + number.end(), roman(int(number.group()))) for number in numbers]


def _cancer_near(match: re.Match[str]) -> bool:
    words = table("numbers_en").lists("stage")
    window = match.string[max(0, match.start() - 60) : match.end() + 60].lower()
    found = set(re.findall(r"[a-z]+", window))
    return not found.isdisjoint(words["cancer"]) and found.isdisjoint(words["arabic"])


def _labelled(match: re.Match[str]) -> Rewrite:
    """ "blocks 2 a to 2 d", "station 4 R"; a lone "a" is the article."""
    labels = re.finditer(r"(\d+) ([a-z])", match["list"], re.IGNORECASE)
    found = [(label.start(), label.end(), label[1] + label[2].upper(), label[2]) for label in labels]
    if len(found) == 1 and found[0][3] == "a":
        return None
    offset = match.start("list")
    return [Edit(offset + start, offset + end, text) for start, end, text, _ in found]


def _suffixed(match: re.Match[str]) -> Rewrite:
    head = match["head"].lower()
    letter = match["letter"]
    if letter == "a" and match["s"] and head in {"type", "class"}:
        return None
    if head == "grade":
        named = _GRADED_BY_LETTER.search(match.string, max(0, match.start() - 24), match.start())
        if (
            (letter.lower() == "a" and not named)
            or match["sub"]
            or match.string[match.end() : match.end() + 2].strip().isdigit()
        ):
            return None  # "grade 2 a", "grade 2 C5"
        return [Edit(match.start("n"), match.end(), match["n"] + letter.lower())]
    if head == "stage":
        arabic = table("numbers_en").lists("stage")["arabic"]
        window = match.string[max(0, match.start() - 40) : match.end() + 40].lower()
        is_roman = set(re.findall(r"[a-z]+", window)).isdisjoint(arabic)
        number = roman(int(match["n"])) if is_roman else match["n"]
        suffix = letter.upper() if is_roman else letter.lower()
        sub = {"one": "1", "two": "2", "three": "3"}.get((match["sub"] or "").lower(), match["sub"] or "")
        return [Edit(match.start("n"), match.end(), number + suffix + sub)]
    if head == "ckd":
        return [Edit(match.start("n"), match.end(), match["n"] + letter.lower())]
    number = roman(int(match["n"])) if head == "bosniak" else match["n"]
    return [Edit(match.start("n"), match.end(), number + letter.upper() + (match["sub"] or ""))]


def _stage(match: re.Match[str]) -> Rewrite:
    figures = list(re.finditer(r"\d", match["list"]))
    if not _cancer_near(match) or not all(1 <= int(figure.group()) <= 4 for figure in figures):
        return None
    offset = match.start("list")
    return [Edit(offset + figure.start(), offset + figure.end(), roman(int(figure.group()))) for figure in figures]
