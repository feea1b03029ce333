"""Tokens of written text: words in English, single characters in Chinese, numbers and signs in both.

Owns where words begin and end. Must not know what they mean.
"""

import re
from dataclasses import dataclass

from wardscribe_server.pipeline.understanding.quantities import NUMBER

_TOKEN = re.compile(rf"\d+(?:st|nd|rd|th)\b|{NUMBER}|[A-Za-z][A-Za-z0-9]*(?:['’][A-Za-z]+)?|[^\s\-–‑]")


@dataclass(frozen=True, slots=True)
class Token:
    """Characters `[start, end)` of the text, folded for comparing; hyphens between words are no tokens."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether it is written in digits."""
        return self.text[0].isdigit()

    @property
    def is_word(self) -> bool:
        """Whether it is a word or an ideograph."""
        return self.text[0].isalpha()


def tokenise(text: str) -> tuple[Token, ...]:
    """Tokens of `text` in order; letters are lower case, typographic apostrophes plain."""
    blank = len(text) - len(text.lstrip(" "))  # a text whose beginning is left out
    return tuple(
        Token(match.group().lower().replace("’", "'"), match.start(), match.end())
        for match in _TOKEN.finditer(text, blank)
    )
