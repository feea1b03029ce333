"""Spoken punctuation, with its traps, and the recogniser's own.

Owns when "period" or 分号 is a mark and when a word ("a period of time", "colon cancer", 部分号源), and whose marks
count: where the speaker says his own, the recogniser's go. It must not know units.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from functools import cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.draft import Draft, Edit
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, TEENS, TENS

_SPACE = r"[ \ue000]"
_OPENING = frozenset("([“《（")
BETWEEN_NUMBERS = "–"  # a hyphen after the numbers are read, so that "five hyphen ten" never becomes one number
_TIGHT = frozenset("/-" + BETWEEN_NUMBERS)
_RECOGNISED = re.compile(
    r"(?<=[\w%)°+’'”])(?<![ .][a-z])(?<!\b[A-Z])(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bvs)(?<!\b[ap]\.m)"
    r"[,.;:?!]+(?=[ \ue000\n]|$)"
)
_RECOGNISED_ZH = re.compile(r"[，。；：？！、]|(?<=[\u4e00-\u9fff])[,.;:?!]")
_PAIRS_ZH = {"括号": "（）", "括弧": "（）", "圆括号": "（）", "引号": "“”", "双引号": "“”", "书名号": "《》"}
_PAIR_ZH = re.compile(
    rf"(?<![左右前后大中小方花尖双圆反半])(?P<open>{either(_PAIRS_ZH)})(?P<words>(?:(?!括号|括弧|引号|书名号)[^，。；\n\ue000]){{1,20}})"
    r"(?<![左右前后])(?P<close>(?P=open))"
)
_PREVIOUS = re.compile(r"([\w'’%-]+)[ \ue000,.;:?!]*$")
_NEXT = re.compile(r"[ \ue000,.;:?!]*([\w'’-]+)")
_EARLIER = re.compile(r"[\w'’-]+")
_COUNTED = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|twenty|thirty|several|a|the)[ -]"
    r"(?:second|minute|hour|day|week|month|year)$",
    re.IGNORECASE,
)
_LOWER_START = re.compile(r"(?:^|(?<=[.?!][ \ue000])|(?<=\n))[a-z]")
_FALSE_START = re.compile(r"[,.;:?!]*[ \ue000](?P<first>[A-Z])(?=[a-z])(?!Mrs|Miss|Prof)")
_CAPITAL_AFTER_END = re.compile(r"[.?!] [A-Z]")
_SENTENCE_MARKS = {Language.EN: frozenset(".,"), Language.ZH: frozenset("。，")}


class _Utterances:
    """Which utterance a character of a draft was said in."""

    def __init__(self, draft: Draft, starts: Sequence[int]) -> None:
        self._draft = draft
        self._starts = starts

    def at(self, position: int) -> int:
        """Number of the utterance; that of the text before for a separator."""
        origins = self._draft.first
        while position > 0 and origins[position] < 0:
            position -= 1
        return max(0, bisect_right(self._starts, origins[position]) - 1)


def punctuated(draft: Draft, *, language: Language, starts: Sequence[int] = (0,)) -> Draft:
    """The draft with spoken marks written; `starts` are the first words of the utterances."""
    if language is Language.ZH:
        return _chinese(draft, starts)
    draft = draft.rewritten(_NONE, lambda match: f"{match[1]}ne ")
    cased_from = _cased_from(draft, starts)
    found = [match for match in _spoken(language).finditer(draft.text) if _is_mark(match)]
    if not found:
        return draft
    marks = _marks(language)
    edits = [_attached(match, _tight(match, marks[match["mark"].lower()])) for match in found]
    first = _Utterances(draft, starts).at(found[0].start("mark"))
    said = [match.start("mark") for match in found if marks[match["mark"].lower()] in _SENTENCE_MARKS[language]]
    edits += _dropped(_RECOGNISED, draft, edits, _dictated(said, _RECOGNISED, draft, starts), starts)
    edits += [edit for match in found if (edit := _lowered(match, marks[match["mark"].lower()])) is not None]
    draft = draft.edited(edits)
    draft = draft.rewritten(_DOUBLED, lambda match: match[1])
    if cased_from is None:
        return draft
    cased_from = max(cased_from, first)
    spoken_in = _Utterances(draft, starts)
    return draft.rewritten(
        _LOWER_START, lambda match: match.group().upper() if spoken_in.at(match.start()) >= cased_from else None
    )


def _cased_from(draft: Draft, starts: Sequence[int]) -> int | None:
    """The utterance from which on the recogniser is known to write sentences with capitals; None when it does not."""
    if draft.text[:1].isupper():
        return 0
    match = _CAPITAL_AFTER_END.search(draft.text)
    return _Utterances(draft, starts).at(match.end() - 1) if match else None


_NONE = re.compile(r"\b(no)n-(?=(?:period|comma)(?!\w))", re.IGNORECASE)  # how "none period" is heard
_DOUBLED = re.compile(r"([.,;:?!])[.,]+(?=[ \ue000\n]|$)")


@cache
def _marks(language: Language) -> Mapping[str, str]:
    return table(f"editing_{language}").mapping("marks")


@cache
def _spoken(language: Language) -> re.Pattern[str]:
    names = either(_marks(language))
    if language is Language.ZH:
        return re.compile(rf"(?:[，。；：？！、,]|\ue000)*(?P<mark>{names})(?P<after>[，。；：？！、,]*)")
    return re.compile(
        rf"(?P<lead>(?:[,.;:?!]*{_SPACE})|^|(?<=\n))(?P<mark>{names})(?![\w'’-])(?P<after>[,.;:?!]*)(?=(?P<gap>{_SPACE}?))",
        re.IGNORECASE,
    )


def _dictated(said: Sequence[int], recognised: re.Pattern[str], draft: Draft, starts: Sequence[int]) -> set[int]:
    """Utterances in which the speaker's own marks count and the recogniser's go.

    Decided for each utterance from it and those before it, never from later ones: a mark that the physician has read
    does not vanish because he begins to punctuate afterwards. He punctuates from where his commas and full stops are no
    rare ones among the recogniser's (one in five), and stops only when they are twice as rare.
    """
    if not said:
        return set()
    spoken_in = _Utterances(draft, starts)
    spoken, heard = Counter(map(spoken_in.at, said)), Counter[int]()
    for match in recognised.finditer(draft.text):
        heard[spoken_in.at(match.start())] += 1
    dictating, own, other = False, 0, 0
    found = set()
    for number in range(len(starts)):
        own, other = own + spoken[number], other + heard[number]
        dictating = own > 0 and (8 if dictating else 4) * own >= other
        if dictating:
            found.add(number)
    return found


def _lowered(match: re.Match[str], mark: str) -> Edit | None:
    """ "comma. No nodes": the recogniser took the pause for a sentence's end, the speaker's comma says it is none."""
    if mark not in {",", ";"} or "." not in match["after"]:
        return None
    start = _FALSE_START.match(match.string, match.end("mark"))
    return Edit(start.start("first"), start.end("first"), start["first"].lower()) if start else None


def _tight(match: re.Match[str], mark: str) -> str:
    """A dash inside a word ("follow dash up") stands without spaces; between two numbers it is no part of either."""
    if mark not in {" - ", "-"}:
        return mark
    before = _PREVIOUS.search(match.string, max(0, match.start() - 30), match.start())
    after = _NEXT.match(match.string, match.end("mark"))
    if before is None or after is None:
        return mark
    if _is_number(before[1]) and (_is_number(after[1]) or len(after[1]) == 1):
        return BETWEEN_NUMBERS
    return "-" if before[1].lower() in table("editing_en").lists("dash")["tight_after"] else mark


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word.lower() in {**DIGITS, **TEENS, **TENS}


def _attached(match: re.Match[str], mark: str) -> Edit:
    """The mark with its spaces: none before a closing one, none after an opening one."""
    lead = " " if match["lead"] else ""
    gap = " " if match["gap"] else ""
    end = match.end() + len(gap)
    if mark in _OPENING:
        return Edit(match.start(), end, lead + mark.replace("“", '"'))
    if mark in _TIGHT:
        return Edit(match.start(), end, mark)
    if mark == " - ":
        return Edit(match.start(), end, f"{lead}-{gap}")
    return Edit(match.start(), match.end(), mark.replace("”", '"'))


def _is_mark(match: re.Match[str]) -> bool:
    name = match["mark"].lower()
    text = match.string
    before = _PREVIOUS.search(text, max(0, match.start() - 30), match.start())
    after = _NEXT.match(text, match.end("mark"))
    previous = before[1].lower() if before and not _ended(text, match) else ""
    following = after[1].lower() if after and not match["after"] else ""
    if before and before[1] == "A" and before.start() > 0:
        previous = ""  # "specimen A comma": a name, no article
    traps = _traps()
    kind = {"semi colon": "", "forward slash": "slash", "full stop": "full_stop"}.get(name, name)
    if name == "colon":
        return _is_colon(previous, following)
    if f"before_{kind}" not in traps:
        return True
    if previous in traps[f"before_{kind}"] or following in traps.get(f"after_{kind}", frozenset()):
        return False
    return name != "period" or not _is_noun_period(text, match, previous)


def _ended(text: str, match: re.Match[str]) -> bool:
    """Whether the word before is no neighbour: a line break or a recognised full stop stands between."""
    return match.start() > 0 and text[match.start() - 1] == "\n"


@cache
def _traps() -> dict[str, frozenset[str]]:
    traps: dict[str, frozenset[str]] = {}
    for name in ("period", "full_stop", "comma", "colon", "dash", "slash", "hyphen", "quote"):
        for side, words in table("editing_en").lists(f"trap_{name}").items():
            traps[f"{side}_{name}"] = frozenset(words)
    return traps


def _is_noun_period(text: str, match: re.Match[str], previous: str) -> bool:
    """ "during the postoperative period", "a ten day period"."""
    window = text[max(0, match.start() - 40) : match.start()]
    if _COUNTED.search(window):
        return not re.search(r"\b(?:in|for|every|per) (?:a|one|the)[ -]\w+$", window, re.IGNORECASE)
    earlier = [found.group().lower() for found in _EARLIER.finditer(window)]
    while earlier and earlier[-1] in _traps()["adjectives_period"]:
        earlier.pop()
    return previous in _traps()["adjectives_period"] and bool(earlier) and earlier[-1] in _traps()["determiners_period"]


def _is_colon(previous: str, following: str) -> bool:
    """The mark after a heading, the bowel elsewhere: "impression colon colon cancer" has one of each."""
    traps = _traps()
    if following == "colon":
        return True
    if previous == "colon":
        return False
    if following in traps["after_colon"]:
        return False
    return bool(previous) and previous not in traps["before_colon"]


def _chinese(draft: Draft, starts: Sequence[int]) -> Draft:
    draft = draft.rewritten(_PAIR_ZH, _opened_and_closed)
    found = [match for match in _spoken(Language.ZH).finditer(draft.text) if _is_chinese_mark(match)]
    if not found:
        return draft
    marks = _marks(Language.ZH)
    edits = [Edit(match.start(), match.end(), marks[match["mark"]]) for match in found]
    said = [match.start("mark") for match in found if marks[match["mark"]] in _SENTENCE_MARKS[Language.ZH]]
    edits += _dropped(_RECOGNISED_ZH, draft, edits, _dictated(said, _RECOGNISED_ZH, draft, starts), starts)
    return draft.edited(edits)


def _dropped(
    pattern: re.Pattern[str], draft: Draft, written: Sequence[Edit], dictated: Container[int], starts: Sequence[int]
) -> list[Edit]:
    """The recognised marks of the `dictated` utterances go, those apart that a written mark already takes in."""
    taken = {position for edit in written for position in range(edit.start, edit.end)}
    spoken_in = _Utterances(draft, starts)
    return [
        Edit(match.start(), match.end(), "")
        for match in pattern.finditer(draft.text)
        if match.start() not in taken and spoken_in.at(match.start()) in dictated
    ]


def _opened_and_closed(match: re.Match[str]) -> list[Edit]:
    """括号待查括号: the name of a mark said twice around a few words opens and closes."""
    pair = _PAIRS_ZH[match["open"]]
    return [
        Edit(match.start("open"), match.end("open"), pair[0]),
        Edit(match.start("close"), match.end("close"), pair[1]),
    ]


def _is_chinese_mark(match: re.Match[str]) -> bool:
    barred = table("editing_zh").lists("mark_not")
    if match["mark"] not in barred["only"]:
        return True
    return not match.string[max(0, match.start("mark") - 3) : match.start("mark")].endswith(barred["before"])
