"""Clinical words that everyday words sound just like: "pick line", "tree and butt". No measure of sound can tell them.

Owns the look-up in the table of such phrases. Must not know what else a line may need.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

from wardscribe_lexicons.spoken import Token, tokens
from wardscribe_server.lexicon.correction import Correction

Phrases = Mapping[tuple[str, ...], str]


@cache
def phrases() -> Phrases:
    """What each heard phrase is written as."""
    table = resources.files("wardscribe_lexicons").joinpath("en/heard_as.txt").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {tuple(word.key for word in tokens(heard)): written for heard, written in rows}


def heard_as(text: str, words: Sequence[Token]) -> Iterator[Correction]:
    """The corrections of such phrases in `text`, whose words are `words`; the longest first where two begin."""
    known = phrases()
    longest = max(map(len, known))
    end = 0
    for at in range(len(words)):
        for size in range(min(longest, len(words) - at), 1, -1):
            part = words[at : at + size]
            written = known.get(tuple(word.key for word in part))
            if at < end or written is None or any(word.start - last.end != 1 for last, word in pairwise(part)):
                continue
            heard = text[part[0].start : part[-1].end]
            if part[0].after_stop and heard[0].isupper():
                written = written[0].upper() + written[1:]
            yield Correction(heard, written, "heard_as", 1.0, part[0].start, part[-1].end)
            end = at + size
