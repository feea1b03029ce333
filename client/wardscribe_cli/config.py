"""`wardscribe config`: every setting in force and where it comes from."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from wardscribe_cli import options


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe config`."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(arguments: Namespace) -> int:
    """Print the settings of server and client."""
    rows = [*_rows("server", options.server_settings(arguments)), *_rows("client", options.client_settings())]
    if arguments.json:
        table = {f"{part}.{name}": {"value": value, "source": source} for part, name, value, source, _ in rows}
        sys.stdout.write(json.dumps(table) + "\n")
        return 0
    for part, name, value, source, about in rows:
        sys.stdout.write(f"{part}.{name} = {value}\t({source})\t{about}\n")
    return 0


def _rows(part: str, settings: BaseSettings) -> list[tuple[str, str, str | int | float | bool | None, str, str]]:
    rows = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        variable = f"WARDSCRIBE_{name.upper()}"
        present = next((key for key in os.environ if key.upper() == variable), None)
        shown = "(set)" if isinstance(value, SecretStr) else value
        plain = shown if isinstance(shown, str | int | float | bool) or shown is None else str(shown)
        rows.append((part, name, plain, f"environment: {present}" if present else "default", field.description or ""))
    return rows
