"""Gives a target as many inputs as asked for, keeps what behaves in a new way, and notes time, memory and findings.

The feedback is the answer's kind: an input that is answered in a way not seen before joins the corpus. Owns no parser.
"""

import base64
import hashlib
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from fuzzing.mutations import Mutator
from fuzzing.targets import Target

BUDGET_CPU_S = 20.0  # an input that keeps the processor this long is a finding
_CORPUS = 400
_MOST_INPUT_BYTES = 2**20
_MOST_FINDINGS = 20
_MEMORY_EVERY = 256


class TooLong(BaseException):
    """An input used up its processor time. Not an `Exception`, so that no parser takes it for its own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that was not answered as it must be, and what happened; enough to do it again."""

    target: str
    error: str
    where: str
    input_base64: str

    @property
    def line(self) -> str:
        """For a person; long inputs are cut, the results file has them whole."""
        return f"{self.target}: {self.error} at {self.where}; input {self.input_base64[:2000]}"


@dataclass(slots=True)
class Outcome:
    """What a campaign over one target saw."""

    target: str
    inputs: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    cpu_s: float = 0.0
    longest_cpu_s: float = 0.0
    longest_input: bytes = b""
    memory_start_mb: float = 0.0
    memory_peak_mb: float = 0.0


def campaign(target: Target, *, inputs: int, seed: int, note: Path | None = None, stop_at_cpu_s: float = 0) -> Outcome:
    """At least `inputs` inputs to `target`, or as many as fit in `stop_at_cpu_s` when that is given.

    `note` is a file that holds the present input of a native target, for when the process does not survive it.
    """
    mutator, outcome = Mutator(seed), Outcome(target.name)
    corpus = list(target.seeds)
    fresh = iter([*corpus])
    seen: set[str] = set()
    faults: set[str] = set()
    started = time.process_time()
    runs = 0
    while outcome.inputs < inputs and len(outcome.findings) < _MOST_FINDINGS:
        data = next(fresh, None)
        if data is None:
            data = target.change(mutator, mutator.random.choice(corpus), corpus)[:_MOST_INPUT_BYTES]
        if note is not None and target.native:
            note.write_bytes(data)
        kind = _tried(target, data, outcome, faults)
        if kind not in seen and len(seen) < _CORPUS:
            seen.add(kind)
            corpus.append(data)
        runs += 1
        if runs == len(target.seeds) + 8:
            outcome.memory_start_mb = resident_mb()
        if runs % _MEMORY_EVERY == 0:
            outcome.memory_peak_mb = max(outcome.memory_peak_mb, resident_mb())
        outcome.cpu_s = time.process_time() - started
        if stop_at_cpu_s and outcome.cpu_s > stop_at_cpu_s:
            break
    outcome.memory_start_mb = outcome.memory_start_mb or resident_mb()
    outcome.memory_peak_mb = max(outcome.memory_peak_mb, resident_mb())
    return outcome


def _tried(target: Target, data: bytes, outcome: Outcome, faults: set[str]) -> str:
    started = time.process_time()
    try:
        with _limited():
            kind = target.judge(data)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the whole point: whatever leaves the product is a finding
        where = _where(error)
        kind = f"FINDING {type(error).__name__} {where}"
        if kind not in faults:
            faults.add(kind)
            text = base64.b64encode(data).decode()
            outcome.findings.append(Finding(target.name, f"{type(error).__name__}: {error!s:.160}", where, text))
    took = time.process_time() - started
    if took > outcome.longest_cpu_s:
        outcome.longest_cpu_s, outcome.longest_input = took, data
    outcome.inputs += target.inputs_each
    outcome.kinds[kind if len(outcome.kinds) < _CORPUS else "other"] += 1
    return kind


def _where(error: BaseException) -> str:
    """The last line of our own code that the error went through, and the last at all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "wardscribe_" in frame.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno} ({Path(frames[-1].filename).name}:{frames[-1].lineno})"


@contextmanager
def _limited() -> Iterator[None]:
    """Ends what keeps the processor too long; counts processor time, so that a busy machine is no fault."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, BUDGET_CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def resident_mb() -> float:
    """Memory of this process now; its peak where /proc is not there."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
        return pages * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def digest(data: bytes) -> str:
    """A short name for an input."""
    return hashlib.sha256(data).hexdigest()[:12]
