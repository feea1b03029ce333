"""What waits for a server does not hold a window up, and tells nothing to one that has gone."""

import threading

from pytestqt.qtbot import QtBot

from wardscribe_client.desktop.asking import Background
from wardscribe_protocol.errors import ErrorCode, RefusedError, WardscribeError


def refuse() -> int:
    raise RefusedError(ErrorCode.FORBIDDEN)


def test_answers_and_errors_come_back_on_the_windows_thread_in_order(qtbot: QtBot) -> None:
    background = Background()
    told: list[tuple[object, int]] = []

    def note(what: object) -> None:
        told.append((what.code if isinstance(what, WardscribeError) else what, threading.get_ident()))

    background.run(lambda: 1, then=note, failed=note)
    background.run(refuse, then=note, failed=note)
    background.run(lambda: 3, then=note, failed=note)
    assert background.busy
    qtbot.waitUntil(lambda: not background.busy)
    here = threading.get_ident()
    assert told == [(1, here), (ErrorCode.FORBIDDEN, here), (3, here)]
    background.close()


def test_closing_waits_for_nothing_and_nothing_is_told_afterwards(qtbot: QtBot) -> None:
    background = Background()
    begun, let_go = threading.Event(), threading.Event()
    told: list[object] = []

    def work() -> int:
        begun.set()
        let_go.wait(20)
        return 1

    background.run(work, then=told.append, failed=told.append)
    background.run(lambda: 2, then=told.append, failed=told.append)
    assert begun.wait(20)
    background.close()  # while the server does not answer
    background.run(lambda: 3, then=told.append, failed=told.append)
    let_go.set()
    background._thread.shutdown(wait=True)
    qtbot.wait(0)
    assert told == []
