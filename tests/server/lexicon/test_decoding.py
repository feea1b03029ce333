"""The search through a lattice of words."""

import pytest

from wardscribe_server.lexicon.decoding import best_path
from wardscribe_server.lexicon.language_model import LanguageModel
from wardscribe_server.lexicon.lattice import TRANSPARENT, Edge


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel()


def _edge(model: LanguageModel, start: int, word: str, cost: float = 0.0) -> Edge:
    return Edge(start, start + len(word), model.number[word], word, cost)


def test_the_likelier_words_win(model: LanguageModel) -> None:
    lattice = [[_edge(model, 0, "双下肢")], [], [], [_edge(model, 3, "水肿"), _edge(model, 3, "水准")], []]
    path = best_path(lattice, model, factor=1.0)
    assert path is not None
    assert path.text == "双下肢水肿"


def test_a_dear_word_loses(model: LanguageModel) -> None:
    lattice = [[_edge(model, 0, "双下肢")], [], [], [_edge(model, 3, "水肿", 30.0), _edge(model, 3, "水准")], []]
    path = best_path(lattice, model, factor=1.0)
    assert path is not None
    assert path.text == "双下肢水准"


def test_a_mark_is_passed_as_if_it_were_not_there(model: LanguageModel) -> None:
    plain = best_path([[_edge(model, 0, "双下肢")], [], [], [_edge(model, 3, "水肿")], []], model, factor=1.0)
    mark = Edge(3, 4, TRANSPARENT, "，", 0.0)
    marked = best_path([[_edge(model, 0, "双下肢")], [], [], [mark], [_edge(model, 4, "水肿")], []], model, factor=1.0)
    assert plain is not None
    assert marked is not None
    assert marked.score == pytest.approx(plain.score)
    assert marked.text == "双下肢，水肿"


def test_only_allowed_edges_are_taken_and_no_way_is_said_so(model: LanguageModel) -> None:
    lattice = [[_edge(model, 0, "水肿"), _edge(model, 0, "水准")], []]
    path = best_path(lattice, model, factor=1.0, allowed=lambda edge: edge.written == "水准")
    assert path is not None
    assert path.text == "水准"
    assert best_path(lattice, model, factor=1.0, allowed=lambda edge: False) is None


def test_nothing_heard_is_an_empty_path(model: LanguageModel) -> None:
    path = best_path([], model, factor=1.0)
    assert path is not None
    assert path.edges == ()
