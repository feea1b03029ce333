"""Sentences that a pause has cut: a recogniser ends one wherever the speaker stops to think.

Owns which full stops may go. Whether the words go on is for the caller to judge; marks that were spoken and text that
was typed stay as they are.
"""

import re
from collections.abc import Callable, Iterator

from wardscribe_server.pipeline.writing.draft import MARK, PAUSE, Draft, Edit

Continued = Callable[[str, str], str | None]
"""Of the text before a full stop and the one behind it: the next word as the sentence would go on with it, or None."""

_END = re.compile(
    rf"(?<=[\w%)’'])(?<![ .{PAUSE}][A-Za-z])(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bvs)(?<!\b[ap]\.m)"
    rf"\.[ {PAUSE}](?=[A-Za-z0-9])"
)
_REACH = 80  # characters that are read on either side
_EDGE = re.compile(f"[\n{MARK}]")


def gone_on(draft: Draft, continued: Continued) -> Draft:
    """The draft without the recogniser's full stops inside a sentence."""
    return draft.edited(_edits(draft, continued))


def _edits(draft: Draft, continued: Continued) -> Iterator[Edit]:
    text = draft.text
    for match in _END.finditer(text):
        if draft.first[match.start()] < 0 or draft.words[draft.first[match.start()]].span is None:
            continue
        before = _EDGE.split(text[max(0, match.start() - _REACH) : match.start()])[-1]
        after = _EDGE.split(text[match.end() : match.end() + _REACH])[0]
        word = continued(before.replace(PAUSE, " "), after.replace(PAUSE, " "))
        if word is not None:
            yield Edit(match.start(), match.start() + 1, "")
            yield Edit(match.end(), match.end() + len(word), word)
