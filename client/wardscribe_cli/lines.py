"""Lines of text from a file or from standard input, always UTF-8 whatever the terminal thinks."""

import sys
from collections.abc import Iterator
from pathlib import Path

from wardscribe_protocol.errors import InputError

STANDARD_INPUT = "-"


def read_lines(file: str = STANDARD_INPUT) -> Iterator[str]:
    """Each line with its line break, as it comes.

    Raises: InputError when the file cannot be read or is not UTF-8.
    """
    named = file != STANDARD_INPUT
    if not named and sys.stdin is None:
        raise InputError("standard input is closed; give a file")
    shown = file if named else "standard input"
    try:
        with (
            Path(file).open(encoding="utf-8-sig")
            if named
            else open(sys.stdin.fileno(), encoding="utf-8-sig", closefd=False) as lines
        ):
            yield from lines
    except UnicodeDecodeError:
        raise InputError(f"{shown}: not UTF-8 text") from None
    except OSError as error:
        raise InputError(f"{shown}: cannot be read ({error.strerror})") from error
