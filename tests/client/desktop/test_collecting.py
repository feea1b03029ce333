import gc
import threading
import weakref

from pytestqt.qtbot import QtBot

from wardscribe_client.desktop.collecting import WindowCollector


class Rubbish:
    """Refers to itself, so that only the collector lets go of it."""

    gone_on: list[int] = []  # noqa: RUF012 - what the finaliser of all of them tells

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        self.gone_on.append(threading.get_ident())


def test_what_a_worker_leaves_goes_on_the_windows_thread(qtbot: QtBot) -> None:
    collector = WindowCollector()
    assert not gc.isenabled()
    left = []

    def work() -> None:
        left.append(weakref.ref(Rubbish()))
        for _ in range(gc.get_threshold()[0] * 3):
            [[]]  # noqa: B018 - enough for Python to collect by itself

    Rubbish.gone_on.clear()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert left[0]() is not None, "not on the worker's thread"
    held = [[] for _ in range(gc.get_threshold()[0] * 2)]
    collector.look()
    assert left[0]() is None
    assert Rubbish.gone_on == [threading.get_ident()]
    assert held
    collector.close()
    assert gc.isenabled()
