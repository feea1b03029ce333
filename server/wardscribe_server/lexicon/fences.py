"""What recognised Mandarin may not be rewritten: numbers, sides, negations, opposites, units after numbers, names.

Owns the guarded characters and the rules for them; the lists are data (`zh/correction.toml`). Must not know sounds or
which words are likely.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

SIDES = frozenset("左右双")
NEGATIONS = frozenset("不无未没非否勿")
NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两半点幺")
GUARDED = SIDES | NEGATIONS | NUMERALS | frozenset("有")  # may be written only for the very sound


@dataclass(frozen=True, slots=True)
class Fences:
    """The rules as they were read."""

    unit_after_number: re.Pattern[str]
    named: re.Pattern[str]
    numeral_words: frozenset[str]
    opposites: frozenset[tuple[str, str]]  # either way round

    def fenced(self, text: str) -> frozenset[int]:
        """Positions of `text` that stay as they are: units that follow a number, and names."""
        found: set[int] = set()
        for match in self.unit_after_number.finditer(text):
            found.update(range(*match.span("unit")))
        for match in self.named.finditer(text):
            found.update(range(*match.span(match.lastgroup or 0)))
        return frozenset(found)


@lru_cache(maxsize=1)
def fences() -> Fences:
    """The shipped rules."""
    text = resources.files("wardscribe_lexicons").joinpath("zh/correction.toml").read_text(encoding="utf-8")
    values = tomllib.loads(text)
    words = {
        key: str(values[key]).split()
        for key in ("units", "name_cues", "titles", "surnames", "numeral_words", "opposites")
    }
    units, cues, titles, surnames = (
        "|".join(sorted(words[key], key=len, reverse=True)) for key in ("units", "name_cues", "titles", "surnames")
    )
    number = "[0-9" + "".join(sorted(NUMERALS)) + "]"
    name = f"(?:{surnames})[\u4e00-\u9fff]{{1,2}}"
    return Fences(
        re.compile(f"(?<={number})(?P<unit>{units})"),
        re.compile(
            f"(?:{cues})(?P<called>{name})(?=$|[^\u4e00-\u9fff]|男|女|因|{number})"
            f"|(?P<titled>(?:{surnames})[\u4e00-\u9fff]{{0,2}}?)(?={titles})"
        ),
        frozenset(words["numeral_words"]),
        frozenset(pair for one, other in map(tuple, words["opposites"]) for pair in ((one, other), (other, one))),
    )
