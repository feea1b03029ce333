"""Rewriting stretch by stretch: what is written is the same, and only what stands in the draft is remembered."""

import random
import re

from wardscribe_server.pipeline.values import Utterance, words_from_text
from wardscribe_server.pipeline.writing.draft import Draft, drafted
from wardscribe_server.pipeline.writing.stretches import Stretches, by_stretches

_ENDS = re.compile(r"(?<=\.) ")
_WORDS = ("mass", "in", "the", "left", "lobe", "seen.", "unchanged.")


def upper(draft: Draft) -> Draft:
    """Writes "mass" large, which is one character longer."""
    return draft.rewritten(re.compile("mass"), lambda _: "MASSE")


def growing(words: list[str]) -> list[Draft]:
    utterances: tuple[Utterance, ...] = words_from_text(" ".join(words))
    every = [word for utterance in utterances for word in utterance.words]
    return [drafted([Utterance(tuple(every[:count]))], between=lambda *_: " ") for count in range(1, len(every) + 1)]


def test_a_growing_draft_is_written_as_if_it_were_new_and_its_past_is_forgotten() -> None:
    chance = random.Random(3)
    memory = Stretches()
    for draft in growing([chance.choice(_WORDS) for _ in range(120)]):
        grown = by_stretches(draft, _ENDS, upper, memory=memory)
        afresh = by_stretches(draft, _ENDS, upper, memory=Stretches())
        assert (grown.text, grown.first, grown.last) == (afresh.text, afresh.first, afresh.last)
        assert memory.last is not None
        assert len(memory.known) <= len(memory.last.places)


def test_a_draft_without_ends_is_remembered_once() -> None:
    memory = Stretches()
    for draft in growing(["mass"] * 50):
        by_stretches(draft, _ENDS, upper, memory=memory)
    assert len(memory.known) == 1


def test_what_stands_behind_a_change_is_not_written_again() -> None:
    asked: list[str] = []

    def noted(draft: Draft) -> Draft:
        asked.append(draft.text)
        return upper(draft)

    memory = Stretches()
    before, after = (
        growing(["mass", "seen.", "left", "lobe", "unchanged.", "in", "the", "mass."])[-1],
        growing(["left", "mass", "seen.", "left", "lobe", "unchanged.", "in", "the", "mass."])[-1],
    )
    by_stretches(before, _ENDS, noted, memory=memory)
    asked.clear()
    assert (
        by_stretches(after, _ENDS, noted, memory=memory).text == "left MASSE seen. left lobe unchanged. in the MASSE."
    )
    assert asked == ["left mass seen. "]
