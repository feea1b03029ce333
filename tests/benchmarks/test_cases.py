import json

import pytest
from cases import Case, first_of_each_language, read_cases, recording_of

from wardscribe_protocol.errors import InputError


def line(name="a-1", language="en", **more):
    return json.dumps({"id": name, "template": "chest_xray", "language": language, "text": "clear lungs"} | more)


def test_cases_are_read_in_order_and_unknown_keys_are_left_alone(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(f"{line('b')}\n\n{line('a', 'zh', features=['x'], terms=['y'])}\n", encoding="utf-8")
    assert [(case.id, case.terms) for case in read_cases(path)] == [("b", ()), ("a", ("y",))]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (f"{line()}\nnot json\n", ":2: "),
        (f"{line()}\n{line()}\n", ":2: id 'a-1' is used twice"),
        (line(language="fr"), ":1: language"),
        (line("../../etc/passwd"), ":1: id"),
        ('{"id": "a"}', ":1: template: field required"),
        ("\n", "no cases"),
    ],
)
def test_a_bad_case_file_is_one_clear_line(tmp_path, content, complaint):
    path = tmp_path / "cases.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_cases(path)
    assert complaint in raised.value.message
    assert "\n" not in raised.value.message


def test_a_complaint_does_not_repeat_what_was_dictated(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(line(terms="canary words"), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_cases(path)
    assert "canary" not in raised.value.message


def test_a_missing_or_binary_case_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_cases(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_cases(tmp_path / "binary")


def test_a_recording_is_found_by_id_in_any_common_format(tmp_path, case):
    (tmp_path / "a-1.mp3").touch()
    assert recording_of(case("a-1"), tmp_path) == tmp_path / "a-1.mp3"
    assert recording_of(case("a-2"), tmp_path) is None


def test_a_limit_leaves_every_language_its_share():
    cases = [Case(id=f"c{n}", template="t", language="en" if n < 5 else "zh", text="x") for n in range(8)]
    assert [case.id for case in first_of_each_language(cases, 2)] == ["c0", "c1", "c5", "c6"]
    assert first_of_each_language(cases, None) == cases
