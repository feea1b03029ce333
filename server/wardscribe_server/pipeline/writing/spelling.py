"""Words said letter by letter: "cap s m i t h", "sierra mike", 弓长张, 伟大的伟.

Owns reading letters; None for anything that is not letters from beginning to end. It must not know when the speaker
spells.
"""

import re
from functools import cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.grammar import either, table

_LEAST = 2  # one letter alone is an article or a name for something


def spelled(said: str, *, language: Language) -> str | None:
    """The word that the letters of `said` make, or None."""
    return _chinese(said) if language is Language.ZH else _english(said)


def _english(said: str) -> str | None:
    grammar = table("editing_en")
    letters, counts = grammar.mapping("letters"), grammar.mapping("counts")
    cap_cues, double = grammar.lists("spelling")["capital"], grammar.lists("spelling")["double"]
    word, capital, twice, units = "", False, False, 0
    for token in re.findall(r"[\w'-]+", said.lower()):
        if token in cap_cues:
            capital = True
            continue
        if token in double:
            twice = True
            continue
        letter = token if re.fullmatch(r"[a-z\d]", token) else letters.get(token) or counts.get(token)
        if letter is None and re.fullmatch(r"(?:[a-z\d]-)+[a-z\d]", token):
            letter = token.replace("-", "")
            units += len(letter) - 1
        if letter is None:
            return None
        word += (letter.upper() if capital else letter) * (2 if twice else 1)
        units += 1
        capital = twice = False
    return word if units >= _LEAST and not capital and not twice else None


def _chinese(said: str) -> str | None:
    """Each character by its parts (弓长张) or by a word that it is in (伟大的伟); Latin letters as they are."""
    said = re.sub(r"[\s，。、]+", "", said)
    word, position = "", 0
    while position < len(said):
        match = _unit().match(said, position)
        if match is None:
            return None
        if match["parts"]:
            word += match["parts"][-1]
        elif match["latin"]:
            word += match["latin"].upper()
        else:
            word += match["char"]
        position = match.end()
    return word or None


@cache
def _unit() -> re.Pattern[str]:
    parts = either(table("editing_zh").lists("spelling")["parts"])
    return re.compile(
        rf"(?P<parts>{parts})|(?P<latin>[A-Za-z])|"
        r"(?=[\u4e00-\u9fff]{0,3}(?P<char>[\u4e00-\u9fff])[\u4e00-\u9fff]{0,3}的(?P=char))[\u4e00-\u9fff]{1,4}?的(?P=char)"
    )
