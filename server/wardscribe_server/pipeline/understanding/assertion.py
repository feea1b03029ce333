"""What is claimed of each mention: present, absent or possible, whose, and when.

A cue reaches along a list: over degree words, places and "or", to the end of the list and no further (after NegEx and
ConText, with lists in place of word windows). Owns the four axes. Must not know templates.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.english_mentions import is_content
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.values import Assertion, Certainty, Label, Presence, Subject, When

_LONGER = ("change", "pseudo", "hedged_before", "hedged_after", "heart_state", "cardiomegaly")
_PASSING = (
    "scope_filler",
    "severity",
    "laterality",
    "change",
    "list_link",
    "descriptor",
    "determiner",
    "place",
    "region",
    "prior",
    "existential",
)
_EN_REACH, _ZH_REACH = 7, 10
_LINKED_HEDGE = 2  # "is likely"
_SIGNS = frozenset(",，:：.。；;()（）")
_ZH_VESSEL = re.compile(r"(?:冠状动脉|冠脉|主动脉|肺动脉|甲状腺|胆囊壁|心影|肋骨|胸椎|脊柱|锁骨|双肾|右肾|左肾|脾脏)")
_LIST_REACH = 5
_LISTED_WORDS = 2


@dataclass(frozen=True, slots=True)
class _Scope:
    presence: Presence
    certainty: Certainty
    cue: Cue


def assert_all(reading: Reading, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The mentions with their assertions."""
    scopes: dict[int, _Scope] = {}
    for kind, presence, certainty in (
        ("negated_before", Presence.ABSENT, Certainty.CERTAIN),
        ("hedged_before", Presence.POSSIBLE, Certainty.HEDGED),
        ("conditional", Presence.POSSIBLE, Certainty.CONDITIONAL),
    ):
        for cue in reading.cues.of(kind):
            if not _is_part_of_longer(reading, cue, kind):
                for index in reached_by(reading, mentions, cue):
                    scopes[index] = _Scope(presence, certainty, cue)
    for kind, presence, certainty in (
        ("negated_after", Presence.ABSENT, Certainty.CERTAIN),
        ("hedged_after", Presence.POSSIBLE, Certainty.HEDGED),
    ):
        for cue in reading.cues.of(kind):
            forward = (
                _looks_forward(reading, cue) if kind == "negated_after" else _hedges_forward(reading, mentions, cue)
            )
            if not _is_part_of_longer(reading, cue, kind) and not forward and not _is_no_answer(reading, cue):
                for index in _reached_back(reading, mentions, cue):
                    scopes[index] = _Scope(presence, certainty, cue)
    for cue in reading.cues.of("hedged_between"):
        for index in _neighbours(reading, mentions, cue):
            scopes.setdefault(index, _Scope(Presence.POSSIBLE, Certainty.HEDGED, cue))
    return tuple(
        mention.having(assertion=_assertion(reading, mention, scopes.get(at))) for at, mention in enumerate(mentions)
    )


def _assertion(reading: Reading, mention: Mention, scope: _Scope | None) -> Assertion:
    clause = reading.clause_at(mention.start)
    family = any(cue.start < mention.start for cue in reading.cues.within("relation", clause.start, clause.end))
    past = next(
        (
            cue
            for cue in reading.cues.within("past", clause.start, clause.end)
            if cue.end <= mention.start or cue.start - mention.end <= 4
        ),
        None,
    )
    return Assertion(
        presence=scope.presence if scope else Presence.PRESENT,
        certainty=scope.certainty if scope else Certainty.CERTAIN,
        time=When.PAST if past is not None else When.NOW,
        subject=Subject.FAMILY if family else Subject.PATIENT,
        cue=(scope.cue.start, scope.cue.end) if scope else None,
    )


def _is_part_of_longer(reading: Reading, cue: Cue, kind: str) -> bool:
    """Whether the cue's words belong to a longer phrase that means something else ("no change", 不能除外)."""
    if reading.is_zh and cue.end - cue.start == 1 and reading.cues.covers("normal", cue.first) is not None:
        return True  # 脾不大: how the spleen is, and nothing of what follows
    for other_kind in _LONGER:
        if other_kind == kind:
            continue
        for token in range(cue.first, cue.last):
            other = reading.cues.covers(other_kind, token)
            if other is None or other.last - other.first <= cue.last - cue.first:
                continue
            if not any(cue.end == hit.start and hit.end > other.end for hit in reading.hits):  # 无尿 is none in 无尿频
                return other_kind != "heart_state" or _speaks_of_heart(reading, cue)
    return False


def _speaks_of_heart(reading: Reading, cue: Cue) -> bool:
    start, end = reading.sentence(reading.clause_at(cue.start).sentence)
    return bool(reading.cues.within("heart", start, end))


def _looks_forward(reading: Reading, cue: Cue) -> bool:
    """A word that negates both ways (未见) looks back only at the end of its stretch."""
    if reading.cues.covers("negated_before", cue.first) is None:
        return False
    return cue.last < len(reading.tokens) and reading.tokens[cue.last].text not in _SIGNS


def _answers(reading: Reading, cue: Cue) -> bool:
    return reading.text[cue.start : cue.end].lower() in ("none", "nil")


def _is_no_answer(reading: Reading, cue: Cue) -> bool:
    """ "Dizziness none": right behind what was asked about, and nothing after it; "none of them" is no answer."""
    if not _answers(reading, cue):
        return False
    following = reading.tokens[cue.last].text if cue.last < len(reading.tokens) else "."
    before = reading.tokens[cue.first - 1] if cue.first else None
    return following not in _SIGNS or before is None or not (before.is_word or before.text == ":")


def _hedges_forward(reading: Reading, mentions: Sequence[Mention], cue: Cue) -> bool:
    """ "A lesion, likely a cyst": the hedge is on what follows it."""
    if reading.is_zh:
        return False
    if reading.cues.covers("hedged_before", cue.first) is None:
        return cue.last - cue.first == _LINKED_HEDGE and _is_read_as(reading, replace(cue, first=cue.first + 1))
    return bool(reached_by(reading, mentions, cue)) or _is_read_as(reading, cue)


def _is_read_as(reading: Reading, cue: Cue) -> bool:
    """ "Opacities are likely infectious": they are there; what they mean is what is hedged."""
    verb = cue.first and reading.tokens[cue.first - 1].text in ("is", "are", "was", "were", "appear", "appears")
    return bool(verb) and cue.last < len(reading.tokens) and is_content(reading, cue.last)


def reached_by(reading: Reading, mentions: Sequence[Mention], cue: Cue) -> tuple[int, ...]:
    """Indices of the mentions on the list that follows `cue`."""
    position = cue.last
    reached: list[int] = []
    for index, mention in enumerate(mentions):
        if mention.end <= cue.end and (mention.start, mention.end) != (cue.start, cue.end):
            continue
        first = reading.token_at(mention.start)
        if first < position:
            if mention.start < cue.start and not (
                mention.manner in (Manner.STATE, Manner.NORMAL) and cue.end < mention.end
            ):
                continue
            first = position
        limit = _ZH_REACH if reading.is_zh else _EN_REACH
        listed = bool(reached) and first == position and _is_listed_bare(reading, cue, mention, mentions)
        if first - position > limit or not (
            listed or _is_passable(reading, position, first, is_first=not reached, mention=mention)
        ):
            break
        if reached and first == position and reading.is_zh and not mention.is_a(*mentions[reached[-1]].labels):
            break
        if reached and reading.is_zh and _has_own_place(mention, mentions[reached[-1]].end):
            break
        reached.append(index)
        position = reading.token_at(mention.end)
    return tuple(reached)


def _is_listed_bare(reading: Reading, cue: Cue, mention: Mention, mentions: Sequence[Mention]) -> bool:
    """未见结节 肿块及实变, with spaces for signs: what was looked for goes on while nothing but names is said."""
    if not (reading.is_zh and reading.text.startswith("未", cue.start)):
        return False
    clause = reading.clause_at(mention.start)
    if mention.manner is Manner.STATE or reading.cues.within("severity", clause.start, mention.end):
        return False
    return clause.soft and all(
        any(other.start <= token.start and token.end <= other.end for other in mentions)
        or token.text in _SIGNS
        or token.text == "、"
        or reading.cues.covers("list_link", reading.token_at(token.start)) is not None
        for token in reading.tokens_in(clause.start, clause.end)
    )


def _has_own_place(mention: Mention, after: int) -> bool:
    """无压痛右膝肿胀: a structure named anew after the last of the list begins a new statement."""
    place = mention.place or mention.inner_place
    return (place is not None and place.start == after) or (
        mention.start == after and _ZH_VESSEL.match(mention.name) is not None
    )


def _is_passable(reading: Reading, first: int, last: int, *, is_first: bool, mention: Mention) -> bool:
    """Whether a scope goes on over the tokens `[first, last)` to `mention`."""
    comma = False
    for index in range(first, last):
        token = reading.tokens[index]
        if token.text in ("，", ","):
            if is_first or reading.is_zh:
                return False
            comma = True
            continue
        if token.text in _SIGNS or _ends_scope(reading, index):
            return False
        if token.is_number and is_first and not reading.is_zh:
            continue
        if token.is_number and not is_first:
            return False
        if not _passes(reading, index):
            return False
    begun = reading.tokens[first - 1].end
    starts_clause = any(clause.soft for clause in reading.clauses_starting(begun, mention.start))
    if starts_clause and first > 0:
        return False
    if comma:
        return _continues_list(reading, reading.tokens[first].start, mention)
    if not (reading.is_zh or is_first) and _starts_anew(reading, first, last, mention):
        return False
    if reading.is_zh and not is_first and last > first:
        return any(
            reading.cues.covers("list_link", index) or reading.tokens[index].text == "、"
            for index in range(first, last)
        ) or all(
            reading.cues.covers("descriptor", index) or reading.cues.covers("place", index)
            for index in range(first, last)
        )
    return True


def _starts_anew(reading: Reading, first: int, last: int, mention: Mention) -> bool:
    """ "No effusion mild atelectasis": without a link, a degree, a change or a verb to come begins anew."""
    gap = range(first, last)
    linked = any(reading.cues.covers("list_link", index) for index in gap)
    listed = mention.is_a(Label.SYMPTOM) and len(mention.name.split()) <= _LISTED_WORDS
    if not (linked or listed or _is_linked_later(reading, mention)):
        return True
    if not linked and (mention.manner is Manner.STATE or _has_verb(reading, mention)):
        return True
    if not linked and any(reading.cues.covers(kind, index) for kind in ("state_abnormal", "organ") for index in gap):
        return True
    changes = [index for index in gap if reading.cues.covers("scope_filler", index) is None]
    return not linked and (
        any(reading.cues.covers("severity", index) for index in gap)
        or any(reading.cues.covers("change", index) for index in changes)
    )


def _is_linked_later(reading: Reading, mention: Mention) -> bool:
    """ "No infiltrate effusion or pneumothorax": an "or" still to come makes a list of what has no sign between."""
    at = reading.token_at(mention.end)
    for index in range(at, min(at + _LIST_REACH, len(reading.tokens))):
        if reading.tokens[index].text in ("or", "nor", "and"):
            return reading.tokens[index].text != "and"
        if reading.tokens[index].text in _SIGNS or _is_new_statement(reading, reading.tokens[index].start):
            return False
    return False


def _has_verb(reading: Reading, mention: Mention) -> bool:
    index = reading.token_at(mention.end)
    return index < len(reading.tokens) and reading.cues.covers("verb", index) is not None


def _ends_scope(reading: Reading, index: int) -> bool:
    if any(reading.cues.covers(kind, index) for kind in ("scope_end", "heading", "hedged_after")):
        return True
    return any(
        (cue := reading.cues.covers(kind, index)) is not None and cue.first == index
        for kind in ("negated_before", "hedged_before")
        if reading.cues.covers("scope_filler", index) is None
    )


def _passes(reading: Reading, index: int) -> bool:
    if any(reading.cues.covers(kind, index) for kind in _PASSING):
        return True
    if reading.tokens[index].text == "、":
        return True
    if reading.cues.covers("verb", index):
        return False
    if reading.is_zh:
        token = reading.tokens[index]
        return any(hit.start <= token.start and token.end <= hit.end for hit in reading.hits)
    return reading.tokens[index].is_word and reading.cues.covers("preposition", index) is None


def _continues_list(reading: Reading, comma: int, mention: Mention) -> bool:
    """After a comma the list goes on if an "or" is still to come, or the stretch holds nothing but the mention."""
    clause = reading.clause_at(mention.start)
    _, sentence_end = reading.sentence(clause.sentence)
    rest = reading.tokens_in(comma, sentence_end)
    for token in rest:
        if token.text in ("or", "nor"):
            return True
        if reading.cues.covers("scope_end", reading.token_at(token.start)) or _is_new_statement(reading, token.start):
            break
    within = [token for token in reading.tokens_in(comma, clause.end) if token.is_word]
    outside = [token for token in within if token.end <= mention.start or token.start >= mention.end]
    return all(token.text in ("and", "any") for token in outside) and not _says_how_much(reading, mention)


def _is_new_statement(reading: Reading, start: int) -> bool:
    index = reading.token_at(start)
    return any(
        reading.cues.covers(kind, index) for kind in ("negated_before", "verb", "severity", "existential", "heading")
    )


def _says_how_much(reading: Reading, mention: Mention) -> bool:
    return bool(reading.cues.within("severity", mention.zone, mention.start)) or mention.manner.name in (
        "STATE",
        "NORMAL",
    )


def _reached_back(reading: Reading, mentions: Sequence[Mention], cue: Cue) -> tuple[int, ...]:
    position = cue.first
    reached: list[int] = []
    for index in range(len(mentions) - 1, -1, -1):
        mention = mentions[index]
        if mention.start >= cue.start:
            continue
        if mention.end > cue.start:
            reached.append(index)
            position = reading.token_at(mention.start)
            continue
        last = reading.token_at(mention.end)
        between = reading.tokens[last:position]
        if len(between) > (6 if reading.is_zh else 8):
            break
        words = {token.text for token in between}
        if (words - {":"} if _answers(reading, cue) else words) & _SIGNS or any(
            _ends_scope(reading, at) for at in range(last, position)
        ):
            break
        if reached and not any(
            reading.cues.covers("list_link", at) or reading.tokens[at].text == "、" for at in range(last, position)
        ):
            break
        if (
            any(clause.soft for clause in reading.clauses_starting(mention.end, reading.tokens[position].start))
            and between
        ):
            break
        if not reached and not reading.is_zh and any(token.text in ("with", "and", "or") for token in between):
            break
        reached.append(index)
        position = reading.token_at(mention.zone)
    return tuple(reached)


def _neighbours(reading: Reading, mentions: Sequence[Mention], cue: Cue) -> tuple[int, ...]:
    sentence = reading.clause_at(cue.start).sentence
    same = [index for index, mention in enumerate(mentions) if reading.clause_at(mention.start).sentence == sentence]
    before = [index for index in same if mentions[index].end <= cue.start]
    after = [index for index in same if mentions[index].start >= cue.end]
    return (*before[-1:], *after[:1])
