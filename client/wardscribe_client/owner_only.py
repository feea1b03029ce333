"""Files of the user that nobody else may read, written whole or not at all. Knows no format."""

import os
from pathlib import Path
from typing import Final

from wardscribe_protocol.errors import InputError

_FILE: Final = 0o600
_FOLDER: Final = 0o700


def write_owner_only(path: Path, content: str | bytes) -> None:
    """A reader sees the old file or the new one, and only the owner is one.

    Raises: InputError; then nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({error.strerror}); is there room, and is it yours?") from error


def read_owner_only(path: Path) -> str | None:
    """The text of a file; None where there is none. A file that others could read is closed to them first.

    Raises: InputError.
    """
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(_FILE)
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({type(error).__name__}); move it away to begin anew") from error
