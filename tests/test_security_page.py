"""`docs/security.md` points to what exists: each protection names a module and a test, and both are there."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_PAGE = _ROOT / "docs" / "security.md"
_UNPROVED = "_(to verify"
_ROOTS = ("server/wardscribe_server", "client", "models", "lexicons", "")


def rows() -> list[tuple[int, list[str]]]:
    """The rows of tables of protections: what, module, test."""
    found, within = [], False
    for number, line in enumerate(_PAGE.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("| protection | module | test |"):
            within = True
        elif not line.startswith("|"):
            within = False
        elif within and not line.startswith("|---"):
            found.append((number, [cell.strip() for cell in line.strip("|").split("|")]))
    return found


def missing(cell: str) -> list[str]:
    """Files named in a cell that are nowhere."""
    return [
        name
        for name in re.findall(r"`([^`]+\.py)`", cell)
        if not any((_ROOT / root / name).is_file() for root in _ROOTS)
    ]


def test_every_protection_names_a_module_and_a_test_that_exist() -> None:
    checked = 0
    for number, (what, module, test) in rows():
        assert re.search(r"`tests/[^`]+\.py`", test), f"security.md:{number}: names no test"
        if _UNPROVED not in what:
            assert missing(module) + missing(test) == [], f"security.md:{number}"
            checked += 1
    assert checked > 20


def test_figures_cite_a_file_that_is_here() -> None:
    for name in re.findall(r"`(benchmarks/[^` ]+)", _PAGE.read_text(encoding="utf-8")):
        assert (_ROOT / name).is_file(), name


@pytest.mark.parametrize("cell", ["`vault/nothing.py`", "`tests/server/test_nothing.py`"])
def test_a_file_that_is_gone_is_noticed(cell: str) -> None:
    assert missing(cell)
