"""The one thread in front of the tagger: order, batches, failures, the end."""

import threading
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from wardscribe_server.engines.base import Sentence, Tagged, TaggerCapabilities
from wardscribe_server.engines.pool import PoolClosed
from wardscribe_server.engines.tagger_pool import TaggerPool

WITHIN_S = 10.0  # a test that waits so long has failed


class Gated:
    """A tagger that goes on only when told, and remembers what it was given; its answer's section is the text."""

    def __init__(self, *, max_batch: int = 1, reads_context: bool = False) -> None:
        self.gate = threading.Semaphore(0)
        self.started = threading.Semaphore(0)
        self.batches: list[list[str]] = []
        self.reads_context = reads_context
        self.capabilities = TaggerCapabilities("gated", "0" * 64, "cpu", max_batch)

    def kind(self, sentence: Sentence) -> Hashable:
        return len(sentence.text)

    def tag(self, sentences: Sequence[Sentence]) -> list[Tagged]:
        self.batches.append([sentence.text for sentence in sentences])
        self.started.release()
        assert self.gate.acquire(timeout=WITHIN_S)
        if any(sentence.text == "bad" for sentence in sentences):
            raise ValueError("a sentence is no business of a log")
        return [Tagged(section=sentence.text) for sentence in sentences]


def sentences(*texts: str) -> list[Sentence]:
    return [Sentence(text) for text in texts]


def asked(pool: TaggerPool, threads: ThreadPoolExecutor, waiting: int, *texts: str) -> "Future[list[Tagged | None]]":
    """A request made in a thread; back when its sentences are in the queue."""
    request = threads.submit(pool.tag, sentences(*texts))
    deadline = threading.Event()
    for _ in range(10_000):
        if pool.waiting == waiting:
            return request
        deadline.wait(0.001)
    raise AssertionError("the request did not come in")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def sections(answers: Sequence[Tagged | None]) -> list[str]:
    return [answer.section if answer is not None else "none" for answer in answers]


def test_the_first_sentences_of_all_come_before_the_second_of_one(threads: ThreadPoolExecutor) -> None:
    tagger = Gated()
    pool = TaggerPool(tagger)
    first = asked(pool, threads, 0, "running")
    assert tagger.started.acquire(timeout=WITHIN_S)
    long = asked(pool, threads, 3, "l1", "l2", "l3")
    short = asked(pool, threads, 4, "s1")
    tagger.gate.release(5)
    assert sections(first.result(WITHIN_S)) == ["running"]
    assert sections(long.result(WITHIN_S)) == ["l1", "l2", "l3"]
    assert sections(short.result(WITHIN_S)) == ["s1"]
    assert tagger.batches == [["running"], ["l1"], ["s1"], ["l2"], ["l3"]]
    pool.close()


def test_sentences_of_one_kind_that_wait_together_go_together(threads: ThreadPoolExecutor) -> None:
    tagger = Gated(max_batch=3)
    pool = TaggerPool(tagger)
    first = asked(pool, threads, 0, "running")
    assert tagger.started.acquire(timeout=WITHIN_S)
    requests = [asked(pool, threads, 2, "aa", "bbb"), asked(pool, threads, 6, "cc", "dd", "ee", "fff")]
    tagger.gate.release(10)
    assert [sections(request.result(WITHIN_S)) for request in (first, *requests)] == [
        ["running"],
        ["aa", "bbb"],
        ["cc", "dd", "ee", "fff"],
    ]
    assert tagger.batches == [["running"], ["aa", "cc", "dd"], ["bbb", "fff"], ["ee"]]
    pool.close()


def test_a_failure_costs_the_answer_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    tagger, told = Gated(), []
    pool = TaggerPool(tagger, took=lambda seconds, count, failed: told.append((seconds >= 0, count, failed)))
    tagger.gate.release(10)
    assert sections(pool.tag(sentences("good", "bad", "fine"))) == ["good", "none", "fine"]
    assert sections(pool.tag(sentences("later"))) == ["later"]
    assert told == [(True, 3, 1), (True, 1, 0)]
    assert "tagging failed: ValueError" in caplog.text
    assert "business" not in caplog.text
    pool.close()


def test_who_waits_at_the_end_is_turned_away(threads: ThreadPoolExecutor) -> None:
    tagger = Gated()
    pool = TaggerPool(tagger)
    running = asked(pool, threads, 0, "running")
    assert tagger.started.acquire(timeout=WITHIN_S)
    waiting = asked(pool, threads, 1, "waits")
    closing = threads.submit(pool.close)
    with pytest.raises(PoolClosed):
        waiting.result(WITHIN_S)
    tagger.gate.release()
    closing.result(WITHIN_S)
    assert sections(running.result(WITHIN_S)) == ["running"]
    with pytest.raises(PoolClosed):
        pool.tag(sentences("late"))


def test_it_says_what_the_tagger_says_of_itself() -> None:
    pool = TaggerPool(Gated(reads_context=True))
    assert (pool.reads_context, pool.capabilities.model, pool.waiting) == (True, "gated", 0)
    pool.close()
