"""Which words may be written for what was heard: the fences hold for every word of the lattice, not just the best."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wardscribe_server.lexicon.channel import Channel
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.lexicon.fences import GUARDED, NEGATIONS, NUMERALS, SIDES, fences
from wardscribe_server.lexicon.hearing import places
from wardscribe_server.lexicon.language_model import LanguageModel
from wardscribe_server.lexicon.lattice import Edge, Lattice

_SOUND_ALIKES = "做右左又有双商爽不部步无五屋未为没否非飞肺费二而三一已意炎癌阴阳高前浅心胸腔积液节结回声"


class _Search:
    """A lattice with what it is built from."""

    def __init__(self) -> None:
        self.model = LanguageModel()
        self.channel = Channel(sorted({base for base, _ in self.model.sounds}))
        self.lattice = Lattice(self.model, self.channel)

    def changed(self, text: str, *alternatives: Alternative) -> list[Edge]:
        heard = places(text, alternatives, model=self.model, channel=self.channel)
        return [edge for edges in self.lattice.edges(heard) for edge in edges if edge.changed]


@pytest.fixture(scope="module")
def search() -> _Search:
    return _Search()


def _written(search: _Search, text: str, *alternatives: Alternative) -> set[str]:
    return {edge.written for edge in search.changed(text, *alternatives)}


def _keeps_order(kept: list[str], written: str) -> bool:
    rest = iter(written)
    return all(char in rest for char in kept)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=_SOUND_ALIKES, min_size=1, max_size=8), st.text(alphabet=_SOUND_ALIKES, max_size=8))
def test_no_word_writes_over_a_side_a_negation_or_an_opposite(search: _Search, text: str, other: str) -> None:
    for edge in search.changed(text, Alternative(text, -0.5), Alternative(other, -0.5)):
        heard = text[edge.start : edge.end]
        assert _keeps_order([char for char in heard if char in SIDES | NEGATIONS], edge.written)
        if len(heard) == len(edge.written):
            pairs = zip(heard, edge.written, strict=True)
            assert not any(pair in fences().opposites for pair in pairs)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=_SOUND_ALIKES, min_size=1, max_size=8))
def test_what_is_guarded_is_written_for_a_near_sound_only_and_says_so(search: _Search, text: str) -> None:
    for edge in search.changed(text):
        new = [char for char in edge.written if char in GUARDED and char not in text[edge.start : edge.end]]
        if new:
            assert edge.guarded
        if any(char in NUMERALS for char in new):
            assert len(edge.written) > 1


def test_numbers_are_written_over_only_where_a_term_explains_all_of_them(search: _Search) -> None:
    assert "淋巴结" in _written(search, "零八截肿大")
    assert "琉球" not in _written(search, "六九十八")
    assert not any(edge.end > 3 for edge in search.changed("腰五六九十八") if edge.start < 4)
    assert _written(search, "128毫米") == set()


def test_a_term_that_begins_with_a_numeral_may_stand_for_a_digit_but_a_count_may_not(search: _Search) -> None:
    assert "十二指肠" in _written(search, "12指肠")
    assert "二尖瓣" in _written(search, "2尖瓣")
    assert "三天" not in _written(search, "3天")
    assert "二尖瓣" not in _written(search, "82尖瓣")


def test_a_word_that_only_an_alternative_has_is_cheaper(search: _Search) -> None:
    text = "中夜"
    alone = min(edge.cost for edge in search.changed(text) if edge.written == "中叶")
    votes = [Alternative(text, -0.5), Alternative("中叶", -0.5)]
    voted = min(edge.cost for edge in search.changed(text, *votes) if edge.written == "中叶")
    assert voted < alone
