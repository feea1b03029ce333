"""What a process of ours may leave behind when something fails: where it happened and of what kind, never with what.

Texts of exceptions and of other libraries' log messages can hold spoken content, names or values; a core dump holds
all of memory. Nothing here knows what a command does.
"""

import ctypes
import faulthandler
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

_OURS = ("wardscribe_cli", "wardscribe_client", "wardscribe_models", "wardscribe_protocol", "wardscribe_server")
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_MAX_CHAIN = 8
_PR_SET_DUMPABLE = 4  # linux/prctl.h

_log = logging.getLogger(__name__)


class DiscreetFormatter(logging.Formatter):
    """Our own messages are constant and shown; of another library's only the place is. Exceptions lose their text."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        shown = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None, "stack_info": None})
        if record.name.split(".")[0] not in _OURS:
            shown.msg, shown.args = f"({record.filename}:{record.lineno})", None
        text = super().format(shown)
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(_places(record.exc_info[1])).rstrip("\n")
        return text


def begin_logging(level: int) -> None:
    """Log to standard error, discreetly."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter(_FORMAT))
    logging.basicConfig(handlers=[handler], level=level)


def guard_process() -> None:
    """For a process that is ours alone: no core dumps, no memory read by other processes of the user, no exception's
    text from a thread, a finaliser or the interpreter itself. A crash in native code prints function names and lines.
    """
    _forbid_core_dumps()
    if sys.stderr is not None:
        faulthandler.enable()
    sys.excepthook = _on_exception
    threading.excepthook = _on_thread_exception
    sys.unraisablehook = _on_unraisable


def _forbid_core_dumps() -> None:
    if sys.platform == "win32":
        return  # makes none unless its administrator asks for them
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # The limit alone does not stop a kernel that pipes dumps to a collector, such as systemd-coredump.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _places(error: BaseException) -> Iterator[str]:
    """An exception and what led to it: types and places, without texts."""
    each: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if each is None:
            return
        yield from traceback.format_tb(each.__traceback__)
        yield f"{type(each).__name__}\n"
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def _on_exception(kind: type[BaseException], error: BaseException, _where: TracebackType | None) -> None:
    sys.stderr.write(f"wardscribe: internal error ({kind.__name__})\n" + "".join(_places(error)))


def _on_thread_exception(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        _log.error("a thread failed: %s\n%s", failed.exc_type.__name__, "".join(_places(failed.exc_value)))


def _on_unraisable(failed: "sys.UnraisableHookArgs") -> None:
    if failed.exc_value is not None:
        _log.error("ignored: %s\n%s", failed.exc_type.__name__, "".join(_places(failed.exc_value)))
