"""The tables of dictations in `benchmarks/dictations`: what is said, by which voice, with which medical terms.

Owns their columns. Any table with `id` and `text`, and `file` where a recording is not named after its id, will do.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from wardscribe_client.recording import FORMATS
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language

PAUSE = "|"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One dictation. `text` is as said, without the marks of pauses."""

    id: str
    text: str
    template: str
    voice: str
    file: str
    terms: tuple[str, ...]

    def recording_in(self, folder: Path) -> Path | None:
        """Where it was spoken; None where it was not."""
        names = [self.file] if self.file else [f"{self.id}.{form}" for form in FORMATS]
        return next((path for name in names if (path := folder / name).is_file()), None)


def read_table(path: Path, *, language: Language) -> list[TableRow]:
    """The dictations of a table, in order.

    Raises: InputError naming file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a UTF-8 table") from error
    head = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.DictReader(lines[head:], delimiter="\t", quoting=csv.QUOTE_NONE)
    if not {"id", "text"} <= set(reader.fieldnames or ()):
        raise InputError(f"{path}:{head + 1}: columns id and text are needed, separated by tabs")
    rows = []
    for number, row in enumerate(reader, start=head + 2):
        if not row["id"] or not row["text"]:
            raise InputError(f"{path}:{number}: id or text is empty")
        between = "" if language is Language.ZH else " "
        rows.append(
            TableRow(
                id=row["id"],
                text=between.join(part.strip() for part in row["text"].split(PAUSE)),
                template=row.get("template") or "",
                voice=row.get("voice") or "",
                file=row.get("file") or "",
                terms=tuple(term for term in (row.get("terms") or "").split(";") if term),
            )
        )
    return rows
