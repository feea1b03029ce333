import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
DOCUMENT = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("http_api", ROOT / "scripts" / "http_api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_document_is_as_the_code_is(generator: ModuleType) -> None:
    assert generator.main(["--check"]) == 0
    assert set(re.findall(r"<!-- generated: ([a-z-]+) -->", DOCUMENT)) == set(generator.generated())


def test_a_stale_document_is_noticed_and_put_right(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "http-api.md"
    stale.write_text(DOCUMENT.replace("| 409 | `wrong_state`", "| 400 | `wrong_state`"), encoding="utf-8")
    assert stale.read_text(encoding="utf-8") != DOCUMENT
    assert generator.main(["--check", "--document", str(stale)]) == 1
    assert "is stale" in capsys.readouterr().err
    assert generator.main(["--document", str(stale)]) == 0
    assert stale.read_text(encoding="utf-8") == DOCUMENT
