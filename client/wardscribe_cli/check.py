"""`wardscribe check`: the pre-sign checks of a record file."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Record, Severity
from wardscribe_server.catalog.load import shown
from wardscribe_server.pipeline.understanding.checks import check_record

_Model = TypeVar("_Model", bound=BaseModel)


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe check`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a record as JSON")
    parser.add_argument(
        "--context", type=Path, metavar="FILE", help="patient and order as JSON, as a session's `start` gives them"
    )


def run(arguments: Namespace) -> int:
    """Print one line a check; 1 when one is an error."""
    record = _read(arguments.file, Record, "a record")
    context = _read(arguments.context, Context, "a context") if arguments.context is not None else None
    checks = check_record(record, context=context)
    for check in checks:
        line = "\t".join(map(_printable, (check.severity.value, check.code, check.path, check.message)))
        sys.stdout.write(f"{line}\n")
    return 1 if any(check.severity is Severity.ERROR for check in checks) else 0


def _printable(text: str) -> str:
    """A record's keys may hold anything, also what a reader of lines takes for the end of one."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _read(file: Path, model: type[_Model], name: str) -> _Model:
    try:
        return model.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8 text") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = shown(first["loc"], separator="/") or "the file"
        raise InputError(f"{file}: not {name}: {where}: {first['msg'].lower()}") from None
