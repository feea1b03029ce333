"""The shipped lexicons and their correctors, loaded once: loading takes longer than most tests."""

import pytest

from wardscribe_lexicons import Lexicon, load
from wardscribe_server.lexicon.correction import Corrector
from wardscribe_server.lexicon.correctors import corrector_for


@pytest.fixture(scope="session")
def english_lexicon() -> Lexicon:
    """Every English term that is shipped."""
    return load("en")


@pytest.fixture(scope="session")
def english(english_lexicon: Lexicon) -> Corrector:
    """The English corrector without a site's or a physician's terms."""
    return corrector_for(english_lexicon)


@pytest.fixture(scope="session")
def chinese() -> Corrector:
    """The Chinese corrector without a site's or a physician's terms."""
    return corrector_for(load("zh"))
