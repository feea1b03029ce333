import pytest

from models.training.generator.grammar import SPLITS, load, skeleton, split_of
from models.training.generator.notation import BadGrammar

SHARES = {"train": 80, "dev": 8, "test": 12}


def _folder(tmp_path, text):
    (tmp_path / "en").mkdir()
    (tmp_path / "en/a.toml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("[rules]\na = '''\nx\n[severty y]\n'''\n", "a.toml:4", "no label"),
        ("[[frames]]\nsection = 'findings'\nlines = '''\nok\n{unknown}\n'''\n", "unknown", "no rule"),
        ("[[frames]]\nsection = 'finding'\nlines = 'x'\n", "a.toml", "section finding"),
        ("[rules\n", "a.toml", "TOML"),
    ],
)
def test_a_bad_grammar_is_refused_with_its_place(tmp_path, text, place, problem):
    with pytest.raises(BadGrammar, match=problem) as refused:
        load("en", folder=_folder(tmp_path, text))
    assert place in str(refused.value)


def test_a_rule_that_stands_twice_is_refused(tmp_path):
    folder = _folder(tmp_path, "[rules]\na = 'x'\n")
    (folder / "en/b.toml").write_text("[rules]\na = 'y'\n", encoding="utf-8")
    with pytest.raises(BadGrammar, match=r"b\.toml:2: rule a stands twice"):
        load("en", folder=folder)


def test_a_number_before_an_alternative_is_its_weight(tmp_path):
    grammar = load("en", folder=_folder(tmp_path, "[rules]\na = '''\n3* x\ny\n'''\n"))
    assert [way.weight for way in grammar.rules["a"]] == [3, 1]


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_no_frame_is_in_two_splits_and_none_held_out_says_what_one_for_training_says(language, request):
    grammar = request.getfixturevalue(language)
    said = {split: {skeleton(frame.line) for frame in grammar.of_split(split).frames} for split in SPLITS}
    assert not said["test"] & said["train"]
    assert not said["dev"] & said["train"]
    assert len(said["test"]) > 50


def test_the_split_of_a_key_never_changes():
    assert [split_of(key, SHARES) for key in ("a", "b", "c", "d")] == [split_of(key, SHARES) for key in "abcd"]
    assert split_of("pneumonia", {"train": 85, "dev": 5, "test": 10}) == "train"


def test_the_skeleton_is_what_a_frame_says_beside_its_slots():
    assert skeleton("<absent: no [finding {f}] seen>.") == skeleton("no {f}, {g} seen")
