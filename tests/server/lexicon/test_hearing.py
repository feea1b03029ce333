"""What was heard, place by place, with the votes of the recogniser's alternatives."""

import pytest

from wardscribe_server.lexicon.channel import Channel
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.lexicon.hearing import Kind, Place, places
from wardscribe_server.lexicon.language_model import LanguageModel


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel()


@pytest.fixture(scope="module")
def channel(model: LanguageModel) -> Channel:
    return Channel(sorted({base for base, _ in model.sounds}))


def _places(model: LanguageModel, channel: Channel, text: str, *alternatives: Alternative) -> tuple[Place, ...]:
    return places(text, alternatives, model=model, channel=channel)


def test_every_character_has_its_kind(model: LanguageModel, channel: Channel) -> None:
    found = _places(model, channel, "CT见三处，25毫米")
    kinds = [place.kind for place in found]
    assert kinds[:2] == [Kind.LATIN, Kind.LATIN]
    assert kinds[2:6] == [Kind.HAN, Kind.NUMERAL, Kind.HAN, Kind.MARK]
    assert kinds[6:8] == [Kind.DIGIT, Kind.DIGIT]
    assert [place.fenced for place in found[8:]] == [True, True]


def test_an_alternative_votes_where_it_differs(model: LanguageModel, channel: Channel) -> None:
    found = _places(model, channel, "中夜可见", Alternative("中夜可见", -0.4), Alternative("中叶可见", -0.41))
    assert set(found[1].kept) == {"夜", "叶"}
    assert found[1].kept["夜"] < found[1].kept["叶"] < found[1].kept["夜"] + 0.5
    assert set(found[0].kept) == {"中"}


def test_an_unlikely_alternative_hardly_counts(model: LanguageModel, channel: Channel) -> None:
    found = _places(model, channel, "中夜可见", Alternative("中夜可见", -0.1), Alternative("中叶可见", -3.0))
    assert set(found[1].kept) == {"夜"}


def test_an_alternative_of_another_length_votes_where_it_agrees(model: LanguageModel, channel: Channel) -> None:
    found = _places(
        model, channel, "双肺纹里增粗", Alternative("双肺纹里增粗", -0.3), Alternative("双肺纹理增粗了", -0.3)
    )
    assert "理" in found[3].kept


def test_the_sound_that_was_heard_is_nearest(model: LanguageModel, channel: Channel) -> None:
    (place,) = _places(model, channel, "飞")
    assert channel.bases[place.near[0][0]] == "fei"
    costs = [cost for _, cost in place.near]
    assert costs == sorted(costs)


def test_a_character_that_no_word_has_stays(model: LanguageModel, channel: Channel) -> None:
    (place,) = _places(model, channel, "\u9fa5" if "\u9fa5" not in model.number else "\u9ff0")
    assert place.fenced
    assert place.near == ()
