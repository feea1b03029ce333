import pytest
from tokenizers import Tokenizer

from models.training.encoder import pruned
from models.training.gold.boundaries import Boundaries
from models.training.weak.teacher import Teacher
from tests.models.training.small_vocabulary import original
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


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[int]]:
    """A tokeniser small enough to write down, and which of its original's pieces are left."""
    texts = ["no cough left lung nodule", "no cough left lung nodule"]
    return pruned(original(tmp_path_factory.mktemp("original")), texts)


@pytest.fixture(scope="session")
def tokenizer(vocabulary: tuple[str, list[int]]) -> Tokenizer:
    return Tokenizer.from_str(vocabulary[0])
