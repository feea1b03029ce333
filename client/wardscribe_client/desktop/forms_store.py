"""The templates as a server told them last, kept for the next start: labels are there before the server has answered.

Holds labels only, nothing of a patient.
"""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from wardscribe_client.desktop.form import Forms, FormsAnswer
from wardscribe_client.owner_only import read_owner_only, write_owner_only
from wardscribe_protocol.errors import InputError

FORMS_FILE: Final = "templates.json"


def kept_forms(folder: Path) -> Forms:
    """As they were told last; none where nothing was kept, or what was is of another version."""
    try:
        text = read_owner_only(folder / FORMS_FILE)
        return Forms.of(FormsAnswer.model_validate_json(text)) if text is not None else Forms()
    except (InputError, ValidationError):
        return Forms()  # the server will tell them again


def keep_forms(folder: Path, answer: FormsAnswer) -> None:
    """Keep them.

    Raises: InputError when they cannot be written.
    """
    write_owner_only(folder / FORMS_FILE, answer.model_dump_json())
