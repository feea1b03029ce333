"""What goes wrong says where and of what kind; canaries in exceptions, locals and other libraries' messages stay in."""

import asyncio
import io
import logging
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from wardscribe_cli import discretion
from wardscribe_cli.discretion import DiscreetFormatter

CANARY = "quokkaspoken"


def logged(act: Callable[[logging.Logger], None], name: str) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(DiscreetFormatter("%(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        act(logger)
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


def broken() -> None:
    heard = CANARY
    try:
        int(heard)
    except ValueError as error:
        raise RuntimeError(heard) from error


def failing(logger: logging.Logger) -> None:
    try:
        broken()
    except RuntimeError:
        logger.exception("went wrong")


@pytest.mark.parametrize("name", ["wardscribe_server.conductor", "uvicorn.error"])
def test_an_exception_is_logged_without_its_text_or_its_causes(name: str) -> None:
    text = logged(failing, name)
    assert CANARY not in text
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert "in broken" in text


def test_our_own_messages_are_shown_and_other_libraries_only_by_place() -> None:
    assert logged(lambda log: log.error("room: %d", 7), "wardscribe_server.x") == "ERROR wardscribe_server.x room: 7\n"
    for act in (
        lambda log: log.error(f"cannot decode {CANARY}"),
        lambda log: log.error("cannot decode %s", CANARY),
        lambda log: log.error(CANARY, stack_info=True),
    ):
        text = logged(act, "libav.mp3")
        assert CANARY not in text
        assert text.startswith("ERROR libav.mp3 (test_discretion.py:")


def test_a_record_that_another_handler_formatted_first_is_still_discreet() -> None:
    plain = logging.StreamHandler(io.StringIO())
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(plain)
    try:
        assert CANARY not in logged(failing, "uvicorn.error")
    finally:
        logger.removeHandler(plain)


def test_a_task_whose_exception_nobody_took_says_nothing_of_it() -> None:
    def act(_: logging.Logger) -> None:
        async def forget() -> None:
            async def fail() -> None:
                raise RuntimeError(CANARY)

            task = asyncio.create_task(fail())
            await asyncio.wait({task})
            del task

        asyncio.run(forget())

    text = logged(act, "asyncio")
    assert "RuntimeError" in text
    assert CANARY not in text


def test_threads_and_finalisers_that_fail_are_logged_discreetly(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fragile:
        def __del__(self) -> None:
            raise RuntimeError(CANARY)

    def act(_: logging.Logger) -> None:
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
        Fragile()

    monkeypatch.setattr(threading, "excepthook", discretion._on_thread_exception)
    monkeypatch.setattr(sys, "unraisablehook", discretion._on_unraisable)
    text = logged(act, "wardscribe_cli.discretion")
    assert "a thread failed: RuntimeError" in text
    assert "ignored: RuntimeError" in text
    assert CANARY not in text


def run(code: str) -> subprocess.CompletedProcess[str]:
    guarded = f"from wardscribe_cli.discretion import guard_process\nguard_process()\n{code}"
    return subprocess.run([sys.executable, "-c", guarded], capture_output=True, text=True, check=False, timeout=60)


def test_a_native_crash_leaves_function_names_and_no_dump() -> None:
    done = run(
        "import faulthandler, resource, ctypes\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)\n"
        f"def dictate(heard='{CANARY}'):\n"
        f"    spoken = '{CANARY}' + heard\n"
        "    faulthandler._sigsegv()\n"
        "dictate()"
    )
    assert done.returncode == -11
    if sys.platform == "linux":
        assert done.stdout == "(0, 0) 0\n"
    assert "in dictate" in done.stderr
    assert CANARY not in done.stderr


def test_what_reaches_the_interpreter_is_printed_without_its_text() -> None:
    done = run(f"raise RuntimeError('{CANARY}')")
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert CANARY not in done.stderr


def test_the_command_guards_its_process() -> None:
    code = (
        "import resource, sys\n"
        "sys.argv = ['wardscribe', '--version']\n"
        "from wardscribe_cli.__main__ import main\n"
        "main()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.endswith("(0, 0)\n"), done.stderr
