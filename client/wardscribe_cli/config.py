"""`wardscribe config`: every setting in force and where it comes from."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from wardscribe_cli import options
from wardscribe_server.config import ServerSettings

_Row = tuple[str, str, str | int | float | bool | None, str, str]  # part, name, value, source, about


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe config`."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(arguments: Namespace) -> int:
    """Print the settings of server and client."""
    server = options.server_settings(arguments)
    rows = [*_rows("server", server), *_rows("access", options.access_settings(arguments)), *_engine_rows(server)]
    rows += _rows("client", options.client_settings())
    if arguments.json:
        table = {f"{part}.{name}": {"value": value, "source": source} for part, name, value, source, _ in rows}
        sys.stdout.write(json.dumps(table) + "\n")
        return 0
    for part, name, value, source, about in rows:
        sys.stdout.write(f"{part}.{name} = {value}\t({source})\t{about}\n")
    return 0


def _engine_rows(settings: ServerSettings) -> list[_Row]:
    """What the machine makes of the settings that leave a choice; nothing where the server is not installed."""
    try:
        from wardscribe_server.assembly import engine_plan, tagger_folder
        from wardscribe_server.engines.plan import device_for

        device, plan = device_for(settings.device), engine_plan(settings)
        folder = tagger_folder(settings)
    except ImportError:
        return []
    chosen: dict[str, tuple[str | int, bool, str]] = {
        "device": (device, settings.device == "auto", "where the recogniser runs"),
        "workers": (plan.workers, not settings.workers, "decodes at the same time"),
        "threads": (plan.threads, not settings.threads, "threads of one decode"),
        "batch": (plan.max_batch, not settings.batch, "windows decoded together"),
        "tagger": (str(folder or "none"), settings.tagger and settings.tagger_folder is None, "where the tagger is"),
    }
    return [
        ("engine", name, value, "chosen from the machine" if free else "as set", about)
        for name, (value, free, about) in chosen.items()
    ]


def _rows(part: str, settings: BaseSettings) -> list[_Row]:
    rows = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        variable = f"WARDSCRIBE_{name.upper()}"
        present = next((key for key in os.environ if key.upper() == variable), None)
        shown = "(set)" if isinstance(value, SecretStr) else value
        plain = shown if isinstance(shown, str | int | float | bool) or shown is None else str(shown)
        rows.append((part, name, plain, f"environment: {present}" if present else "default", field.description or ""))
    return rows
