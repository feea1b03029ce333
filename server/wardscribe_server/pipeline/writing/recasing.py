"""Capitals and small letters on demand. Owns nothing but the change of case, which never changes a text's length."""

import re
from enum import Enum, auto

from wardscribe_server.pipeline.writing.draft import Draft

_FIRST = re.compile(r"(?<![\w'’])[a-z]")


class Case(Enum):
    """How letters are written."""

    TITLE = auto()  # the first letter of each word a capital
    UPPER = auto()
    LOWER = auto()


def recased(draft: Draft, case: Case, start: int = 0, end: int | None = None) -> Draft:
    """The draft with its characters `[start, end)` in `case`; letters that would change length stay."""
    stop = len(draft.text) if end is None else end
    text = draft.text[start:stop]
    match case:
        case Case.TITLE:
            changed = _FIRST.sub(lambda match: match.group().upper(), text)
        case Case.UPPER:
            changed = text.upper()
        case Case.LOWER:
            changed = text.lower()
    if len(changed) != len(text):
        return draft
    return Draft(draft.text[:start] + changed + draft.text[stop:], draft.first, draft.last, draft.words)
