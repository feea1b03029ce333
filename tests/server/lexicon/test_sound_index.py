"""Finding targets by sound: who is near, and how near."""

from wardscribe_lexicons.pronouncing import pronouncer
from wardscribe_server.lexicon.sound_index import SoundIndex

_WORDS = ("pneumothorax", "hemothorax", "metformin", "furosemide", "enoxaparin", "bronchiectasis", "effusion", "carina")


def _near(heard: str) -> list[tuple[str, float]]:
    say = pronouncer().phones
    index = SoundIndex([say(word) for word in _WORDS])
    query = "".join(say(word) for word in heard.split())
    return [(_WORDS[near.target], near.distance) for near in index.near([query], share=0.4)]


def test_a_word_is_found_across_word_boundaries() -> None:
    for heard, said in (
        ("new mo thorax", "pneumothorax"),
        ("met for men", "metformin"),
        ("in knox upper in", "enoxaparin"),
        ("fur oh semide", "furosemide"),
    ):
        assert _near(heard)[0][0] == said


def test_the_same_sound_is_at_no_distance() -> None:
    assert _near("effusion")[0] == ("effusion", 0.0)


def test_what_sounds_like_nothing_finds_nothing() -> None:
    assert _near("giggle") == []


def test_several_queries_are_answered_each_for_itself() -> None:
    say = pronouncer().phones
    index = SoundIndex([say(word) for word in _WORDS])
    found = index.near([say("effusion"), say("carina")], share=0.1)
    assert [(near.query, _WORDS[near.target]) for near in found] == [(0, "effusion"), (1, "carina")]


def test_an_empty_index_and_an_empty_query_are_answered() -> None:
    assert SoundIndex(["kat"]).near([""], share=0.5) == []


def test_letters_say_how_words_sound_that_no_dictionary_has() -> None:
    say = pronouncer().phones
    assert say("pneumothorex")[0] == "n"
    assert say("phlegmonous")[0] == "f"
    assert say("psoriasis")[0] == "s"
    assert say("") == ""
