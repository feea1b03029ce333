"""Chinese parts of a whole: percentages, fractions, powers of ten.

Owns where a percentage ends and an amount begins (百分之二十毫升 is 2 % and 10 mL). It must not know what is measured.
"""

import re

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite
from wardscribe_server.pipeline.writing.grammar import table
from wardscribe_server.pipeline.writing.normalise.numbers_zh import (
    DECIMAL,
    DIGIT,
    NAME_BEFORE,
    NUMERAL,
    digits_of,
    has_scale,
    plain,
)

_ARABIC = r"\d+(?:\.\d+)?"
_AMOUNT = r"(?:毫升|毫克|微克|ml|mL|mg|克(?![隆罗雷氏])|升(?:[每加静持腹入，。；、]|$))"
_PERCENT = re.compile(
    rf"(?P<kind>[百千])分之(?P<a>[{NUMERAL}]++(?:点[{DECIMAL}]++(?![十百]))?+|{_ARABIC})"
    rf"(?:(?P<link>到|至|-|~)(?:[百千]分之)?(?P<b>[{NUMERAL}]++(?:点[{DECIMAL}]++)?+|{_ARABIC}))?(?!{_AMOUNT})"
)
_STRENGTH = re.compile(rf"百分之(?P<run>[{NUMERAL}]+(?:点[{NUMERAL}]+)*)(?={_AMOUNT})")
_AMOUNT_SAID = re.compile(rf"[{DIGIT}]|[{DIGIT}十百]+点[{DECIMAL}]+|[{DIGIT}]?[十百千][{NUMERAL}]*")
_FRACTION = re.compile(rf"(?<![{NUMERAL}点第\d])(?P<of>[{DIGIT}十]+)分之(?P<part>[{DIGIT}十]+)(?![{NUMERAL}点])")
_POWER = re.compile(rf"(?P<times>乘以?|×|x)?(?:十|10)的(?P<n>[{NUMERAL}]+|\d+)次方(?P<per>每升|/L)?")


def proportioned(draft: Draft) -> Draft:
    """Powers, percentages and fractions in figures, while the numerals are still characters."""
    draft = draft.rewritten(_POWER, _power)
    draft = draft.rewritten(_STRENGTH, _strength)
    draft = draft.rewritten(_PERCENT, _percent)
    return draft.rewritten(_FRACTION, _fraction)


def _percent(match: re.Match[str]) -> Rewrite:
    if digits_of(match["a"]) is None and not match["a"][0].isdigit():
        return None  # 百分之七八十 is a guess
    sign = "%" if match["kind"] == "百" else "‰"
    first = (" " if NAME_BEFORE.search(match.string[: match.start()][-6:]) else "") + plain(match["a"])
    if match["b"] is None:
        return f"{first}{sign}"
    end = match.end("a")
    return [
        Edit(match.start(), end, f"{first}{sign}"),
        Edit(match.end("link"), match.end(), f"{plain(match['b'])}{sign}"),
    ]


def _strength(match: re.Match[str]) -> Rewrite:
    """百分之二十毫升 is 2 % and 10 mL: a percentage has no unit, so two numbers are said; a doubtful cut stays."""
    run = match["run"]
    cuts = [
        (first, second)
        for cut in range(1, len(run))
        if _AMOUNT_SAID.fullmatch(run[cut:]) and run[cut] not in "百千"
        if (first := digits_of(run[:cut])) is not None and (second := digits_of(run[cut:])) is not None
        if has_scale(run[:cut]) or "点" in run[:cut] or cut == 1
    ]
    known = table("numerals_zh").lists("concentrations")["percent"]
    likely = [pair for pair in cuts if pair[0] in known] or cuts
    return "{}% {}".format(*likely[0]) if len(likely) == 1 else match.group()


def _fraction(match: re.Match[str]) -> Rewrite:
    """三分之二 is 2/3, 十五分之三 is 3/15: three nodes of fifteen."""
    whole, part = digits_of(match["of"]), digits_of(match["part"])
    if whole is None or part is None or min(int(whole), int(part)) < 1 or match["of"] == "一":
        return None
    return f"{part}/{whole}"


def _power(match: re.Match[str]) -> Rewrite:
    times = "×" if match["times"] else ""
    per = "/L" if match["per"] else ""
    return f"{times}10^{plain(match['n'])}{per}"
