from wardscribe_server.engines.guards import made_up


def test_a_guess_is_doubted_as_a_whole_and_in_its_words() -> None:
    assert made_up([0.16], -0.88)
    assert made_up([0.05, 0.4, 0.2], -0.95)
    assert not made_up([0.52], -0.96), "heard badly, but heard"
    assert not made_up([0.1], -0.5), "one strange word, in a decode that fits"
    assert not made_up([], -0.9)
