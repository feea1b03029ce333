"""One session's decodes: carries a flow's requests to the engines and the answers back. Knows no order but urgency."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future

from wardscribe_protocol.record import Language
from wardscribe_server.engines.base import Effort, Hypothesis
from wardscribe_server.pipeline.events import Decode, Decoded, Dropped, Paced
from wardscribe_server.pipeline.pace import Pace
from wardscribe_server.transcribe import decoded, window_of
from wardscribe_server.workshop import Workshop

_log = logging.getLogger(__name__)

# An engine may be out of memory for a moment, or on its way up again. Audio waits meanwhile; text is late.
_RETRY_S = (0.1, 0.5, 2.0, 5.0, 10.0, 15.0, 30.0)


class Decoding:
    """At most one tail waits or runs; a final makes it go, for it hears everything that the tail does."""

    def __init__(
        self,
        workshop: Workshop,
        language: Language,
        *,
        owner: str,
        answer: Callable[[Decoded | Dropped | Paced], None],
        fail: Callable[[Exception], None],
        step_samples: int,
    ) -> None:
        """`fail` is told what an engine raised every time that it was asked for what nobody has heard yet."""
        self._workshop = workshop
        self._language = language
        self._owner = owner
        self._answer = answer
        self._fail = fail
        self._step_samples = step_samples
        self._tasks: set[asyncio.Task[None]] = set()
        self._tail_job: Future[Hypothesis] | None = None  # in the pool's queue, or running
        self._pace = Pace()

    def request(self, request: Decode, *, due: float, ahead: bool) -> None:
        """Ask the engines; whose words have been waiting since the earliest `due` is served first.

        `ahead`: the audio came faster than anybody speaks, and lets those pass who are speaking.
        """
        if request.effort is Effort.FINAL:
            self.drop_waiting_tail()
        task = asyncio.create_task(self._decode(request, due, ahead=ahead))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def drop_waiting_tail(self) -> None:
        """A tail that still waits for a worker makes room for what hears more; a running one is left alone."""
        if self._tail_job is not None:
            self._tail_job.cancel()

    def cancel(self) -> None:
        """Nobody waits for any of it any more."""
        for task in self._tasks:
            task.cancel()

    async def _decode(self, request: Decode, due: float, *, ahead: bool) -> None:
        started = asyncio.get_running_loop().time()
        try:
            hypothesis = await self._heard(request, due, ahead=ahead)
        except asyncio.CancelledError:
            self._answer(Dropped(request))
            return
        except RuntimeError as error:
            if request.effort is Effort.AGAIN:
                self._answer(Decoded(request, "", ()))  # what was heard the first time stands
            else:
                self._fail(error)
            return
        except Exception as error:  # noqa: BLE001 - the job boundary: the session ends with it
            self._fail(error)
            return
        self._answer(decoded(request, hypothesis))
        if request.effort is Effort.TAIL:
            step_samples = self._pace.after(asyncio.get_running_loop().time() - started)
            if step_samples != self._step_samples:
                self._step_samples = step_samples
                self._answer(Paced(step_samples))

    async def _heard(self, request: Decode, due: float, *, ahead: bool) -> Hypothesis:
        """Raises: what the engine raised, when it raised it every time."""
        window = window_of(request, self._language)
        for wait_s in (*_RETRY_S, None):
            try:
                with self._workshop.metrics.decoding(request.effort.name.lower(), len(window.samples)):
                    job = self._workshop.pool.submit(window, due=due, ahead=ahead, owner=self._owner)
                    if request.effort is Effort.TAIL:
                        self._tail_job = job
                    return await asyncio.wrap_future(job)
            except RuntimeError as error:
                # CTranslate2 says everything with RuntimeError.
                _log.warning("decode failed: %s", type(error).__name__)
                if wait_s is None:
                    raise
                await asyncio.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")
