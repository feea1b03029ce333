import pytest

from models.training.gold.boundaries import Boundaries
from models.training.weak.teacher import Teacher
from wardscribe_lexicons import load


@pytest.fixture(scope="session")
def english():
    return Boundaries("en", load("en"))


@pytest.fixture(scope="session")
def chinese():
    return Boundaries("zh", load("zh"))


@pytest.fixture(scope="session")
def teacher(english):
    return Teacher("en", english)


@pytest.fixture(scope="session")
def chinese_teacher(chinese):
    return Teacher("zh", chinese)
