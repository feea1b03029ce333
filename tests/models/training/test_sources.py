import pytest

from models.training.labels import LABELS
from models.training.sources import BadSource, sources

GOOD = """
[own]
title = "Own"
licence = "Apache-2.0"
url = "https://example.org"
language = "en"
reader = "iob"
labels = ["drug"]
completed = ["age"]
scheme = ["Thing", "Med"]
[own.maps]
Med = "drug"
[own.loose]
Thing = ["finding", "disease"]
"""


def of(tmp_path, text):
    path = tmp_path / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return sources(path)


def test_every_source_says_its_licence_and_maps_all_of_its_types():
    for name, source in sources().items():
        assert source.licence, name
        assert all(source.mapped(kind) is not None for kind in source.scheme), name


def test_a_label_is_open_unless_people_or_rules_complete_it(tmp_path):
    own = of(tmp_path, GOOD)["own"]

    assert own.mapped("Med") == ("drug",)
    assert own.mapped("Thing") == ("finding", "disease")
    assert set(LABELS) - set(own.open_labels) == {"drug", "age"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('licence = "Apache-2.0"', "", "source own has no licence"),
        ('labels = ["drug"]', 'labels = ["pill"]', "names pill, which is no label"),
        ('completed = ["age"]', 'completed = ["years"]', "names years, which is no label"),
        ('Med = "drug"', 'Med = "pill"', "names pill, which is no label"),
        ('scheme = ["Thing", "Med"]', 'scheme = ["Thing", "Med", "Gene"]', "type Gene of source own has no entry"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(tmp_path, old, new, said):
    with pytest.raises(BadSource, match=said):
        of(tmp_path, GOOD.replace(old, new))
