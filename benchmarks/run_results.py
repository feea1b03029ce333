"""What every result file of a run holds: where it comes from, figures, and a row for each thing that was tried."""

import json

from provenance import Commit, Machine
from pydantic import JsonValue
from results import ResultModel


class RunResults(ResultModel):
    """One run."""

    date: str
    command: str
    commit: Commit
    machine: Machine
    versions: dict[str, str]
    settings: dict[str, JsonValue]
    figures: dict[str, JsonValue]
    rows: tuple[dict[str, JsonValue], ...]

    def to_json(self) -> str:
        """The file's contents, one row a line."""
        whole = self.model_dump_json(by_alias=True, indent=1, exclude={"rows"})
        rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in self.rows)
        return f'{whole.removesuffix("}").rstrip()},\n "rows": [\n  {rows}\n ]\n}}\n'
