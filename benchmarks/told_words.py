"""Whether what a client was told word by word is what stands in the end."""

from itertools import accumulate

from wardscribe_server.pipeline.second_pass import HEARD_AGAIN

_MOST_STEPS = 50_000  # of a search that finds its way in a few hundred


def words_told_are(raw: str, messages: list[dict]) -> bool:
    """Whether the committed words, with what later hearings said of them, are these.

    Letters and digits are compared: a later hearing may set other punctuation, which is no other word. A correction
    names its segment and what it replaces, and not where; of the places that it can mean, behind those of earlier
    segments and before those of later ones, one must lead to `raw`.
    """
    commits = [message["words"] for message in messages if message["type"] == "commit"]
    committed = "".join(_letters(word["text"]) for words in commits for word in words)
    corrections = [
        (message["segment"], _letters(one["heard"]), _letters(one["written"]))
        for message in messages
        if message["type"] == "final"
        for one in message.get("corrections", [])
        if one["why"] == HEARD_AGAIN and _letters(one["heard"]) != _letters(one["written"])
    ]
    return _Reading(_letters(raw), corrections).leads_from(committed)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


class _Reading:
    """The search for the places of all corrections, likeliest first."""

    def __init__(self, raw: str, corrections: list[tuple[int, str, str]]) -> None:
        self._raw = raw
        self._corrections = corrections
        # Nothing before the first segment that is still to be corrected changes any more.
        first = list(accumulate((segment for segment, _, _ in reversed(corrections)), min))[::-1]
        self._first_left = [*first, None]
        self._seen: set[tuple[int, str, tuple[tuple[int, int, int], ...]]] = set()

    def leads_from(self, text: str, number: int = 0, placed: tuple[tuple[int, int, int], ...] = ()) -> bool:
        """Whether the corrections from `number` on can make it of `text`; `placed` are (segment, start, end) before."""
        first_left = self._first_left[number]
        if first_left is None:
            return text == self._raw
        stands = max((end for segment, _, end in placed if segment < first_left), default=0)
        state = (number, text, placed)
        if text[:stands] != self._raw[:stands] or state in self._seen or len(self._seen) > _MOST_STEPS:
            return False
        self._seen.add(state)
        segment, heard, written = self._corrections[number]
        longer = len(written) - len(heard)
        return any(
            self.leads_from(
                text[:at] + written + text[at + len(heard) :],
                number + 1,
                (*(_moved(one, at, longer) for one in placed), (segment, at, at + len(written))),
            )
            for at in _places(text, segment, heard, placed)
        )


def _places(text: str, segment: int, heard: str, placed: tuple[tuple[int, int, int], ...]) -> list[int]:
    """Where a correction may be meant: each time that it is heard, a segment is corrected from its beginning on."""
    lowest = max((end for other, _, end in placed if other < segment), default=0)
    highest = min((start for other, start, _ in placed if other > segment), default=len(text))
    before = [end for other, _, end in placed if other == segment]
    found = [at for at in range(lowest, highest - len(heard) + 1) if text.startswith(heard, at)]
    return sorted(found, key=lambda at: (bool(before) and at < before[-1], at))


def _moved(place: tuple[int, int, int], at: int, longer: int) -> tuple[int, int, int]:
    segment, start, end = place
    return segment, start + longer * (start > at), end + longer * (end > at)
