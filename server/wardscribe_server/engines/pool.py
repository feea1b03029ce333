"""Worker threads in front of one recogniser: finals before tails, first come first served among equals.

The event loop hands work in and awaits the result; it never decodes itself. Sessions bound what they submit (one
final and one tail at a time), so the queue is bounded by the number of sessions.
"""

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import Language
from wardscribe_server.engines.base import Capabilities, Effort, Hypothesis, Recogniser, Samples


class PoolClosed(RefusedError):
    """The pool is shutting down and takes no more work."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.SERVER_STOPPING)


@dataclass(order=True, slots=True)
class _Job:
    effort: Effort
    number: int
    run: Callable[[], Hypothesis] = field(compare=False)
    done: "Future[Hypothesis]" = field(compare=False)


class EnginePool:
    """Runs decodes on `workers` threads."""

    def __init__(self, recogniser: Recogniser, *, workers: int = 1) -> None:
        self._recogniser = recogniser
        self._jobs: list[_Job] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"decode-{index}", daemon=True) for index in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def capabilities(self) -> Capabilities:
        """Those of the recogniser behind it."""
        return self._recogniser.capabilities

    @property
    def waiting(self) -> int:
        """Decodes that have not been started."""
        with self._changed:
            return sum(not job.done.cancelled() for job in self._jobs)

    def submit(self, samples: Samples, *, language: Language, effort: Effort) -> "Future[Hypothesis]":
        """Queue one decode; cancelling the future takes it out again if it has not been started.

        Raises: PoolClosed after `close`.
        """
        done: Future[Hypothesis] = Future()
        with self._changed:
            if self._closed:
                raise PoolClosed
            job = _Job(
                effort,
                next(self._numbers),
                lambda: self._recogniser.decode(samples, language=language, effort=effort),
                done,
            )
            heapq.heappush(self._jobs, job)
            self._changed.notify()
        return done

    async def decode(self, samples: Samples, *, language: Language, effort: Effort) -> Hypothesis:
        """Await one decode from the event loop."""
        return await asyncio.wrap_future(self.submit(samples, language=language, effort=effort))

    def close(self) -> None:
        """Cancel what waits, let what runs finish."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.done.cancel()
            self._jobs.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._jobs and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                job = heapq.heappop(self._jobs)
            if not job.done.set_running_or_notify_cancel():
                continue
            try:
                job.done.set_result(job.run())
            except BaseException as error:  # noqa: BLE001 - the job boundary: the waiting session decides what it means
                job.done.set_exception(error)
