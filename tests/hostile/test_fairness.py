"""Who sends more than anybody can speak or type waits for those who dictate, or is put out; nobody else notices."""

import asyncio
import threading
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import pytest

from wardscribe_protocol.allowance import Allowance
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import FieldEdit, Finalize, Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.server_session import ServerSession
from wardscribe_protocol.settings import ServerSessionSettings
from wardscribe_protocol.wire import SessionId, SessionToken
from wardscribe_server.engines.base import Effort, Hypothesis, Window
from wardscribe_server.engines.fake import ScriptedRecogniser
from wardscribe_server.engines.pool import EnginePool
from wardscribe_server.pipeline.pace import Haste
from wardscribe_server.turns import Turns

SECOND = 16_000
NEVER_S = 1e6


class Noting(ScriptedRecogniser):
    """Waits for its gate before each decode and notes how long the windows were, in order."""

    def __init__(self) -> None:
        super().__init__([])
        self.gate = threading.Event()
        self.order: list[int] = []

    def kind(self, window: Window) -> Hashable:
        return len(window.samples)

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        assert self.gate.wait(20)
        self.order += [len(window.samples) for window in windows]
        return super().decode(windows)


def window(length: int, effort: Effort = Effort.FINAL) -> Window:
    return Window(np.zeros(length, dtype=np.float32), Language.EN, effort)


@pytest.fixture
def engine() -> Iterator[Noting]:
    noting = Noting()
    yield noting
    noting.gate.set()


def test_what_is_ahead_is_decoded_last_whatever_its_backlog(engine: Noting) -> None:
    pool = EnginePool(engine, live_s=0)
    first = pool.submit(window(1), owner="speaker")
    jobs = [pool.submit(window(2), due=-1000, ahead=True, owner="flood") for _ in range(3)]
    jobs.append(pool.submit(window(3, Effort.TAIL), due=5, owner="speaker"))
    engine.gate.set()
    for job in [first, *jobs]:
        job.result(20)
    pool.close()
    assert engine.order == [1, 3, 2, 2, 2]


def test_what_is_ahead_does_not_even_begin_while_another_dictates(engine: Noting) -> None:
    engine.gate.set()
    pool = EnginePool(engine, live_s=NEVER_S, patience_s=NEVER_S)
    pool.submit(window(1, Effort.TAIL), owner="speaker").result(20)
    held = pool.submit(window(2), ahead=True, owner="flood")
    for _ in range(5):
        pool.submit(window(1, Effort.TAIL), owner="speaker").result(20)
    assert not held.done()
    assert pool.wait_s == 0, "nobody is turned away for what waits on purpose"
    pool.close()
    assert held.cancelled()
    assert engine.order == [1] * 6


def test_one_of_what_is_ahead_is_let_through_now_and_then(engine: Noting) -> None:
    engine.gate.set()
    pool = EnginePool(engine, live_s=NEVER_S, patience_s=0.05)
    pool.submit(window(1), owner="speaker").result(20)
    assert pool.submit(window(2), ahead=True, owner="flood").result(20)
    pool.close()


def test_a_recording_alone_on_the_server_is_not_held_back_by_its_own_beginning(engine: Noting) -> None:
    engine.gate.set()
    pool = EnginePool(engine, live_s=NEVER_S, patience_s=NEVER_S)
    pool.submit(window(1), owner="recording").result(20)
    assert pool.submit(window(2), ahead=True, owner="recording").result(20)
    pool.close()


def test_audio_at_the_speed_of_speech_is_never_ahead() -> None:
    haste = Haste()
    for second in range(3600):
        haste.received(SECOND, now_s=second + 1.0)
        assert not haste.is_ahead(now_s=second + 1.0)


def test_audio_at_a_hundred_times_its_speed_is_ahead_at_once_and_until_time_has_caught_up() -> None:
    haste = Haste()
    haste.received(4 * SECOND, now_s=0.04)
    assert not haste.is_ahead(now_s=0.04)
    haste.received(100 * SECOND, now_s=1.0)
    assert haste.is_ahead(now_s=1.0)
    assert haste.is_ahead(now_s=90.0)
    assert not haste.is_ahead(now_s=100.0)


def test_a_client_that_was_away_may_send_what_it_kept() -> None:
    haste = Haste()
    haste.received(SECOND, now_s=0.0)
    haste.received(60 * SECOND, now_s=60.0)
    assert not haste.is_ahead(now_s=60.0)
    haste.received(600 * SECOND, now_s=4000.0)
    assert haste.is_ahead(now_s=4000.0), "but not an hour that nobody dictated"


def test_an_allowance_is_used_up_and_fills_again() -> None:
    allowance = Allowance(burst=3, per_s=1, now=0)
    assert [allowance.take(1, now=0) for _ in range(4)] == [True, True, True, False]
    assert allowance.take(1, now=1)
    assert not allowance.take(1, now=0.5), "a clock that goes back gives nothing"
    assert allowance.take(100, now=100), "what weighs more than all costs all"
    assert not allowance.take(1, now=100)


def flooded(text: str, times: int, *, every_s: float = 0.0) -> tuple[ServerSession, int]:
    """A session, and how many of `times` messages it took."""
    session = ServerSession(SessionId("s"), SessionToken("t"), now=0, settings=ServerSessionSettings())
    attachment = session.attach(Start(template="chest_xray", language=Language.EN), now=0)
    session.events_received()
    taken = 0
    for number in range(times):
        session.receive_text(text, attachment=attachment, now=number * every_s)
        taken += len(session.events_received())
    if taken < times:
        assert session.close_reason(attachment) is ErrorCode.OVERLOADED
    return session, taken


def test_a_flood_of_controls_ends_the_connection() -> None:
    _, small = flooded(encode_message(Finalize()), 100_000)
    _, large = flooded(encode_message(FieldEdit(path="/fields/x", value="x" * 200_000)), 1000)
    assert 500 < small < 700
    assert large < 20


def test_a_person_who_clicks_without_rest_is_never_put_out() -> None:
    _, taken = flooded(encode_message(FieldEdit(path="/fields/x", value="x" * 200)), 20_000, every_s=0.1)
    assert taken == 20_000


def test_what_clients_ask_for_is_done_one_at_a_time_whoever_fails() -> None:
    turns, log = Turns(), []

    async def work(number: int) -> None:
        async with turns.turn():
            log.append((number, "in"))
            await asyncio.sleep(0)
            if number == 1:
                raise ValueError
            log.append((number, "out"))

    async def all_at_once() -> list[BaseException | None]:
        return await asyncio.gather(*(work(number) for number in range(4)), return_exceptions=True)

    failures = asyncio.run(all_at_once())
    assert [type(failure) for failure in failures] == [type(None), ValueError, type(None), type(None)]
    assert log == [(0, "in"), (0, "out"), (1, "in"), (2, "in"), (2, "out"), (3, "in"), (3, "out")]
