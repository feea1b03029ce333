"""Findings, symptoms and diseases in Chinese text: a head with the descriptions before it, a structure with its state.

Owns the shape of a Chinese mention. Must not know assertion, sections or templates.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wardscribe_lexicons import TermClass
from wardscribe_protocol.record import Language
from wardscribe_server.lexicon.matcher import TermHit
from wardscribe_server.pipeline.understanding.cueing import Cue, words_of
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.values import Label

_CLASSES = {TermClass.FINDING: Label.FINDING, TermClass.SYMPTOM: Label.SYMPTOM, TermClass.DISEASE: Label.DISEASE}
_FLUID = {"积液": ("胸腔", "心包", "盆腔", "腹腔", "关节", "鞘膜"), "积气": ("胸腔", "腹腔"), "肿大淋巴结": ()}
_OPERATED = re.compile(r"(?:^|(?<=[，。；、\s：]))(?:患者|因|行)?[左右双]?侧?([\u4e00-\u9fff]{2,12}?术后)")
_HEADS = ("head_finding", "head_disease", "head_symptom", "state_abnormal")
_DENIAL_REACH = 6
_LONGEST_CUE = 60  # characters; no phrase of the cue files is longer
_TYPED = re.compile(r"(?:[1-4]|[ⅠⅡⅢⅣ]|I{1,3}|IV|[一二三四])型$")
_SHOWN_NODE = re.compile(
    r"(?:见|探及|及)(?:一|数|多|\d)?[枚个颗]?(?:异常|可疑)?(?P<node>淋巴结)[，,]?(?:大小)?约?(?=\d)"
)
_NOT_SORE = re.compile(r"(?P<place>胸|腹|头|腰|咽|肚子|嗓子|伤口|切口|关节|腿|牙)不(?:怎么)?[痛疼]了?")
_GROWTHS = ("腺癌", "鳞癌", "小细胞癌", "转移癌", "肉瘤", "淋巴瘤", "癌")
_TEST_SIGNS = ("征", "试验", "反射")


@dataclass(frozen=True, slots=True)
class _Seed:
    start: int
    end: int
    labels: tuple[Label, ...]
    preferred: str


def chinese_mentions(reading: Reading, places: tuple[Place, ...]) -> tuple[Mention, ...]:
    """Mentions of the text in order, not overlapping."""
    seeds = _seeds(reading)
    phrases = [_phrase(reading, seed, places, seeds) for seed in seeds]
    mentions: list[Mention] = []
    for mention in phrases:
        if mention is not None and not (mentions and mention.start < mentions[-1].end):
            mentions.append(mention)
    mentions += [
        Mention(*match.span(), f"{match['place']}痛", (Label.SYMPTOM,), Manner.STATE, match.start())
        for match in _NOT_SORE.finditer(reading.text)
    ]
    taken = [(mention.start, mention.end) for mention in mentions]
    for state in _states(reading, places):
        if not any(start < state.end and state.start < end for start, end in taken):
            mentions.append(state)
            taken.append((state.start, state.end))
    return tuple(sorted(mentions, key=lambda mention: mention.start))


def _seeds(reading: Reading) -> tuple[_Seed, ...]:
    found: list[_Seed] = []
    blocked: list[tuple[int, int]] = []
    for hit in reading.hits:
        if hit.nested:
            continue
        labels = tuple(
            dict.fromkeys(_CLASSES[term.term_class] for term in (hit.term, *hit.also) if term.term_class in _CLASSES)
        )
        if labels and not _is_function(reading, hit.start, hit.end):
            shorter = _before_history_word(reading, hit)
            if shorter is not None:
                hit = shorter
            found += _parts(reading, hit) or [_Seed(hit.start, hit.end, labels, _form(hit, labels))]
        elif hit.term.term_class in (TermClass.DRUG, TermClass.TEST, TermClass.PROCEDURE, TermClass.DEVICE):
            blocked.append((hit.start, hit.end))
    blocked += [
        (cue.start, cue.end)
        for kind in ("device", "lab_test", "change", "vital", "relation", "form")
        for cue in reading.cues.of(kind)
        if cue.end - cue.start > 1
    ]
    found = [
        seed
        for seed in found
        if not any(s <= seed.start and seed.end < e for s, e in _orders(reading))
        and reading.value("attribute", seed.start, seed.end) is None
    ]
    found += [
        _Seed(match.start(1), match.end(1), (Label.DISEASE,), match[1]) for match in _OPERATED.finditer(reading.text)
    ]
    found += [
        _Seed(match.start("node"), match.end("node"), (Label.FINDING,), "淋巴结")
        for match in _SHOWN_NODE.finditer(reading.text)
        if not any(seed.start < match.end("node") and match.start("node") < seed.end for seed in found)
    ]
    heads: dict[int, tuple[int, list[Label]]] = {}
    for label in (Label.SYMPTOM, Label.FINDING, Label.DISEASE):
        for cue in reading.cues.of(f"head_{label.value}"):
            end, labels_here = heads.get(cue.start, (0, []))
            if cue.end > end:
                heads[cue.start] = (cue.end, [label])
            elif cue.end == end:
                labels_here.append(label)
    for start, (end, labels_list) in sorted(heads.items()):
        inside = any(s <= start and end <= e for s, e in (*blocked, *_orders(reading))) or any(
            seed.start <= start and end <= seed.end for seed in found
        )
        if not inside:
            found.append(_Seed(start, end, tuple(labels_list), reading.text[start:end]))
    found = [seed for seed in found if not _cuts_place(reading, seed)]
    found = [seed for seed in found if not _NOT_SORE.search(reading.text, max(0, seed.start - 4), seed.end)]
    return _joined(reading, _widest(found))


def _cuts_place(reading: Reading, seed: _Seed) -> bool:
    """口干 in 切口干燥: the name begins in the middle of a place."""
    near = reading.cues.near("place", seed.start - _LONGEST_CUE, seed.start)
    return any(cue.start + (reading.text[cue.start] in "左右双两") < seed.start < cue.end < seed.end for cue in near)


def _before_history_word(reading: Reading, hit: TermHit) -> TermHit | None:
    """肾结石病史 is a history of 肾结石, although 肾结石病 is a term."""
    if not (hit.surface.endswith("病") and reading.text[hit.end : hit.end + 1] == "史"):
        return None
    return next(
        (other for other in reading.hits if other.nested and (other.start, other.end) == (hit.start, hit.end - 1)), None
    )


def _form(hit: TermHit, labels: tuple[Label, ...]) -> str:
    """The lexicon's form; but a finding described at length keeps the words said (肺纹理增粗 is not 增多)."""
    return hit.surface if labels[0] is Label.FINDING and len(hit.surface) > 3 else hit.term.preferred


def _parts(reading: Reading, hit: TermHit) -> list[_Seed]:
    """A term that is two complaints said in one breath (恶心呕吐) counts as two."""
    nested = [other for other in reading.hits_in(hit.start, hit.end, TermClass.SYMPTOM) if other.nested]
    parts: list[_Seed] = []
    at = hit.start
    while at < hit.end:
        following = max((other for other in nested if other.start == at), key=lambda other: other.end, default=None)
        if following is None or following.end - at < 2:
            return []
        parts.append(_Seed(at, following.end, (Label.SYMPTOM,), following.term.preferred))
        at = following.end
    return parts if len(parts) > 1 else []


def _orders(reading: Reading) -> list[tuple[int, int]]:
    """Advice that contains the name of a complaint: 多饮水."""
    return [(cue.start, cue.end) for cue in reading.cues.of("plan_kind") if cue.value == "advice"]


def _is_function(reading: Reading, start: int, end: int) -> bool:
    return any(
        end <= cue.end
        for kind in ("change", "negated_before", "heart_state", "vital", "normal", "device", "size_word", "period")
        for cue in reading.cues.near(kind, start - _LONGEST_CUE, start + 1)
    )


def _widest(seeds: list[_Seed]) -> tuple[_Seed, ...]:
    """Overlapping seeds give way to the longest; a seed that continues another becomes one with it."""
    chosen: list[_Seed] = []
    taken: set[int] = set()
    for seed in sorted(seeds, key=lambda seed: (seed.start - seed.end, seed.start)):
        if taken.isdisjoint(range(seed.start, seed.end)):
            chosen.append(seed)
            taken.update(range(seed.start, seed.end))
    return tuple(sorted(chosen, key=lambda seed: seed.start))


def _joined(reading: Reading, seeds: tuple[_Seed, ...]) -> tuple[_Seed, ...]:
    """A seed made an adjective describes the next: 空洞 in 空洞性病变."""
    joined: list[_Seed] = []
    for seed in seeds:
        gap = reading.text[joined[-1].end : seed.start] if joined else "，"
        said = reading.text[seed.start : seed.end]
        if gap in ("性", "样", "状") or (gap == "" and said in words_of(Language.ZH, "generic_head")):
            first = joined.pop()
            labels = seed.labels if gap else first.labels
            joined.append(_Seed(first.start, seed.end, labels, reading.text[first.start : seed.end]))
        else:
            joined.append(seed)
    return tuple(joined)


def _phrase(reading: Reading, seed: _Seed, places: tuple[Place, ...], seeds: tuple[_Seed, ...]) -> Mention | None:
    text = reading.text
    floor = max((other.end for other in seeds if other.end <= seed.start), default=0)
    if reading.crosses_gap(seed.start - 1, seed.start + 1):
        floor = seed.start
    start = seed.start
    while True:
        token = reading.token_at(start) - 1
        cue = reading.cues.covers("descriptor", token) if token >= 0 else None
        if cue is None or cue.end != start or cue.start < floor or _ends_segment(reading, cue, places):
            break
        if reading.crosses_gap(cue.start, start + 1):
            break
        start = cue.start
    name_start = _without_side(reading, start, seed.end)
    seed = _with_further_states(reading, seed)
    place = next((place for place in places if place.end == start and place.bare >= floor and place.bare < start), None)
    if place is None:
        place = _place_and_degree(reading, start, floor, places) or _place_and_denial(reading, seed, start, places)
    inner = next(
        (place for place in places if place.start >= start and place.end < seed.end and place.side is not None), None
    )
    name = seed.preferred if start == seed.start and name_start == start else text[name_start : seed.end]
    zone = name_start
    wider = _name_with_organ(reading, seed, start, floor, places)
    if wider is not None and inner is None:
        side = _without_side(reading, wider, seed.end)
        return Mention(side, seed.end, text[side : seed.end], seed.labels, zone=wider)
    if place is not None and not place.region and not name.startswith(text[place.bare : place.end]):
        name = text[place.bare : place.end] + name
        zone = place.start
    elif place is not None and (place.region or place.start < start):
        zone = place.start
    name = _composed(reading, name, seed, places)
    if len(name) == 1:
        return None
    inner = place if inner is None else inner
    well = next((cue for cue in reading.cues.within("normal", name_start, seed.end) if cue.end == seed.end), None)
    manner = Manner.NORMAL if well is not None and seed.labels[0] is not Label.DISEASE else Manner.NAMED
    return Mention(name_start, seed.end, name, seed.labels, manner, zone=min(zone, name_start), inner_place=inner)


def _name_with_organ(reading: Reading, seed: _Seed, start: int, floor: int, places: tuple[Place, ...]) -> int | None:
    """Where a name begins with an organ (左下肺鳞癌), a type (1型糖尿病) or the place of a node."""
    text = reading.text
    if seed.labels[0] is Label.DISEASE:
        kind = _TYPED.search(text[:start], max(floor, start - 4))
        if kind is not None:
            return kind.start()
    if text[start : seed.end].endswith(_GROWTHS):
        organ = next((place for place in places if place.end == start and place.region and place.bare < start), None)
        if organ is not None and _is_clear(organ, floor):
            return organ.start
    if text[start : seed.end].startswith("淋巴结"):
        around = next((place for place in places if place.start < start < place.end and place.end <= seed.end), None)
        if around is not None and _is_clear(around, floor):
            return around.start
    return None


def _is_clear(place: Place, floor: int) -> bool:
    """Whether no earlier mention takes part of the place."""
    return place.bare >= floor


def _ends_segment(reading: Reading, cue: Cue, places: tuple[Place, ...]) -> bool:
    """段 closes the name of a place (尖后段) and describes nothing."""
    return reading.text[cue.start : cue.end] == "段" and any(
        place.end == cue.end and place.start < cue.start for place in places
    )


def _with_further_states(reading: Reading, seed: _Seed) -> _Seed:
    """肺纹理增粗 and then 紊乱: one name."""
    following = next(
        (cue for cue in reading.cues.of("state_abnormal") if cue.start == seed.end and cue.end - cue.start > 1), None
    )
    states = [cue for cue in reading.cues.within("state_abnormal", seed.start, seed.end) if cue.end == seed.end]
    if following is None or not states or seed.labels[0] is not Label.FINDING:
        return seed
    return _Seed(seed.start, following.end, seed.labels, seed.preferred + reading.text[seed.end : following.end])


def _place_and_degree(reading: Reading, start: int, floor: int, places: tuple[Place, ...]) -> Place | None:
    """甲状腺二度肿大: a structure, how much, and what."""
    degree = next((cue for cue in reading.cues.of("severity") if cue.end == start), None)
    if degree is None:
        return None
    return next(
        (place for place in places if place.end == degree.start and place.bare >= floor and not place.region), None
    )


def _place_and_denial(reading: Reading, seed: _Seed, start: int, places: tuple[Place, ...]) -> Place | None:
    """胸膜无增厚, 胆总管未见扩张: a structure, a denial or degree, and a state that is nothing without it."""
    if start != seed.start or reading.text[seed.start : seed.end] not in words_of(Language.ZH, "state_abnormal"):
        return None
    place = next((place for place in reversed(places) if place.end < start), None)
    if place is None or place.region or start - place.end > _DENIAL_REACH:
        return None
    return place if _is_filler(reading, place.end, start) else None


def _without_side(reading: Reading, start: int, end: int) -> int:
    side = reading.value("laterality", start, end)
    return side.end if side is not None and side.start == start and side.end < end else start


def _composed(reading: Reading, name: str, seed: _Seed, places: tuple[Place, ...]) -> str:
    """`胸腔` … `少量积液` is one name said around its quantity."""
    holders = _FLUID.get(name)
    if holders:
        before = [place for place in places if place.end <= seed.start and seed.start - place.end <= 8]
        for place in reversed(before):
            said = reading.text[place.bare : place.end]
            if said in holders and not any(char in "，。；,;" for char in reading.text[place.end : seed.start]):
                return said + name
        if name == "积液" and not before:
            return "胸腔积液"
    return name


def _states(reading: Reading, places: tuple[Place, ...]) -> Iterator[Mention]:
    cues = [(cue, Manner.STATE) for cue in reading.cues.of("state_abnormal")] + [
        (cue, Manner.NORMAL) for cue in reading.cues.of("normal")
    ]
    cues = [(cue, manner) for cue, manner in cues if not _is_part_of_word(reading, cue)]
    cues.sort(key=lambda pair: (pair[0].start, -pair[0].end))
    reached = -1
    for cue, manner in cues:
        if cue.start < reached or _is_head_of_list(reading, cue):
            continue
        subject = _subject(reading, cue.start, places)
        if subject is None:
            continue
        end = cue.end
        while manner is Manner.STATE:
            following = next(
                (
                    other
                    for other, _ in cues
                    if other.start == end or (other.start == end + 1 and reading.text[end] == "、")
                ),
                None,
            )
            if following is None or following.kind != "state_abnormal":
                break
            end = following.end
        reached = end
        start, name_start = subject
        if reading.text.startswith("肺呼吸音", name_start):  # the organ says where, the sounds are what is judged
            name_start += 1
        name = reading.text[name_start : _name_end(reading, name_start, cue.start)] + reading.text[cue.start : end]
        yield Mention(
            name_start, end, name.removesuffix("阳性") if len(name) < 4 else name, (Label.FINDING,), manner, start
        )


def _is_head_of_list(reading: Reading, cue: Cue) -> bool:
    """未见异常 before the name of a finding (未见异常肿大淋巴结) denies that one."""
    if cue.kind != "normal" or not reading.text[cue.start : cue.end].endswith("异常"):
        return False
    return any(
        cue.start < found.start <= cue.end < found.end for kind in _HEADS for found in reading.cues.of(kind)
    ) or any(
        hit.start == cue.end and any(term.term_class in _CLASSES for term in (hit.term, *hit.also))
        for hit in reading.hits
    )


def _is_part_of_word(reading: Reading, cue: Cue) -> bool:
    """大 in 大小, 大量 and 大片, 低 in 低回声 and 低剂量 say nothing of a structure."""
    return cue.end - cue.start == 1 and any(
        (other := reading.cues.covers(kind, cue.first)) is not None and other.end - other.start > 1
        for kind in ("size_word", "severity", "echogenicity", "scan", "organ", "descriptor", "shape", "composition")
    )


def _subject(reading: Reading, before: int, places: tuple[Place, ...]) -> tuple[int, int] | None:
    """Where the structure begins whose state stands at `before`: with its side, and without."""
    text = reading.text
    for place in reversed(places):
        if place.end > before:
            continue
        gap = text[place.end : before]
        if (
            len(gap) > 6
            or any(char in "，。；,;：: " for char in gap)
            or reading.crosses_gap(place.end - 1, before + 1)
        ):
            return None
        if not gap or _is_filler(reading, place.end, before):
            return place.start, place.bare
        if gap.endswith(_TEST_SIGNS) or gap in ("影", "部", "大小", "形态", "形态大小"):
            return place.start, place.bare
        return None
    return None


def _is_filler(reading: Reading, start: int, end: int) -> bool:
    """Whether only degree, negation and small words stand in `[start, end)`."""
    at = start
    while at < end:
        token = reading.token_at(at)
        cue = next(
            (
                cue
                for kind in ("severity", "degree", "negated_before", "scope_filler", "hedged_before", "state_abnormal")
                if (cue := reading.cues.covers(kind, token)) is not None and cue.start == at and cue.end <= end
            ),
            None,
        )
        if cue is None:
            return False
        at = cue.end
    return True


def _name_end(reading: Reading, start: int, state: int) -> int:
    """The end of the structure's name: before degree and negation."""
    cut = state
    for kind in ("negated_before", "severity"):
        cue = next((cue for cue in reading.cues.of(kind) if start < cue.start and cue.end <= state), None)
        if cue is not None:
            cut = min(cut, cue.start)
    return cut
