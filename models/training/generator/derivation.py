"""A frame filled: the random walk through a grammar that leaves words, entities, claims and relations.

Owns the walk, what belongs to what, and misspoken words that are put right. Must not know how a sentence is spoken.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Final

from models.training.generator.draft import ASSERTED, Annotation, Draft, Token, tokens_of
from models.training.generator.edges import front
from models.training.generator.grammar import Alternative, Frame, Grammar
from models.training.generator.kinds import also, one_term
from models.training.generator.notation import Bond, Choice, Claim, Mention, Sequence, Slot, Words, filled, slots
from models.training.generator.numerals import Numerals, said
from models.training.generator.placing import Placed
from models.training.generator.terms import Terms

_COMPLAINTS: Final = frozenset(("finding", "symptom", "disease"))
_THINGS: Final = _COMPLAINTS | {"procedure", "device", "specimen", "test", "drug"}
_TAKEN: Final = frozenset(("drug",))
# Which heads a dependent can belong to, the likelier kinds first.
BELONGS: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "anatomy": (_COMPLAINTS | {"procedure", "device", "specimen", "test"},),
    "laterality": (_COMPLAINTS | {"procedure", "device", "specimen", "test"}, frozenset(("anatomy",))),
    "measurement": (_COMPLAINTS | {"device", "specimen"}, frozenset(("anatomy", "procedure"))),
    "severity": (_COMPLAINTS | {"allergen"}, frozenset(("anatomy",))),
    "change": (_THINGS - {"drug"}, frozenset(("anatomy",))),
    "value": (frozenset(("test",)),),
    "unit": (frozenset(("test",)),),
    "dose": (_TAKEN,),
    "route": (_TAKEN,),
    "frequency": (_TAKEN, _COMPLAINTS | {"procedure", "test"}),
    "duration": (_TAKEN, _COMPLAINTS, frozenset(("procedure",))),
    "form": (_TAKEN,),
    "date": (_THINGS | {"allergen"},),
    "age": (frozenset(("disease", "symptom", "procedure")),),
    "relation": (_COMPLAINTS,),
    "reaction": (frozenset(("allergen",)), _TAKEN),
    "organism": (frozenset(("specimen", "test", "disease")),),
}
_SLIPS: Final = frozenset(("laterality", "measurement", "value", "dose", "duration", "frequency", "severity", "date"))
_SLIP_SHARE: Final = 0.012
_TRIES: Final = 6
_REPAIR: Final = "repair"
# Slots for a finding at its place, and the rules that say how: as a statement or as a member of a list.
_PLACING: Final = {"@placed": "placing", "@located": "locating"}


class Derivation:
    """One sentence under construction."""

    def __init__(self, grammar: Grammar, terms: Terms, numerals: Numerals, rng: random.Random) -> None:
        self._grammar, self._terms, self._numerals, self._rng = grammar, terms, numerals, rng
        self._tokens: list[Token] = []
        self._entities: list[Annotation] = []
        self._relations: set[tuple[int, int]] = set()
        self._bound: set[int] = set()
        self._drawn: set[str] = set()
        self._sides: list[tuple[int, int]] = []  # sides divided from places

    def of(self, frame: Frame) -> Draft:
        """The frame filled."""
        self._walk(frame.body, {}, -1)
        self._relations.update(pair for pair in self._sides if pair[0] not in self._bound)
        self._join()
        self._allow()
        return Draft(
            self._grammar.language,
            tuple(self._tokens),
            tuple(self._entities),
            tuple(sorted(self._relations)),
            frame.section,
        )

    def _join(self) -> None:
        """A place right before what is there becomes part of it where both are one term of the lexicon."""
        runs = [
            (owner, [place for place, _ in run])
            for owner, run in groupby(enumerate(self._tokens), key=lambda item: item[1].owner)
        ]
        for (place, first), (thing, second) in pairwise(runs):
            if place < 0 or thing < 0 or self._entities[place].label != "anatomy":
                continue
            label = one_term(self._text((*first, *second)), self._entities[thing].label, self._grammar.language)
            if label:
                self._entities[thing] = replace(self._entities[thing], label=label)
                for at in first:
                    self._tokens[at] = replace(self._tokens[at], owner=thing)

    def _allow(self) -> None:
        places: dict[int, list[int]] = defaultdict(list)
        for at, token in enumerate(self._tokens):
            places[token.owner].append(at)
        for number, entity in enumerate(self._entities):
            if number in places:
                allowed = also(self._text(places[number]), entity.label, self._grammar.language)
                self._entities[number] = replace(entity, allowed=allowed)

    def _text(self, places: Iterable[int]) -> str:
        return ("" if self._grammar.language == "zh" else " ").join(self._tokens[at].text for at in places)

    def _walk(self, body: Sequence, claim: Mapping[str, str], owner: int) -> None:
        for node in body:
            match node:
                case Words(text):
                    self._say(text, owner)
                case Slot(name):
                    self._fill(name, claim, owner)
                case Choice(options):
                    self._walk(self._rng.choice(options), claim, owner)
                case Mention(label, inner):
                    self._mention(label, inner, claim, owner)
                case Bond(inner):
                    first = len(self._entities)
                    self._walk(inner, claim, owner)
                    self._bind(range(first, len(self._entities)))
                case Claim(values, inner):
                    self._walk(inner, {**claim, **dict(values)}, owner)

    def _say(self, text: str, owner: int) -> None:
        self._tokens += [Token(token, owner) for token in tokens_of(text, self._grammar.language)]

    def _fill(self, name: str, claim: Mapping[str, str], owner: int) -> None:
        if name.startswith("#"):
            self._say(said(name[1:], self._numerals, self._rng), owner)
        elif (way := name.partition(".")[0]) in _PLACING:
            placed = self._terms.placed(name.partition(".")[2], self._rng)
            self._place(placed, self._grammar.rules[_PLACING[way]], claim, owner)
        elif name.startswith("@"):
            self._say(self._term(name[1:]), owner)
        else:
            self._walk(chosen(self._grammar.rules[name], self._rng).body, claim, owner)

    def _place(self, placed: Placed, rule: tuple[Alternative, ...], claim: Mapping[str, str], owner: int) -> None:
        """A finding at its place, in one of the ways of the rule, which has slots for side, place and thing."""
        parts = {"its_side": placed.side, "its_place": placed.place, "its_thing": placed.thing}
        ways = [way for way in rule if ("its_side" in slots(way.body)) == bool(placed.side)]
        body = filled(chosen(tuple(ways), self._rng).body, parts, placed.label)
        self._walk(body, claim, owner)

    def _term(self, name: str) -> str:
        """A term that this sentence does not have yet, if there is one."""
        for _ in range(_TRIES):
            term = self._terms.drawn(name, self._rng)
            if term not in self._drawn:
                break
        self._drawn.add(term)
        return term

    def _mention(self, label: str, body: Sequence, claim: Mapping[str, str], owner: int) -> None:
        if owner >= 0:
            self._walk(body, claim, owner)  # the outermost entity has the words
            return
        slipped = self._slip(body) if label in _SLIPS and self._rng.random() < _SLIP_SHARE else None
        mention, first = len(self._entities), len(self._tokens)
        self._entities.append(Annotation(label, _claimed(claim) if label in ASSERTED else ()))
        self._walk(body, claim, mention)
        if slipped and [token.text for token in self._tokens[first:]] == slipped[1]:
            del self._tokens[slipped[0] : first]  # nothing was put right
            first = slipped[0]
        self._divide(mention, first)

    def _divide(self, mention: int, first: int) -> None:
        """A side or degree at the front of the mention becomes one of its own, or goes where one stands already."""
        words = [token.text for token in self._tokens[first:]]
        found = front(words, self._entities[mention].label, self._grammar.language)
        if found is None:
            return
        before = self._tokens[first - 1].owner if first else -1
        if before >= 0 and self._entities[before].label == found.label:
            del self._tokens[first : first + found.n_tokens]
            return
        self._entities.append(Annotation(found.label))
        edge = range(first, first + found.n_tokens)
        for place in edge:
            self._tokens[place] = Token(self._tokens[place].text, len(self._entities) - 1)
        if self._entities[mention].label == "anatomy":
            self._sides.append((len(self._entities) - 1, mention))  # it may yet belong to what is at this place
        else:
            self._bind(range(mention, len(self._entities)))

    def _slip(self, body: Sequence) -> tuple[int, list[str]]:
        """Something else first, then what takes it back, none of it an entity; where it begins and its words."""
        kept = list(self._entities)
        first = len(self._tokens)
        self._walk(body, {}, -1)
        misspoken = [token.text for token in self._tokens[first:]]
        self._fill(_REPAIR, {}, -1)
        self._entities = kept
        self._tokens[first:] = [Token(token.text) for token in self._tokens[first:]]
        return first, misspoken

    def _bind(self, group: range) -> None:
        for dependent in group:
            if dependent in self._bound:
                continue
            for kinds in BELONGS.get(self._entities[dependent].label, ()):
                heads = [head for head in group if head != dependent and self._entities[head].label in kinds]
                if heads:
                    self._relations.update((dependent, head) for head in heads)
                    self._bound.add(dependent)
                    break


def chosen(ways: tuple[Alternative, ...], rng: random.Random) -> Alternative:
    """One of the alternatives, by weight."""
    return rng.choices(ways, [way.weight for way in ways])[0]


def _claimed(claim: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    plain = {"presence": "present", "certainty": "certain", "time": "now", "subject": "patient"}
    return tuple({**plain, **claim}.items())
