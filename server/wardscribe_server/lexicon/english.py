"""English correction: what was heard, read again as clinical English that sounds the same.

Stretches of one to four heard words are compared by sound with the lexicon; a language model of clinical talk weighs
each reading in its sentence. Words that are likely where they stand, and everything behind `english_fences`, stay.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from wardscribe_lexicons import Lexicon
from wardscribe_lexicons.language_model import NAME, class_of, language_model
from wardscribe_lexicons.pronouncing import pronouncer
from wardscribe_lexicons.spoken import NUMBER, UNIT, Token, tokens
from wardscribe_server.lexicon.accents import accented, without_accents
from wardscribe_server.lexicon.correction import Alternative, Correction, Doubt, Reading, apply
from wardscribe_server.lexicon.english_fences import fences
from wardscribe_server.lexicon.english_heard import Heard, exists, hear
from wardscribe_server.lexicon.english_search import Step, best_path, is_free, with_step, worth
from wardscribe_server.lexicon.english_targets import Target, Targets
from wardscribe_server.lexicon.heard_as import heard_as
from wardscribe_server.lexicon.matcher import Matcher
from wardscribe_server.lexicon.sentence_ends import SentenceEnds

_LONGEST_HEARD = 4  # words that one target may have been heard as
_SHARE = 0.36  # distance a phone up to which a target is weighed ...
_NAME_SHARE = 0.12  # a capitalised word inside a sentence that is somebody's name somewhere ...
_STRANGE_SHARE = 0.22  # ... that is no word at all ...
_CAPITAL_SHARE = 0.15  # ... or any other
_ALONE_SHARE = 0.15
_KNOWN_SHARE = 0.2  # ... for a stretch of words that all exist ...
_MERGED_SHARE = 0.16  # ... and make one, or where some of them exist
_PARTLY_SHARE = 0.24
_NATS = 4.2  # one unrelated phone
_CHANGE = -2.0  # any change; below zero, for what is proposed is judged once more
_KNOWN = 1.5  # a change to a stretch of words that all exist
_CLEAR = 0.35  # a long word heard as well as this is not part of a longer stretch
_SHORT = 6  # phones
_MARGIN_MOST = 6.0  # nats
_NEARER_MOST = 1.5  # phones
_GAIN_MOST = 12.0  # nats
_LONG = 14  # phones
_WIDER = 0.05  # a wider stretch must be so much nearer
_ABSORBED = 1.5  # each word that exists and becomes part of a longer one ...
_EVERYDAY = 0.75  # ... and more for an everyday word
_VARIANT = 2.0  # a spelling or synonym that is not the preferred form
_OFF_TOPIC = 3.0  # in a segment without another clinical word
_SURE = 0.7  # probability from which a change is made without the audio ...
_SURE_KNOWN = 0.85  # ... in place of words that all exist
_SURE_DRUG = 0.75  # ... and to a drug, where a wrong one is worse than none
_MENTIONED = 0.15  # probability below which a change is not even a question for the audio
_UNSURE = 0.0  # nats from which a change is mentioned
_ASKED = -2.0  # nats from which the audio is asked about a change ...
_ASKED_MOST = 3  # ... for so many terms ...
_ASKED_KNOWN = 0.4  # ... and in place of words that all exist with this probability
_PER_TOKEN = 1.3  # tokens of the recogniser a word
_VOTE = 0.5  # weight of the recogniser's own scores
_EVERYDAY_SHARE = 3e-4  # of ordinary English
_STEPS_HERE = 6
_READINGS = 5


class EnglishCorrector:
    """Corrections by sound and context over one lexicon. Immutable after building."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._model = language_model().with_words(_single_words(lexicon))
        self._fences = fences()
        self._matcher = Matcher(lexicon, wide=True)
        self._accented = accented(lexicon)
        self.continued = SentenceEnds(self._model, lexicon).continued
        self._targets = Targets(lexicon, model=self._model, voice=pronouncer(), fences=self._fences)

    def propose(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping; `alternatives` are what else may have been heard."""
        heard = hear(text, model=self._model, fences=self._fences, matcher=self._matcher)
        certain = [
            *heard_as(text, heard.tokens),
            *without_accents(heard, model=self._model, kept=self._accented),
        ]
        if not any(heard.odd) and not alternatives:
            return tuple(certain)
        path, steps = self._path(heard, alternatives)
        made = [self._correction(heard, path, at, steps) for at, step in enumerate(path) if step.written is not None]
        made = [one for one in made if not any(other.start < one.end and one.start < other.end for other in certain)]
        return tuple(sorted([*certain, *made], key=lambda correction: correction.start))

    def completed(self, _text: str, corrections: Sequence[Correction]) -> tuple[Correction, ...]:
        """Nothing besides."""
        return tuple(corrections)

    def doubts(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Doubt, ...]:
        """What the audio should be asked about, likeliest first; corrections of one place exclude each other."""
        heard = hear(text, model=self._model, fences=self._fences, matcher=self._matcher)
        if not any(heard.odd) and not alternatives:
            return ()
        path, steps = self._path(heard, alternatives)
        for at in reversed(range(len(path))):
            if path[at].written is not None and self._correction(heard, path, at, steps).unsure:
                path = _taken_back(heard, path, at)
        settled = worth(path, heard.fresh, self._model)
        free = [step for row in steps for step in row if step.written is not None and is_free(path, step)]
        ways = [
            (worth(way, heard.fresh, self._model) - settled, way, step)
            for step in free
            for way in [with_step(path, step)]
        ]
        found: dict[str, Doubt] = {}
        for _, way, step in sorted((way for way in ways if way[0] > _ASKED), key=lambda way: -way[0]):
            if len(found) == _ASKED_MOST:
                break
            doubt = self._doubt(heard, way, step, steps)
            if doubt is not None:
                found.setdefault(_letters(doubt.correction.written), doubt)
        return tuple(found.values())

    def _doubt(self, heard: Heard, way: tuple[Step, ...], step: Step, steps: list[list[Step]]) -> Doubt | None:
        """The question that `step`, part of `way`, puts to the audio; None where words that exist speak against it."""
        at = way.index(step)
        chance = self._chance(self._evidence(heard, way, at, steps))
        known = all(map(self._exists, heard.numbers[step.first : step.last]))
        if known and chance < _ASKED_KNOWN:
            return None
        correction = replace(self._correction(heard, way, at, steps), why="verified", unsure=True)
        return Doubt(correction, decisive=not step.cautious or chance >= _SURE)

    def readings(self, text: str, alternatives: Sequence[Alternative]) -> tuple[Reading, ...]:
        """Up to five texts that may have been said for `text`, best first, to be ranked against the audio."""
        heard = hear(text, model=self._model, fences=self._fences, matcher=self._matcher)
        path, steps = self._path(heard, alternatives)
        path = self._worth_mentioning(heard, path, steps)
        ways = {path, *self._neighbours(heard, path, steps)}
        found: dict[str, Reading] = {}
        for way in sorted(ways, key=lambda way: -worth(way, heard.fresh, self._model)):
            made = tuple(
                self._correction(heard, way, at, steps) for at, step in enumerate(way) if step.written is not None
            )
            written = apply(text, made).text
            score = worth(way, heard.fresh, self._model)
            found.setdefault(written, Reading(written, round(score, 3), made))
        kept = list(found.values())[:_READINGS]
        if all(reading.corrections for reading in kept):
            kept[-1:] = [reading for reading in found.values() if not reading.corrections][:1]
        return tuple(kept)

    def _path(self, heard: Heard, alternatives: Sequence[Alternative]) -> tuple[tuple[Step, ...], list[list[Step]]]:
        """The best path, with every change that does not pay taken back, and all steps."""
        steps = [[Step(at, at + 1, (number,))] for at, number in enumerate(heard.numbers)]
        for step in (*self._by_sound(heard, alternatives), *self._by_vote(heard, alternatives)):
            steps[step.first].append(step)
        if not steps:
            return (), steps
        path = best_path(steps, heard.fresh, self._model)
        while True:
            gains = [(self._gain(heard, path, at), at) for at, step in enumerate(path) if step.written is not None]
            if not gains or min(gains)[0] >= _UNSURE:
                return path, steps
            path = _taken_back(heard, path, min(gains)[1])

    def _worth_mentioning(self, heard: Heard, path: tuple[Step, ...], steps: list[list[Step]]) -> tuple[Step, ...]:
        """`path` without the changes that are most likely wrong."""
        for at in reversed(range(len(path))):
            if path[at].written is not None and self._chance(self._evidence(heard, path, at, steps)) < _MENTIONED:
                path = _taken_back(heard, path, at)
        return path

    def _by_sound(self, heard: Heard, alternatives: Sequence[Alternative]) -> Iterator[Step]:
        spans = [
            (first, last, self._targets.say([word.key for word in heard.tokens[first:last]]), 0.0)
            for first, last in self._stretches(heard)
        ]
        seen = {span[:3] for span in spans}
        for first, last, said, price in self._other_words(heard, alternatives):
            span = (first, last, self._targets.say([token.key for token in said]))
            if last - first <= _LONGEST_HEARD and 0 < len(said) <= _LONGEST_HEARD and span not in seen:
                seen.add(span)
                spans.append((*span, price))
        taken: dict[int, int] = {}
        found = self._targets.near([span[2] for span in spans], share=_SHARE)
        closest: dict[int, list[tuple[int, int, float]]] = {}
        clear: list[tuple[int, int, float]] = []
        for near in found:
            first, last, _, price = spans[near.query]
            target = self._targets.all[near.target]
            closest.setdefault(near.target, []).append((first, last, near.distance + price / _NATS))
            if near.distance <= _CLEAR and len(target.phones) > _SHORT and target.numbers != heard.numbers[first:last]:
                clear.append((first, last, near.distance))
        for near in found:
            first, last, _, price = spans[near.query]
            if _reaches_too_far(first, last, near.distance, (*closest[near.target], *clear)):
                continue
            step = self._step(heard, first, last, self._targets.all[near.target], near.distance)
            if step is not None and taken.get(near.query, 0) < _STEPS_HERE:
                taken[near.query] = taken.get(near.query, 0) + 1
                yield replace(step, cost=step.cost + price)

    def _stretches(self, heard: Heard) -> Iterator[tuple[int, int]]:
        for first in range(len(heard.tokens)):
            odd = False
            for last in range(first + 1, min(first + _LONGEST_HEARD, len(heard.tokens)) + 1):
                if heard.fenced[last - 1] or (last - 1 > first and not heard.joined[last - 1]):
                    break
                odd = odd or heard.odd[last - 1]
                if odd:
                    yield first, last

    def _step(self, heard: Heard, first: int, last: int, target: Target, distance: float) -> Step | None:
        """What it takes to write `target` for a stretch; None where that is forbidden or no change."""
        words = target.written.split(" ")
        said = target.numbers
        while len(said) > 1 and last - first > 1 and len(words) == len(said) and said[0] == heard.numbers[first]:
            first, said, words = first + 1, said[1:], words[1:]
        while len(said) > 1 and last - first > 1 and len(words) == len(said) and said[-1] == heard.numbers[last - 1]:
            last, said, words = last - 1, said[:-1], words[:-1]
        written = " ".join(words)
        stretch = heard.text[heard.tokens[first].start : heard.tokens[last - 1].end]
        numbers = heard.numbers[first:last]
        known = all(map(self._exists, numbers))
        if set(said) <= set(numbers) or self._fences.forbids(stretch, written, known=known):
            return None
        joined = _letters(stretch)
        if " " not in stretch and joined.endswith(
            _letters(written)
        ):  # the same, or without its beginning: reoperation, operation
            return None
        if " " not in stretch and "-" in stretch and self._exists(self._model.number(joined)):
            return None
        share = distance / max(1, len(target.phones))
        merged = len(said) < last - first
        most = (_MERGED_SHARE if merged else _KNOWN_SHARE) if known else _SHARE
        if merged and not known and any(map(self._exists, numbers)):
            most = _PARTLY_SHARE
        if share > most or (known and _one_stem(stretch, written)):
            return None
        if joined != _letters(written) and joined != stretch.lower() and self._exists(self._model.number(joined)):
            return None
        cost = _CHANGE + _NATS * distance
        if target.term and target.group.lower() != target.written.lower():
            cost += _VARIANT
        if not self._on_topic(heard, first, last):
            cost += _OFF_TOPIC if known or share > _ALONE_SHARE else 0
        if len(said) < last - first and not (len(heard.tokens[first].text) < 3 and joined[:4] == _letters(written)[:4]):
            cost += _ABSORBED * sum(map(self._exists, numbers))
            cost += _EVERYDAY * sum(self._model.commonness(number)[1] > _EVERYDAY_SHARE for number in numbers)
        if known:
            cost += _KNOWN
        cautious = self._clinical(heard, first, last, joined=_letters(written)) or (
            known and self._fences.negates(stretch, written)
        )
        cautious = cautious or share > min(self._name_share(heard, at) for at in range(first, last))
        cautious = cautious or (known and not any(map(self._model.is_clinical, said)))
        cautious = cautious or self._fences.other_beginning(joined, _letters(written), self._is_word)
        why = "sounds_like" if last - first == len(said) else "sounds_like_joined"
        return Step(first, last, said, cost, written, distance, share, why, target.group, len(target.phones), cautious)

    def _name_share(self, heard: Heard, at: int) -> float:
        """How far from a target a word may be and still be it rather than a name."""
        token = heard.tokens[at]
        if not token.text[0].isupper() or token.after_stop or token.text in ("I", "A"):
            return 1.0
        number = heard.numbers[at]
        if number < 0:
            return _STRANGE_SHARE
        return _NAME_SHARE if self._model.flags(number) == NAME else _CAPITAL_SHARE

    def _is_word(self, word: str) -> bool:
        return self._exists(self._model.number(word))

    def _exists(self, number: int) -> bool:
        return exists(number, self._model)

    def _clinical(self, heard: Heard, first: int, last: int, *, joined: str = "") -> bool:
        """Whether the words are clinical as they stand: part of a term, or words of medicine only.

        A word of them that stays as part of `joined` ("hydro pneumothorax") is not given up.
        """
        alone = all(map(self._model.is_clinical, heard.numbers[first:last]))
        return alone or any(heard.term[at] and heard.tokens[at].key not in joined for at in range(first, last))

    def _on_topic(self, heard: Heard, first: int, last: int) -> bool:
        """Whether the words around a stretch speak of medicine."""
        around = (*heard.clinical[:first], *heard.clinical[last:])
        return any(around) or any(word.key == UNIT for word in heard.tokens)

    def _by_vote(self, heard: Heard, alternatives: Sequence[Alternative]) -> Iterator[Step]:
        """What other hypotheses of the recogniser have in place of heard words."""
        for first, last, said, price in self._other_words(heard, alternatives):
            stretch = heard.text[heard.tokens[first].start : heard.tokens[last - 1].end]
            written = " ".join(token.text for token in said)
            if (
                not said
                or self._fences.forbids(stretch, written, known=True)
                or any(token.key == NUMBER for token in said)
            ):
                continue
            numbers = tuple(self._model.number(token.key) for token in said)
            if not all(map(self._exists, numbers)):
                continue
            if not any(map(self._model.is_clinical, numbers)) or not self._on_topic(heard, first, last):
                continue
            cautious = self._clinical(heard, first, last) or self._fences.negates(stretch, written)
            yield Step(
                first, last, numbers, _CHANGE + price, written, 0.0, 0.0, "alternative", written.lower(), cautious
            )

    def _other_words(
        self, heard: Heard, alternatives: Sequence[Alternative]
    ) -> Iterator[tuple[int, int, tuple[Token, ...], float]]:
        """Heard words and what alternatives have for them, with the cost of believing those."""
        if not alternatives:
            return
        keys = [token.key for token in heard.tokens]
        best = max(alternative.logprob for alternative in alternatives)
        for alternative in alternatives:
            other = tuple(tokens(alternative.text))
            price = max(0.0, best - alternative.logprob) * _PER_TOKEN * len(keys) * _VOTE
            matcher = SequenceMatcher(None, keys, [token.key for token in other], autojunk=False)
            for tag, a1, a2, b1, b2 in matcher.get_opcodes():
                if tag == "replace" and not any(heard.fenced[a1:a2]) and all(heard.joined[a1 + 1 : a2]):
                    yield a1, a2, other[b1:b2], price

    def _gain(self, heard: Heard, path: tuple[Step, ...], at: int) -> float:
        kept = _taken_back(heard, path, at)
        return worth(path, heard.fresh, self._model) - worth(kept, heard.fresh, self._model)

    def _neighbours(self, heard: Heard, path: tuple[Step, ...], steps: list[list[Step]]) -> Iterator[tuple[Step, ...]]:
        """Paths that differ from `path` in one place, and the path without any change."""
        plain = path
        for at in reversed(range(len(path))):
            if path[at].written is not None:
                plain = _taken_back(heard, plain, at)
                yield _taken_back(heard, path, at)
        yield plain
        for at, step in enumerate(path):
            for other in steps[step.first]:
                if other.last == step.last and other is not step and other.written is not None:
                    yield (*path[:at], other, *path[at + 1 :])

    def _evidence(self, heard: Heard, path: tuple[Step, ...], at: int, steps: list[list[Step]]) -> tuple[float, ...]:
        """What speaks for the change at `at`, in the order of `evidence` in `en/correction.toml`."""
        step = path[at]
        here = worth(path, heard.fresh, self._model)
        margin, nearer = _MARGIN_MOST, _NEARER_MOST
        for other in steps[step.first]:
            if other.last != step.last or other.written is None or step.written is None:
                continue
            if other.group != step.group and not _one_stem(other.written, step.written):
                margin = min(margin, here - worth((*path[:at], other, *path[at + 1 :]), heard.fresh, self._model))
                nearer = min(nearer, other.distance - step.distance)
        numbers = heard.numbers[step.first : step.last]
        n_known = sum(map(self._exists, numbers))
        return (
            1.0,
            max(-_GAIN_MOST, min(_GAIN_MOST, self._gain(heard, path, at))),
            margin,
            nearer,
            step.share * 10,
            min(step.length, _LONG) / 10,
            float(n_known == len(numbers)),
            float(n_known if n_known < len(numbers) else n_known - 1),
            float(any(map(self._model.is_clinical, step.numbers))),
        )

    def _needed(self, heard: Heard, step: Step) -> float:
        """The probability that a change needs to be made without the audio."""
        if step.distance and all(map(self._exists, heard.numbers[step.first : step.last])):
            return _SURE_KNOWN  # but what sounds the same no audio can tell apart
        return _SURE_DRUG if any(map(self._model.is_drug, step.numbers)) else _SURE

    def _chance(self, evidence: tuple[float, ...]) -> float:
        """The probability that a change is right."""
        return 1 / (1 + math.exp(-sum(a * b for a, b in zip(evidence, self._fences.evidence, strict=True))))

    def _correction(self, heard: Heard, path: tuple[Step, ...], at: int, steps: list[list[Step]]) -> Correction:
        step = path[at]
        start, end = heard.tokens[step.first].start, heard.tokens[step.last - 1].end
        stretch = heard.text[start:end]
        written = step.written or stretch
        opens = heard.fresh[step.first] and stretch[0].isupper()
        if opens:
            written = written[0].upper() + written[1:]
        chance = self._chance(self._evidence(heard, path, at, steps))
        unsure = step.cautious or chance < self._needed(heard, step)
        return Correction(stretch, written, step.why, round(1 / (1 + step.distance), 3), start, end, unsure)


def _taken_back(heard: Heard, path: tuple[Step, ...], at: int) -> tuple[Step, ...]:
    step = path[at]
    kept = tuple(Step(place, place + 1, (heard.numbers[place],)) for place in range(step.first, step.last))
    return (*path[:at], *kept, *path[at + 1 :])


def _reaches_too_far(first: int, last: int, distance: float, others: Iterable[tuple[int, int, float]]) -> bool:
    """Whether a stretch within `[first, last)` is as near to the target: then the rest is not part of the word."""
    return any(
        first <= a and b <= last and b - a < last - first and other <= distance + _WIDER for a, b, other in others
    )


def _letters(text: str) -> str:
    return text.lower().replace(" ", "").replace("-", "")


def _one_stem(heard: str, written: str) -> bool:
    """Whether two words differ in their ending only: grammar is the speaker's."""
    one, other = heard.lower(), written.lower()
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 3 and max(len(one), len(other)) - shared <= 3


def _single_words(lexicon: Lexicon) -> dict[str, str]:
    """Words that are terms by themselves, with the class they are counted as."""
    found: dict[str, str] = {}
    for term in lexicon.terms:
        named = class_of(term.term_class)
        for surface in term.surfaces():
            words = [token.key for token in tokens(surface)]
            if named and len(words) == 1 and words[0].isalpha():
                found.setdefault(words[0], named)
    return found
