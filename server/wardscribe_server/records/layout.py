"""What stands under a printed report: the additions that were signed later. Owns their layout and nothing above it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from wardscribe_protocol.record import Language, Record

_ADDENDUM: Final[Mapping[Language, str]] = {Language.EN: "Addendum", Language.ZH: "补充报告"}


def addenda_text(record: Record) -> str:
    """The additions in their order, each with who made it and when; nothing where there are none."""
    return "".join(
        f"\n{_ADDENDUM[record.language]} ({entry.by}, {_when(entry.at)})\n  {_indented(entry.text)}\n"
        for entry in record.addenda or ()
    )


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _indented(text: str) -> str:
    """Every line stands below the heading, as the rest of the report does."""
    return "\n  ".join(text.splitlines())
