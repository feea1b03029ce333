"""One thread in front of the tagger, shared by all sessions: what waits together goes together where the tagger allows.

Composing runs in threads and waits for the answer there; the event loop never does. Every session waits for one request
at a time, so the queue is bounded by the number of sessions and the length of a text. The first sentences of all
requests come before the second ones, so that a long text holds nobody up.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from wardscribe_server.engines.base import Tagger, TaggerCapabilities
from wardscribe_server.engines.pool import PoolClosed
from wardscribe_server.pipeline.understanding.tagged import Sentence, Tagged

_log = logging.getLogger(__name__)


def _untold(_seconds: float, _sentences: int, _failed: int) -> None:
    """Nobody counts."""


@dataclass(order=True, slots=True)
class _Job:
    place: int  # of the sentence in its request
    number: int
    sentence: Sentence = field(compare=False)
    kind: Hashable = field(compare=False)
    done: "Future[Tagged | None]" = field(compare=False)


class TaggerPool:
    """A tagger for callers in many threads. A sentence on which it fails has no answer, and the log says so.

    `took` is told the seconds of each request, waiting included, its sentences, and on how many the tagger failed.
    """

    def __init__(self, tagger: Tagger, *, took: Callable[[float, int, int], None] = _untold) -> None:
        self._tagger = tagger
        self._took = took
        self._batch = tagger.capabilities.max_batch
        self._jobs: list[_Job] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="tagger", daemon=True)
        self._thread.start()

    @property
    def capabilities(self) -> TaggerCapabilities:
        """Those of the tagger behind it."""
        return self._tagger.capabilities

    @property
    def reads_context(self) -> bool:
        """Whether the sentence before matters to it."""
        return self._tagger.reads_context

    @property
    def waiting(self) -> int:
        """Sentences that have not been started."""
        with self._changed:
            return len(self._jobs)

    def tag(self, sentences: Sequence[Sentence]) -> list[Tagged | None]:
        """An answer for each sentence, None where the tagger failed; waits for it.

        Raises: PoolClosed.
        """
        started = time.perf_counter()
        jobs = [
            _Job(place, next(self._numbers), sentence, self._tagger.kind(sentence), Future())
            for place, sentence in enumerate(sentences)
        ]
        with self._changed:
            if self._closed:
                raise PoolClosed
            for job in jobs:
                heapq.heappush(self._jobs, job)
            self._changed.notify()
        answers = [job.done.result() for job in jobs]
        self._took(time.perf_counter() - started, len(jobs), answers.count(None))
        return answers

    def close(self) -> None:
        """Turn away what waits, let what runs finish."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.done.set_exception(PoolClosed())
            self._jobs.clear()
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._closed or self._jobs):
                    self._changed.wait()
                if self._closed:
                    return
                jobs = self._next()
            self._run(jobs)

    def _next(self) -> list[_Job]:
        first = heapq.heappop(self._jobs)
        chosen = [first]
        if self._batch > 1:
            chosen += sorted(job for job in self._jobs if job.kind == first.kind)[: self._batch - 1]
            self._jobs = [job for job in self._jobs if job not in chosen[1:]]
            heapq.heapify(self._jobs)
        return chosen

    def _run(self, jobs: Sequence[_Job]) -> None:
        try:
            answers: Sequence[Tagged | None] = self._tagger.tag([job.sentence for job in jobs])
        except Exception as error:  # noqa: BLE001 - the job boundary: the rules find what they know without it
            _log.warning("tagging failed: %s", type(error).__name__)
            answers = [None] * len(jobs)
        for job, answer in zip(jobs, answers, strict=True):
            job.done.set_result(answer)
