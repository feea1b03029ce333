"""Where figures come from: commit, machine, library versions, inputs by digest.

Owns what makes two runs comparable. Names no folder of the machine it ran on.
"""

import hashlib
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_ROOT = Path(__file__).resolve().parent.parent
_LIBRARIES = ("wardscribe", "ctranslate2", "faster-whisper", "onnxruntime", "numpy")
_MIB = 1024 * 1024


class Provenance(BaseModel):
    """Base of what is written down about a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Commit(Provenance):
    """The code that ran; `hash` is absent outside a repository or before its first commit."""

    hash: str | None
    dirty: bool


class Machine(Provenance):
    """The computer, as far as it decides how fast things are."""

    cpu: str
    cores: int
    memory_mb: int
    system: str
    load_average: float | None  # over the minute before the run: others' work makes it slower


class InputFile(Provenance):
    """A file that was measured with: its name and its contents' digest."""

    name: str
    sha256: str


def commit(root: Path = _ROOT) -> Commit:
    """The checked-out commit, and whether anything but a baseline differs from it."""
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", ".", ":(exclude)benchmarks/baseline")
    return Commit(hash=head.strip() if head else None, dirty=changes is None or bool(changes.strip()))


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def machine(cpu_table: Path = Path("/proc/cpuinfo")) -> Machine:
    """This computer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return Machine(
        cpu=_cpu(cpu_table),
        cores=cores,
        memory_mb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB,
        system=f"{platform.system()} {platform.machine()}",
        load_average=load,
    )


def _cpu(table: Path) -> str:
    try:
        named = re.search(r"^model name\s*:\s*(.+)$", table.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        named = None
    return named[1].strip() if named else platform.processor() or "unknown"


def versions() -> dict[str, str]:
    """Python and the libraries that decide figures."""
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}


def input_file(path: Path) -> InputFile:
    """Name and digest of a file."""
    with path.open("rb") as file:
        return InputFile(name=path.name, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def command_line(arguments: Sequence[str], *, program: str = "benchmarks/run.py") -> str:
    """The command with every path cut to its last part: digests say which file it was."""
    shown = [f"{flag}={_last(value)}" if equals else _last(flag) for flag, equals, value in _parted(arguments)]
    return " ".join([program, *shown])


def _parted(arguments: Sequence[str]) -> list[tuple[str, str, str]]:
    return [argument.partition("=") if argument.startswith("--") else (argument, "", "") for argument in arguments]


def _last(argument: str) -> str:
    return Path(argument).name if "/" in argument else argument


def peak_memory_mb() -> int:
    """The most memory that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // _MIB if sys.platform == "darwin" else peak // 1024
