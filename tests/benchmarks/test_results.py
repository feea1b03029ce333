import pytest
from provenance import Commit, InputFile, Machine
from results import CaseRow, ModelUsed, Results, comparison, flat, read_results

from wardscribe_protocol.errors import InputError


@pytest.fixture
def results():
    def made(figures=None, *, digest="c" * 64, cpu="Abacus", load=0.1, model="base", ids=("a",), scorer="s" * 64):
        return Results(
            date="2026-01-01T00:00:00+00:00",
            command="benchmarks/run.py",
            commit=Commit(hash=None, dirty=True),
            machine=Machine(cpu=cpu, cores=2, memory_mb=1000, system="Linux x86_64", load_average=load),
            versions={"python": "3.11"},
            model=ModelUsed(name=model, sha256="0" * 64, device="cpu", compute_type="int8"),
            settings={"threads": 0},
            cases_file=InputFile(name="cases.jsonl", sha256=digest),
            scorer=InputFile(name="score.py", sha256=scorer),
            templates=("chest_xray",),
            notes=(),
            figures=figures or {},
            cases=tuple(CaseRow(id=name, template="chest_xray", language="en") for name in ids),
        )

    return made


def test_a_result_file_is_read_back_as_it_was(tmp_path, results):
    path = tmp_path / "out.json"
    for ids in ((), ("a",), ("a", "b")):
        written = results({"audio": {"cases": 3}}, ids=ids)
        path.write_text(written.to_json(), encoding="utf-8")
        assert read_results(path) == written


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"schema": "other/1"}', '{"schema": "wardscribe.benchmark/1"}'])
def test_what_is_not_a_result_file_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "out.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="not a result file") as raised:
        read_results(path)
    assert "\n" not in raised.value.message


def test_a_missing_baseline_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_results(tmp_path / "none.json")


def test_only_numbers_are_figures():
    assert dict(flat({"a": {"f1": 0.5, "none": None, "yes": True}, "b": 2, "names": ["x"]})) == {"a.f1": 0.5, "b": 2.0}


def test_a_comparison_gives_both_figures_and_the_difference(results):
    lines = list(comparison(results({"wer": 0.25, "gone": 1}), results({"wer": 0.2, "new": 3})))
    assert [line.split() for line in lines] == [
        ["figure", "baseline", "now", "difference"],
        ["wer", "0.25", "0.2", "-0.05"],
        ["new", "-", "3"],
        ["gone", "1", "-"],
    ]


@pytest.mark.parametrize(
    ("change", "reservation"),
    [
        ({"digest": "d" * 64}, "case files differ"),
        ({"ids": ("a", "b")}, "different cases"),
        ({"scorer": "t" * 64}, "scorers differ"),
        ({"model": "small"}, "models differ"),
        ({"cpu": "Difference Engine"}, "machines differ"),
    ],
)
def test_what_makes_two_runs_hard_to_compare_is_said_first(results, change, reservation):
    assert reservation in next(comparison(results(), results(**change)))


def test_two_like_runs_are_compared_without_reservation(results):
    assert next(comparison(results(), results(load=1.9))).startswith("figure")
