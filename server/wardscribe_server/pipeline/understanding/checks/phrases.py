"""Looking words up in short texts: whole words in English, characters in Chinese.

Owns where a word counts as said, what stands around a name, and on which side a text puts it. Must not know records.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.checks.rules import load_rules

_CLAUSE = {
    Language.EN: re.compile(r"[,;]|\.(?!\d)|\b(?:but|and|with)\b|\n"),
    Language.ZH: re.compile(r"[，；。、,;\n和及伴与]"),
}
_SENTENCE = {Language.EN: re.compile(r"[;\n]|\.(?!\d)|\b(?:but|with)\b|,"), Language.ZH: re.compile(r"[，；。,;\n]")}


@lru_cache(maxsize=512)
def _pattern(phrases: tuple[str, ...], language: Language) -> re.Pattern[str]:
    words = "|".join(re.escape(_plain(phrase)) for phrase in sorted(phrases, key=len, reverse=True))
    if language is Language.EN:
        return re.compile(rf"(?<![\w])(?:{words})(?![\w])" if words else r"(?!)")
    # Latin words inside Chinese ("CT") are whole words too
    return re.compile(rf"(?:{words})" if words else r"(?!)")


def _plain(text: str) -> str:
    """Folded for comparing; the length stays."""
    return text.lower().replace("-", " ").replace("–", " ")


def has(text: str, phrases: tuple[str, ...], language: Language) -> bool:
    """Whether any of the phrases is said."""
    return _pattern(phrases, language).search(_plain(text)) is not None


def found(text: str, phrases: tuple[str, ...], language: Language) -> Iterator[re.Match[str]]:
    """Where the phrases are said."""
    return _pattern(phrases, language).finditer(_plain(text))


def ends_with(text: str, phrases: tuple[str, ...], language: Language) -> bool:
    """Whether the text ends with one of the phrases."""
    plain = _plain(text).rstrip(" ")
    return any(match.end() == len(plain) for match in found(plain, phrases, language))


def sides_in(text: str, language: Language) -> frozenset[str]:
    """Sides that a text names."""
    words = load_rules().sides[language].side
    return frozenset(side for side, phrases in words.items() if has(text, phrases, language))


def sides_about(text: str, name: str, language: Language) -> frozenset[str]:
    """Sides that a text gives to what it calls `name`: in the same clause, else in the last one before that has any."""
    plain = _plain(text)
    sides: frozenset[str] = frozenset()
    for match in found(text, (name,), language):
        here = sides_in(_clause(plain, match.start(), match.end(), language), language)
        if not here:
            before = [clause for clause in _CLAUSE[language].split(plain[: match.start()]) if clause]
            here = next((said for clause in reversed(before) if (said := sides_in(clause, language))), here)
        sides |= here
    return sides


def _clause(plain: str, start: int, end: int, language: Language) -> str:
    begins = [match.end() for match in _CLAUSE[language].finditer(plain, 0, start)]
    stops = _CLAUSE[language].search(plain, end)
    return plain[begins[-1] if begins else 0 : stops.start() if stops else len(plain)]


def said_of(text: str, name: str, language: Language) -> tuple[str, str]:
    """What stands before and behind the first `name` of a text, within its sentence; nothing when it is not there."""
    match = next(found(text, (name,), language), None)
    if match is None:
        return "", ""
    plain = _plain(text)
    begins = [sign.end() for sign in _SENTENCE[language].finditer(plain, 0, match.start())]
    stops = _SENTENCE[language].search(plain, match.end())
    return plain[begins[-1] if begins else 0 : match.start()], plain[
        match.end() : stops.start() if stops else len(plain)
    ]


def denied(text: str, name: str, language: Language) -> bool:
    """Whether the text says that `name` is not there."""
    words = load_rules().sides[language].denies
    before, after = said_of(text, name, language)
    return has(before, words.before, language) or has(after, words.after, language)


def hedged(text: str, name: str, language: Language) -> bool:
    """Whether the text leaves open that `name` is there, or speaks of another one."""
    words = load_rules().sides[language].denies
    before, after = said_of(text, name, language)
    return has(f"{before} {after}", (*words.hedges, *words.others), language)
