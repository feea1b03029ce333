"""What is chosen from the machine, and that a person's choice stands."""

import pytest

from wardscribe_server.engines.plan import EnginePlan, plan_for


@pytest.mark.parametrize(
    ("device", "cores", "plan"),
    [
        ("cpu", 1, EnginePlan(1, 1, 1)),
        ("cpu", 2, EnginePlan(2, 1, 1)),
        ("cpu", 8, EnginePlan(4, 2, 1)),
        ("cpu", 64, EnginePlan(8, 4, 1)),
        ("cuda", 16, EnginePlan(1, 1, 16)),
    ],
)
def test_the_plan_fits_the_machine(device: str, cores: int, plan: EnginePlan) -> None:
    assert plan_for(device, cores=cores) == plan


def test_what_is_set_is_kept() -> None:
    assert plan_for("cpu", cores=2, workers=3, threads=5, max_batch=7) == EnginePlan(3, 5, 7)
    assert plan_for("cuda", cores=2, max_batch=1) == EnginePlan(1, 1, 1)


def test_this_machine_has_a_plan() -> None:
    plan = plan_for("cpu")
    assert min(plan.workers, plan.threads, plan.max_batch) >= 1
