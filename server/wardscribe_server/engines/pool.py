"""Worker threads in front of one recogniser: finals before tails, among equals the earliest due first.

The event loop hands work in and awaits the result; it never decodes itself. Sessions bound what they submit (a final
and a tail at a time), so the queue is bounded by the number of sessions. Windows of one kind that wait together are
decoded together, as many as the engine takes at no loss.

What is ahead, audio that came faster than it can have been spoken, comes last. While somebody else dictates it is held
back, for a decode that runs cannot be stopped; but one of them is let through every half minute.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.engines.base import Capabilities, Effort, Hypothesis, Recogniser, Window

_LIVE_S = 4.0  # somebody who asked for words within this time is dictating: longer than between any two tails
_PATIENCE_S = 30.0
_WAIT_SHARE = 0.2  # of the newest wait in the running average


class PoolClosed(RefusedError):
    """The pool is shutting down and takes no more work."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.SERVER_STOPPING)


@dataclass(order=True, slots=True)
class _Job:
    ahead: bool
    effort: Effort
    due: float
    number: int
    since: float = field(compare=False)
    window: Window = field(compare=False)
    kind: Hashable = field(compare=False)
    owner: Hashable = field(compare=False)
    done: "Future[Hypothesis]" = field(compare=False)


class EnginePool:
    """Runs decodes on `workers` threads."""

    def __init__(
        self, recogniser: Recogniser, *, workers: int = 1, live_s: float = _LIVE_S, patience_s: float = _PATIENCE_S
    ) -> None:
        self._live_s = live_s
        self._patience_s = patience_s
        self._live: dict[Hashable, float] = {}  # who asked for words as they were spoken, and when last
        self._let_through = time.monotonic()
        self._recogniser = recogniser
        self._batch = recogniser.capabilities.max_batch
        self._jobs: list[_Job] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._usual_wait_s = 0.0
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

    @property
    def wait_s(self) -> float:
        """How long a final waits for a worker: as of late, or as the oldest one in the queue already does."""
        with self._changed:
            since = [
                job.since
                for job in self._jobs
                if job.effort is Effort.FINAL and not job.ahead and not job.done.cancelled()
            ]
            oldest_s = time.monotonic() - min(since) if since else 0.0
            return max(oldest_s, self._usual_wait_s if since else 0.0)

    def submit(
        self, window: Window, *, due: float = 0.0, ahead: bool = False, owner: Hashable = None
    ) -> "Future[Hypothesis]":
        """Queue one decode; cancelling the future takes it out again if it has not been started.

        `due` orders the waiting windows of one effort; any clock will do if all callers use the same. One that is
        `ahead` waits while any other owner is dictating.

        Raises: PoolClosed after `close`.
        """
        done: Future[Hypothesis] = Future()
        kind = self._recogniser.kind(window) if self._batch > 1 else None
        with self._changed:
            if self._closed:
                raise PoolClosed
            number = next(self._numbers)
            now = time.monotonic()
            if not ahead:
                self._live = {who: at for who, at in self._live.items() if at + self._live_s > now} | {owner: now}
            heapq.heappush(self._jobs, _Job(ahead, window.effort, due, number, now, window, kind, owner, done))
            self._changed.notify()
        return done

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
                while not self._closed and (not self._jobs or self._hold_s() > 0):
                    self._changed.wait(self._hold_s() if self._jobs else None)
                if self._closed:
                    return
                jobs = self._next()
            if jobs:
                self._run(jobs)

    def _hold_s(self) -> float:
        """How long the most urgent job is held back for those who are dictating."""
        first, now = self._jobs[0], time.monotonic()
        others = [at for who, at in self._live.items() if who != first.owner]
        if not first.ahead or first.done.cancelled() or not others:
            return 0.0
        return min(max(others) + self._live_s, max(first.since, self._let_through) + self._patience_s) - now

    def _next(self) -> list[_Job]:
        """The most urgent job, and with it those of its kind that can be decoded together with it."""
        first = heapq.heappop(self._jobs)
        if not first.done.set_running_or_notify_cancel():
            return []
        if first.ahead:
            self._let_through = time.monotonic()
        chosen = [first]
        if self._batch > 1:
            for job in sorted(job for job in self._jobs if job.kind == first.kind):
                if len(chosen) == self._batch:
                    break
                self._jobs.remove(job)
                if job.done.set_running_or_notify_cancel():
                    chosen.append(job)
            heapq.heapify(self._jobs)
        if first.effort is Effort.FINAL:
            wait_s = time.monotonic() - first.since
            self._usual_wait_s += _WAIT_SHARE * (wait_s - self._usual_wait_s)
        return chosen

    def _run(self, jobs: list[_Job]) -> None:
        try:
            hypotheses = self._recogniser.decode([job.window for job in jobs])
        except BaseException as error:  # noqa: BLE001 - the job boundary: the waiting session decides what it means
            for job in jobs:
                job.done.set_exception(error)
            return
        for job, hypothesis in zip(jobs, hypotheses, strict=True):
            job.done.set_result(hypothesis)
