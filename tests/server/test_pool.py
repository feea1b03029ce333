import asyncio
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import CancelledError, Future

import numpy as np
import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.engines.base import Capabilities, Effort, Hypothesis, Recogniser, Window
from wardscribe_server.engines.pool import EnginePool, PoolClosed

WITHIN_S = 10.0  # a test that waits so long has failed


class Gated:
    """A recogniser that lets each decode go on only when told, and remembers what it was given, in order."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.started = threading.Semaphore(0)
        self.decoded: list[int] = []
        self.batches: list[list[int]] = []
        self.max_batch = 1
        self.threads: set[str] = set()
        self.failures: dict[int, BaseException] = {}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities("gated", "0" * 64, "cpu", "none", (Language.EN,), 16_000, self.max_batch)

    def kind(self, window: Window) -> Hashable:
        return window.effort

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        numbers = [len(window.samples) for window in windows]
        self.decoded += numbers
        self.batches.append(numbers)
        self.threads.add(threading.current_thread().name)
        self.started.release()
        assert self.gate.acquire(timeout=WITHIN_S)
        for number in numbers:
            if number in self.failures:
                raise self.failures[number]
        return [
            Hypothesis(f"{len(window.samples)} {window.language} {window.effort.name}", (), 0.0) for window in windows
        ]

    def likelihoods(self, window: Window, texts: Sequence[str]) -> list[float]:
        return [0.0 for _ in texts]

    def open(self, count: int = 100) -> None:
        self.gate.release(count)

    def await_start(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.started.acquire(timeout=WITHIN_S)


@pytest.fixture
def engine() -> Gated:
    return Gated()


@pytest.fixture
def pools(engine: Gated) -> Iterator[Callable[[int], EnginePool]]:
    made: list[EnginePool] = []

    def make(workers: int = 1) -> EnginePool:
        recogniser: Recogniser = engine
        made.append(EnginePool(recogniser, workers=workers))
        return made[-1]

    yield make
    engine.open()
    for pool in made:
        pool.close()


def ask(pool: EnginePool, number: int, effort: Effort = Effort.FINAL, *, due: float = 0.0) -> "Future[Hypothesis]":
    return pool.submit(Window(np.zeros(number, dtype=np.float32), Language.EN, effort), due=due)


async def wrapped(pool: EnginePool, window: Window) -> Hypothesis:
    return await asyncio.wrap_future(pool.submit(window))


def test_a_decode_gives_what_the_engine_heard(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    engine.open()
    assert ask(pools(), 3).result(WITHIN_S).text == "3 en FINAL"


def test_finals_are_served_before_tails_and_equals_in_the_order_they_came(
    engine: Gated, pools: Callable[..., EnginePool]
) -> None:
    pool = pools()
    asked = [ask(pool, 1, Effort.TAIL)]
    engine.await_start()
    kinds = [Effort.TAIL, Effort.FINAL, Effort.TAIL, Effort.FINAL, Effort.TAIL, Effort.FINAL]
    asked += [ask(pool, 10 + index, kind) for index, kind in enumerate(kinds)]
    assert pool.waiting == 6
    engine.open()
    for future in asked:
        future.result(WITHIN_S)
    assert engine.decoded == [1, 11, 13, 15, 10, 12, 14]
    assert pool.waiting == 0


def test_a_waiting_decode_that_is_cancelled_is_never_run_and_waits_no_more(
    engine: Gated, pools: Callable[..., EnginePool]
) -> None:
    pool = pools()
    first = ask(pool, 1)
    engine.await_start()
    second, third = ask(pool, 2), ask(pool, 3)
    assert second.cancel()
    assert pool.waiting == 1
    engine.open()
    assert first.result(WITHIN_S)
    assert third.result(WITHIN_S)
    assert engine.decoded == [1, 3]


def test_a_decode_that_runs_cannot_be_cancelled(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    running = ask(pools(), 1)
    engine.await_start()
    assert not running.cancel()
    engine.open()
    assert running.result(WITHIN_S)


@pytest.mark.parametrize("failure", [RuntimeError("CUDA out of memory"), MemoryError(), SystemExit(1)])
def test_a_failure_goes_to_who_waits_for_it_and_the_worker_lives_on(
    engine: Gated, pools: Callable[..., EnginePool], failure: BaseException
) -> None:
    pool = pools()
    engine.failures[1] = failure
    engine.open()
    failing, next_one = ask(pool, 1), ask(pool, 2)
    assert failing.exception(WITHIN_S) is failure
    assert next_one.result(WITHIN_S).text == "2 en FINAL"


def test_closing_cancels_what_waits_and_lets_what_runs_finish(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    pool = pools()
    running = ask(pool, 1)
    engine.await_start()
    waiting = [ask(pool, 2), ask(pool, 3, Effort.TAIL)]
    cancelled = threading.Semaphore(0)
    for future in waiting:
        future.add_done_callback(lambda _: cancelled.release())
    closing = threading.Thread(target=pool.close)
    closing.start()
    for _ in waiting:
        assert cancelled.acquire(timeout=WITHIN_S)
    engine.open()
    closing.join(WITHIN_S)
    assert not closing.is_alive()
    assert running.result(WITHIN_S)
    for future in waiting:
        with pytest.raises(CancelledError):
            future.result(WITHIN_S)
    assert engine.decoded == [1]


def test_a_closed_pool_takes_no_more_work_and_may_be_closed_again(
    engine: Gated, pools: Callable[..., EnginePool]
) -> None:
    pool = pools()
    pool.close()
    pool.close()
    with pytest.raises(PoolClosed):
        ask(pool, 1)
    assert pool.waiting == 0


def test_several_workers_decode_at_the_same_time(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    pool = pools(3)
    asked = [ask(pool, number) for number in range(1, 6)]
    engine.await_start(3)
    assert pool.waiting == 2
    assert engine.threads == {"decode-0", "decode-1", "decode-2"}
    engine.open()
    assert [future.result(WITHIN_S).text for future in asked] == [f"{number} en FINAL" for number in range(1, 6)]


def test_the_event_loop_goes_on_while_a_decode_runs(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    pool = pools()

    async def session() -> str:
        decode = asyncio.create_task(wrapped(pool, Window(np.zeros(4, dtype=np.float32), Language.ZH, Effort.TAIL)))
        await asyncio.sleep(0)
        await asyncio.to_thread(engine.await_start)
        assert not decode.done()
        engine.open()
        return (await asyncio.wait_for(decode, WITHIN_S)).text

    assert asyncio.run(session()) == "4 zh TAIL"


def test_a_session_that_is_cancelled_takes_its_waiting_decode_with_it(
    engine: Gated, pools: Callable[..., EnginePool]
) -> None:
    pool = pools()
    first = ask(pool, 1)
    engine.await_start()

    async def session() -> None:
        decode = asyncio.create_task(wrapped(pool, Window(np.zeros(2, dtype=np.float32), Language.EN, Effort.FINAL)))
        await asyncio.sleep(0)
        decode.cancel()
        with pytest.raises(asyncio.CancelledError):
            await decode

    asyncio.run(session())
    engine.open()
    assert first.result(WITHIN_S)
    assert ask(pool, 3).result(WITHIN_S)
    assert engine.decoded == [1, 3]


def test_of_two_finals_the_one_that_is_due_first_is_served_first(
    engine: Gated, pools: Callable[..., EnginePool]
) -> None:
    pool = pools()
    asked = [ask(pool, 1)]
    engine.await_start()
    asked += [ask(pool, number, due=due) for number, due in ((2, 30.0), (3, 10.0), (4, 20.0))]
    asked += [ask(pool, 5, Effort.TAIL, due=0.0)]
    engine.open()
    for future in asked:
        future.result(WITHIN_S)
    assert engine.decoded == [1, 3, 4, 2, 5], "a tail waits for finals, however long it has been due"


def test_windows_of_one_kind_that_wait_together_are_decoded_together(
    engine: Gated, pools: Callable[..., EnginePool]
) -> None:
    engine.max_batch = 3
    pool = pools()
    asked = [ask(pool, 1)]
    engine.await_start()
    asked += [ask(pool, 2, Effort.TAIL), *(ask(pool, number) for number in (3, 4, 5, 6)), ask(pool, 7, Effort.TAIL)]
    engine.open()
    assert [future.result(WITHIN_S).text.split()[0] for future in asked] == list("1234567")
    assert engine.batches == [[1], [3, 4, 5], [6], [2, 7]]


def test_a_batch_leaves_out_what_was_cancelled(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    engine.max_batch = 4
    pool = pools()
    first = ask(pool, 1)
    engine.await_start()
    second, third, fourth = (ask(pool, number) for number in (2, 3, 4))
    assert third.cancel()
    engine.open()
    for future in (first, second, fourth):
        future.result(WITHIN_S)
    assert engine.batches == [[1], [2, 4]]


def test_the_wait_of_a_final_in_the_queue_is_known(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    pool = pools()
    running = ask(pool, 1)
    engine.await_start()
    assert pool.wait_s == 0.0
    waiting = ask(pool, 2)
    first = pool.wait_s
    while pool.wait_s == first:
        pass
    assert pool.wait_s > 0.0
    engine.open()
    running.result(WITHIN_S)
    waiting.result(WITHIN_S)
    assert pool.wait_s == 0.0


def test_capabilities_are_those_of_the_engine(engine: Gated, pools: Callable[..., EnginePool]) -> None:
    assert pools().capabilities == engine.capabilities
