"""What the command tells a person: one line at a time, on standard error."""

import sys


def say(message: str) -> None:
    """Print one line that starts with the program's name."""
    sys.stderr.write(f"wardscribe: {message}\n")
    sys.stderr.flush()
