"""`wardscribe models list|fetch|verify`: weights by manifest."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_models.errors import ModelsError
from wardscribe_models.manifest import Model
from wardscribe_models.store import ModelStore, State
from wardscribe_protocol.errors import InputError


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe models`."""
    parser.add_argument("action", choices=("list", "fetch", "verify"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="models of the manifest; verify: all that are here")
    parser.add_argument("--models-dir", type=Path, metavar="DIR", help="folder for model weights")


def run(arguments: Namespace) -> int:
    """List, fetch or verify."""
    store = ModelStore(options.server_settings(arguments).models_dir)
    try:
        if arguments.action == "list":
            return _list(store)
        if arguments.action == "fetch":
            return _fetch(store, arguments.names)
        return _verify(store, arguments.names)
    except ModelsError as error:
        raise InputError(str(error)) from error


def _list(store: ModelStore) -> int:
    for listed in store.list_models():
        model = listed.model
        size_mb = sum(file.size for file in model.files) / 1e6
        row = (listed.name, listed.state.value, f"{size_mb:.0f} MB", model.licence, model.revision[:12], _trust(model))
        sys.stdout.write("\t".join(row) + "\n")
    return 0


def _trust(model: Model) -> str:
    """What stands behind a model's digests."""
    if not model.pinned:
        return "no revision pinned; digests are recorded at first fetch"
    if any(file.sha256 is None for file in model.files):
        return "revision pinned; missing digests are recorded at first fetch"
    return "digests pinned" if model.digests == "computed" else "digests pinned as others report them"


def _fetch(store: ModelStore, names: list[str]) -> int:
    if not names:
        raise InputError("which model? `wardscribe models list` shows them")
    for name in names:
        store.manifest.model(name)
    for name in names:
        with _watched() as progress:
            folder = store.fetch(name, progress=progress)
        say(f"model {name} is in {folder}")
    return 0


def _verify(store: ModelStore, names: list[str]) -> int:
    here = names or [listed.name for listed in store.list_models() if listed.state is not State.ABSENT]
    wrong = 0
    for name in here:
        problems = store.verify(name)
        wrong += len(problems)
        for problem in problems:
            say(problem.message)
        sys.stdout.write(f"{name}\t{'wrong' if problems else 'right'}\n")
    return 1 if wrong else 0


@contextmanager
def _watched() -> Iterator["_Bar"]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield _Bar(bars)


class _Bar:
    """A fetch as a progress bar on standard error."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def begin(self, what: str, total_bytes: int | None, have_bytes: int) -> None:
        self._task = self._bars.add_task(what, total=total_bytes, completed=have_bytes)
        if self._bars.disable:
            say(f"fetching {what}")

    def advance(self, received_bytes: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, advance=received_bytes)

    def end(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None

    def note(self, message: str) -> None:
        self._bars.console.print(f"wardscribe: {message}", highlight=False, soft_wrap=True)
