"""未见 that was heard as 为见 or 位见: the same sound, and nothing that anybody says.

Owns the one exception to the rule that no correction writes a denial by itself; which characters, and what must follow,
is data (`zh/correction.toml`). Must not know how the rest of a line is corrected.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources

from wardscribe_server.lexicon.correction import Correction, apply

_DENIED = "未"


def with_denials(text: str, corrections: Sequence[Correction], *, upheld: bool = False) -> tuple[Correction, ...]:
    """`corrections` of `text`, and the denials of the line that the sure ones make, or all of them if `upheld`."""
    applied = tuple(one for one in corrections if upheld or not one.unsure)
    made = list(corrections)
    for match in reversed(list(_pattern().finditer(apply(text, applied).text))):
        place, within = _heard_at(match.start(), applied)
        if within is None:
            made = [one for one in made if not one.start <= place < one.end]
            made.append(Correction(text[place], _DENIED, "denial", 1.0, place, place + 1))
        else:
            written = within.written[:place] + _DENIED + within.written[place + 1 :]
            made[made.index(within)] = replace(within, written=written)
    return tuple(sorted(made, key=lambda correction: correction.start))


def _heard_at(place: int, applied: Sequence[Correction]) -> tuple[int, Correction | None]:
    """Where a character of the corrected line was heard: its place in the text, or in what a correction wrote."""
    shift = 0
    for correction in applied:
        start = correction.start + shift
        if place < start:
            break
        if place < start + len(correction.written):
            return place - start, correction
        shift += len(correction.written) - (correction.end - correction.start)
    return place - shift, None


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    text = resources.files("wardscribe_lexicons").joinpath("zh/correction.toml").read_text(encoding="utf-8")
    rules = tomllib.loads(text)["denials"]
    words = "".join(f"(?<!{word})" for word in rules["words"])
    return re.compile(f"[{rules['heard']}]{words}(?={'|'.join(rules['of'])})")
