"""Rules about sources that keep content out of logs, errors and temporary places, read off the sources themselves."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

import wardscribe_cli
import wardscribe_client
import wardscribe_lexicons
import wardscribe_models
import wardscribe_protocol
import wardscribe_server

PACKAGES = (
    wardscribe_cli,
    wardscribe_client,
    wardscribe_lexicons,
    wardscribe_models,
    wardscribe_protocol,
    wardscribe_server,
)
_LEVELS = {"debug", "info", "warning", "error", "critical", "log", "exception"}


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple(
        (path, ast.parse(path.read_text(encoding="utf-8")))
        for package in PACKAGES
        for path in sorted(Path(package.__path__[0]).rglob("*.py"))
    )


def log_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LEVELS:
            owner = ast.unparse(node.func.value)
            if owner in ("_log", "logging", "logger") or owner.startswith("logging.getLogger"):
                yield node


def faults(tree: ast.Module) -> Iterator[str]:
    """What is wrong with the log calls of one module."""
    caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    for call in log_calls(tree):
        if call.func.attr == "exception" or any(keyword.arg in ("exc_info", "stack_info") for keyword in call.keywords):
            yield f"{call.lineno}: logs an exception with its text"
        message, *arguments = call.args[1:] if call.func.attr == "log" else call.args
        if not isinstance(message, ast.Constant):
            yield f"{call.lineno}: the message is not constant"
        if any(isinstance(argument, ast.Name) and argument.id in caught for argument in arguments):
            yield f"{call.lineno}: logs an exception as it is"


def test_log_messages_are_constant_and_carry_no_exception() -> None:
    wrong = [f"{path.name}:{fault}" for path, tree in sources() for fault in faults(tree)]
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        "_log.error(f'heard {x}')",
        "_log.error('heard %s' % x)",
        "_log.exception('failed')",
        "_log.info('x', exc_info=1)",
    ],
)
def test_the_rule_on_log_messages_can_fail(line: str) -> None:
    assert list(faults(ast.parse(line)))
    assert list(faults(ast.parse("try:\n    f()\nexcept OSError as error:\n    _log.error('failed: %s', error)")))


def test_nothing_readable_is_put_into_the_machines_folder_for_temporary_files() -> None:
    """The doctor's probe has no name and lies in the data folder; the others keep a spool there, under a key that is
    never written."""
    users = [
        path.name
        for path, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(name.name == "tempfile" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "tempfile")
    ]
    assert sorted(users) == ["blocking.py", "storage.py", "stream.py"]


def models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def test_no_model_of_ours_shows_what_it_was_given_in_its_errors() -> None:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            # Not the commands, nor the scripts that Alembic runs: they hold no models.
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
    # What wardscribe_models reads are manifests and answers of download servers: nothing of a dictation.
    open_ones = {
        model.__qualname__
        for model in models()
        if model.__module__.startswith("wardscribe_")
        and not model.__module__.startswith("wardscribe_models.")
        and not model.model_config.get("hide_input_in_errors")
    }
    assert open_ones == set()
