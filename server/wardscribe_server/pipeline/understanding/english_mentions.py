"""Findings, symptoms and diseases in English text: noun phrases around a term, a head noun or an ending, and states.

Owns the shape of an English mention. Must not know assertion, sections or templates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from wardscribe_lexicons import Term, TermClass
from wardscribe_protocol.record import Language
from wardscribe_server.lexicon.matcher import TermHit
from wardscribe_server.pipeline.understanding.cueing import Cue, cue_phrases, words_of
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.reading import Reading, has_class
from wardscribe_server.pipeline.values import Label

_CLASSES = {TermClass.FINDING: Label.FINDING, TermClass.SYMPTOM: Label.SYMPTOM, TermClass.DISEASE: Label.DISEASE}
_OTHER = (TermClass.DRUG, TermClass.TEST, TermClass.PROCEDURE, TermClass.DEVICE, TermClass.UNIT)
_STOPPERS = (
    "negated_before",
    "negated_after",
    "hedged_before",
    "hedged_after",
    "change",
    "severity",
    "laterality",
    "size_word",
    "vital",
    "heading",
    "existential",
    "frequency",
    "dose_unit",
    "relation",
    "device",
    "view",
    "lab_value_word",
    "sex",
    "title",
    "state_normal",
    "state_abnormal",
)
_DESCRIPTION_REACH = 4
_AND_IS = 2
_FEWEST_SHARED = 2
_ORDINALS = frozenset(("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"))
_LINKING = frozenset(("is", "are", "was", "were", "appears", "appear", "remains", "look", "looks", "both", "all"))


@dataclass(frozen=True, slots=True)
class _Seed:
    first: int
    last: int
    labels: tuple[Label, ...]
    term: Term | None


def english_mentions(reading: Reading, places: tuple[Place, ...]) -> tuple[Mention, ...]:
    """Mentions of the text in order, not overlapping."""
    seeds = _seeds(reading)
    mentions = list(_phrases(reading, seeds, places))
    mentions += [other for mention in mentions for other in _sharing_head(reading, mention)]
    states = list(_states(reading))
    signs = [state for state in states if _is_sign(reading, state) or _is_of_structure(reading, state)]
    mentions = [
        mention
        for mention in mentions
        if not any(sign.start <= mention.start and mention.end <= sign.end for sign in signs)
    ]
    taken = [(mention.start, mention.end) for mention in mentions]
    for state in states:
        if not any(start < state.end and state.start < end for start, end in taken):
            mentions.append(state)
            taken.append((state.start, state.end))
    return tuple(sorted(mentions, key=lambda mention: mention.start))


def _sharing_head(reading: Reading, mention: Mention) -> Iterator[Mention]:
    """ "Pleural or pericardial effusion" is two: what stands before "or" shares the noun after it."""
    at = reading.token_at(mention.start)
    words = mention.name.split()
    if len(words) < _FEWEST_SHARED or words[-1] not in _shared_heads().get(reading.tokens[at].text, ()):
        return
    while at >= _FEWEST_SHARED and reading.tokens[at - 1].text in ("or", "and", "nor", ",", "/"):
        step = 2 if reading.tokens[at - 1].text in ("or", "and", "nor") and reading.tokens[at - 2].text == "," else 1
        at -= step + 1
        token = reading.tokens[at]
        if words[-1] not in _shared_heads().get(token.text, ()):
            return
        name = " ".join((token.text, *words[1:]))
        yield Mention(token.start, token.end, name, mention.labels, zone=token.start)


@cache
def _shared_heads() -> dict[str, set[str]]:
    """The nouns that each word before them may share with another."""
    found: dict[str, set[str]] = {}
    for phrase, kind, value in cue_phrases(Language.EN):
        if kind == "shared_head":
            found.setdefault(phrase, set()).add(value)
    return found


def _is_sign(reading: Reading, state: Mention) -> bool:
    return state.manner is Manner.STATE and bool(reading.cues.within("sign", state.start, state.end))


def _is_of_structure(reading: Reading, state: Mention) -> bool:
    """ "Wound clean": how the wound is, not that there is one."""
    cue = reading.cues.first("structure", state.start, state.end)
    return cue is not None and cue.start == state.start


def _seeds(reading: Reading) -> dict[int, _Seed]:
    """Seeds by first token, longest first reading."""
    seeds: dict[int, _Seed] = {}
    for hit in reading.hits:
        if hit.nested:
            continue
        labels = tuple(
            dict.fromkeys(_CLASSES[term.term_class] for term in (hit.term, *hit.also) if term.term_class in _CLASSES)
        )
        if labels and not _is_function(reading, hit):
            first, last = reading.token_at(hit.start), reading.token_at(hit.end)
            seeds[first] = _Seed(first, last, labels, hit.term)
    taken = {index for seed in seeds.values() for index in range(seed.first, seed.last)}
    taken |= {
        index
        for hit in reading.hits
        if not hit.nested and has_class(hit, *_OTHER)
        for index in range(reading.token_at(hit.start), reading.token_at(hit.end))
    }
    for first, (last, found) in _headed(reading).items():
        if not any(at in taken or _says_else(reading, at) for at in range(first, last)):
            seeds[first] = _Seed(first, last, found, None)
    return seeds


def _is_function(reading: Reading, hit: TermHit) -> bool:
    """Terms that here only say how something is: a change or a state word alone."""
    return any(
        cue.start <= hit.start and hit.end <= cue.end and (cue.end - cue.start) >= (hit.end - hit.start)
        for kind in (
            "change",
            "negated_before",
            "heart_state",
            "vital",
            "heading",
            "frequency",
            "state_normal",
            "state_abnormal",
        )
        for cue in reading.cues.within(kind, hit.start - 12, hit.end + 12)
    )


def _says_else(reading: Reading, index: int) -> bool:
    return any(reading.cues.covers(kind, index) for kind in ("change", "heading", "vital"))


def _headed(reading: Reading) -> dict[int, tuple[int, tuple[Label, ...]]]:
    found: dict[int, tuple[int, tuple[Label, ...]]] = {}
    for label in (Label.SYMPTOM, Label.FINDING, Label.DISEASE):
        for cue in reading.cues.of(f"head_{label.value}"):
            last, labels = found.get(cue.first, (cue.last, ()))
            found[cue.first] = (max(last, cue.last), (*labels, label))
    for cue in reading.cues.of("head_described"):
        if _description(reading, cue.first) is not None or _is_followed(reading, cue):
            found.setdefault(cue.first, (cue.last, (Label.FINDING,)))
    endings = tuple(words_of(Language.EN, "ending"))
    for index, token in enumerate(reading.tokens):
        if index not in found and len(token.text) > 7 and token.text.endswith(endings):
            found[index] = (index + 1, (Label.DISEASE, Label.FINDING))
    return found


def _description(reading: Reading, index: int) -> Cue | None:
    """What is said before such a noun: "enlarged right paratracheal lymph node"."""
    start = reading.clause_at(reading.tokens[index].start).start
    cues = reading.cues.within("description", start, reading.tokens[index].start)
    if not cues or index - cues[-1].last > _DESCRIPTION_REACH:
        return None
    between = reading.tokens[cues[-1].last : index]
    return cues[-1] if all(token.is_word or token.is_number for token in between) else None


def _is_followed(reading: Reading, cue: Cue) -> bool:
    """A node of which a change is told: "left hilar lymph node is unchanged"."""
    linked = cue.last < len(reading.tokens) and reading.tokens[cue.last].text in _LINKING | {"has", "have"}
    after = reading.cues.covers("change", cue.last + 1) if linked and cue.last + 1 < len(reading.tokens) else None
    return cue.value == "node" and after is not None and after.first == cue.last + 1


def is_content(reading: Reading, index: int) -> bool:
    """Whether the token may stand inside a noun phrase: no sign, number, small word or cue."""
    token = reading.tokens[index]
    if (
        not token.is_word
        or token.text in _ORDINALS
        or reading.cues.covers("verb", index)
        or reading.cues.covers("determiner", index)
        or reading.cues.covers("number_word", index)
    ):
        return False
    if reading.cues.covers("preposition", index) or reading.cues.covers("period", index):
        return False
    return not any(reading.cues.covers(kind, index) for kind in _STOPPERS)


def _adjoins(reading: Reading, index: int) -> bool:
    """Whether token `index` and the next stand in one phrase: only space or a hyphen between."""
    end, start = reading.tokens[index].end, reading.tokens[index + 1].start
    one = reading.clause_at(end - 1).sentence == reading.clause_at(start).sentence
    return one and not reading.text[end:start].strip(" -–")


def _phrases(reading: Reading, seeds: dict[int, _Seed], places: tuple[Place, ...]) -> Iterator[Mention]:
    ordered = sorted(seeds.values(), key=lambda seed: seed.first)
    groups: list[list[_Seed]] = []
    for seed in ordered:
        if groups and seed.first < groups[-1][-1].last:
            continue
        if groups and _same_phrase(reading, groups[-1], seed):
            groups[-1].append(seed)
        else:
            groups.append([seed])
    reached = 0
    for group in groups:
        first, last = group[0].first, group[-1].last
        while (
            first > reached
            and is_content(reading, first - 1)
            and _adjoins(reading, first - 1)
            and not _other_term(reading, first - 1)
        ):
            first -= 1
        reached = last
        first = _with_chamber_side(reading, first)
        yield _mention(reading, group, first, last, places)


def _other_term(reading: Reading, index: int) -> bool:
    token = reading.tokens[index]
    return any(
        not hit.nested and has_class(hit, *_OTHER) and not has_class(hit, TermClass.ANATOMY)
        for hit in reading.hits_over(token.start, token.end)
    )


def _same_phrase(reading: Reading, group: list[_Seed], seed: _Seed) -> bool:
    last = group[-1].last
    words = [token.text for token in reading.tokens[last : seed.first]]
    head = reading.tokens[group[-1].last - 1].text
    if words in (["of"], ["of", "the"]) and head in words_of(Language.EN, "of_head"):
        return True
    if any(not (is_content(reading, index) and _adjoins(reading, index)) for index in range(last, seed.first)):
        return False
    if not _adjoins(reading, last - 1):
        return False
    own = reading.tokens[seed.first].text
    if own in words_of(Language.EN, "plain_head") and head in words_of(Language.EN, "plain_head"):
        return False  # an infiltrate and an effusion: two findings said one after the other
    if seed.term is None or group[-1].term is None or own in words_of(Language.EN, "generic_head"):
        return True
    return not any(label in group[-1].labels and label in seed.labels for label in (Label.SYMPTOM, Label.FINDING))


def _mention(reading: Reading, group: list[_Seed], first: int, last: int, places: tuple[Place, ...]) -> Mention:
    start, end = reading.tokens[first].start, reading.tokens[last - 1].end
    head = group[-1]
    inner = next(
        (
            place
            for place in places
            if place.start <= start and start <= place.bare and place.end < end and place.region
        ),
        None,
    ) or next((place for place in places if place.region and place.bare >= start and place.end < end), None)
    labels = head.labels
    if len(group) > 1 and any(Label.DISEASE in seed.labels for seed in group):
        labels = tuple(dict.fromkeys((Label.DISEASE, *labels)))
    if inner is not None and inner.end >= end:
        inner = None
    at_front = inner is not None and inner.bare <= start < inner.end and Label.FINDING in labels
    if len(group) == 1 and head.term is not None and first == head.first and not at_front:
        name = _spoken_name(reading, start, end, head.term)
    else:
        begin = start
        if inner is not None and Label.FINDING in labels:
            begin = _after(reading, inner.end, start)
        name = plain_name(reading.text[begin:end])
    description = _description(reading, head.first) if reading.cues.covers("head_described", head.first) else None
    if description is not None and description.end <= start:
        name = f"{plain_name(reading.text[description.start : description.end])} {name}"
    state_name = next(
        (cue.value for cue in reading.cues.within("state_name", start, end) if (cue.start, cue.end) == (start, end)), ""
    )
    if reading.text[max(0, start - 12) : start].lower().endswith(("episodes of ", "episode of ", "attacks of ")):
        labels = tuple(dict.fromkeys((Label.SYMPTOM, *labels)))
    return Mention(start, end, state_name or name, labels, zone=start, inner_place=inner)


def _after(reading: Reading, end: int, start: int) -> int:
    index = reading.token_at(max(end, start))
    return reading.tokens[index].start


def _spoken_name(reading: Reading, start: int, end: int, term: Term) -> str:
    """The lexicon's form where it is the words said, number and capitals apart; else the words said."""
    said = plain_name(reading.text[start:end])
    same = _bare(term.preferred) == _bare(said) or term.case_exact
    return term.preferred if same else said


def _bare(name: str) -> str:
    return name.lower().replace("-", " ").rstrip("s")


def plain_name(text: str) -> str:
    """A name in lower case; words in capitals (COPD, ACL) keep them."""
    return " ".join(
        word if sum(char.isupper() for char in word) > 1 or any(char.isdigit() for char in word) else word.lower()
        for word in text.split()
    )


def _states(reading: Reading) -> Iterator[Mention]:
    for kind, manner in (("state_abnormal", Manner.STATE), ("state_normal", Manner.NORMAL)):
        for cue in reading.cues.of(kind):
            mention = _state(reading, cue.first, cue.last, manner)
            if mention is not None:
                yield mention


def _state(reading: Reading, first: int, last: int, manner: Manner) -> Mention | None:
    """A structure before its state ("tonsils are enlarged"), or after it ("enlarged tonsils")."""
    index = first
    while index > 0 and _may_stand_between(reading, index - 1):
        index -= 1
    end = index
    while (
        index > 0
        and is_content(reading, index - 1)
        and end - index < 4
        and (index == end or _adjoins(reading, index - 1))
        and not _other_term(reading, index - 1)
        and not (index < end and reading.cues.covers("head_described", index - 1) is not None)
    ):
        index -= 1
        organ = reading.cues.covers("organ", index)
        if organ is not None and organ.first == index and index and reading.cues.covers("head_finding", index - 1):
            break
    state = reading.text[reading.tokens[first].start : reading.tokens[last - 1].end].lower()
    state_name = next((cue.value for cue in reading.cues.of("state_name") if cue.first == first), "")
    if index < end and _is_one_statement(reading, index, end, first, manner):
        index = _with_chamber_side(reading, index)
        subject = plain_name(reading.text[reading.tokens[index].start : reading.tokens[end - 1].end])
        if state_name == "distension":
            subject = "abdominal" if subject == "abdomen" else subject
        name = (
            f"{subject} {state_name}"
            if state_name == "distension"
            else f"{state_name} {subject}"
            if state_name and state_name != "tenderness" and state_name != "hyperinflation"
            else (state_name or f"{subject} {state}")
        )
        return Mention(
            reading.tokens[index].start,
            reading.tokens[last - 1].end,
            name,
            (Label.FINDING,),
            manner,
            reading.tokens[index].start,
        )
    if index == end and state_name == "tenderness" and last < len(reading.tokens) and _leads_to_place(reading, last):
        start, stop = reading.tokens[first].start, reading.tokens[last - 1].end
        return Mention(start, stop, state_name, (Label.FINDING,), manner, start)
    if index == end and manner is Manner.STATE and (topic := _topic_of(reading, first)) is not None:
        start = reading.tokens[first].start
        return Mention(start, reading.tokens[last - 1].end, f"{topic} {state}", (Label.FINDING,), manner, start)
    after = last
    while (
        after < len(reading.tokens) and is_content(reading, after) and after - last < 3 and _adjoins(reading, after - 1)
    ):
        after += 1
    if after > last and (manner is Manner.STATE or state == "intact") and _is_anatomy(reading, last, after):
        start, stop = reading.tokens[first].start, reading.tokens[after - 1].end
        return Mention(start, stop, plain_name(reading.text[start:stop]), (Label.FINDING,), manner, start)
    return None


def _leads_to_place(reading: Reading, index: int) -> bool:
    """ "Tender over the greater trochanter": what is tender comes after."""
    return reading.tokens[index].text in ("over", "along")


_CHAMBERS = ("ventric", "atri", "heart")


def _with_chamber_side(reading: Reading, index: int) -> int:
    """The right ventricle is a structure of its own: its side stays in the name."""
    sided = index > 0 and reading.tokens[index - 1].text in ("left", "right")
    return index - 1 if sided and reading.tokens[index].text.startswith(_CHAMBERS) else index


def _topic_of(reading: Reading, first: int) -> str | None:
    """ "The liver measures 15 cm and is coarse": the structure that begins the sentence, before "and is"."""
    if first < _AND_IS or [token.text for token in reading.tokens[first - _AND_IS : first]] not in (
        ["and", "is"],
        ["and", "are"],
        ["and", "appears"],
    ):
        return None
    start, _ = reading.sentence(reading.clause_at(reading.tokens[first].start).sentence)
    hits = [hit for hit in reading.hits_in(start, reading.tokens[first].start, TermClass.ANATOMY) if not hit.nested]
    if not hits or any(token.text != "the" for token in reading.tokens_in(start, hits[0].start)):
        return None
    return plain_name(hits[0].surface)


def _is_one_statement(reading: Reading, index: int, end: int, first: int, manner: Manner) -> bool:
    """Structure and state stand in one clause; "spleen: enlarged" is one too."""
    if reading.clause_at(reading.tokens[index].start) == reading.clause_at(reading.tokens[first].start):
        return not any(token.text == ":" for token in reading.tokens[end:first])
    colon = [token.text for token in reading.tokens[end:first] if not token.is_word] == [":"]
    return colon and manner is Manner.STATE and _is_anatomy(reading, index, end)


def _may_stand_between(reading: Reading, index: int) -> bool:
    token = reading.tokens[index]
    return (
        token.text == ":"
        or token.text in _LINKING
        or token.text in ("not", "non")
        or reading.cues.covers("severity", index) is not None
    )


def _is_anatomy(reading: Reading, first: int, last: int) -> bool:
    start, end = reading.tokens[first].start, reading.tokens[last - 1].end
    return bool(reading.hits_in(start, end, TermClass.ANATOMY))
