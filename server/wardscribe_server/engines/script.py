"""Chinese script: Traditional characters to Simplified, whatever the recogniser emits."""

from functools import cache

import opencc


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """`text` in Simplified Chinese; everything else is left alone."""
    return str(_converter().convert(text))
