"""Which faults happen when, in one round of dictations: drawn from a seed, the same for the same seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What goes wrong."""

    KILL_SERVER = "kill_server"  # SIGKILL, and a new server
    TORN_JOURNAL = "torn_journal"  # the same, and what was not synced is lost in part, or becomes garbage
    DRAIN_SERVER = "drain_server"  # SIGTERM, and a new server
    FREEZE_SERVER = "freeze_server"  # SIGSTOP for a while
    FAIL_WORKER = "fail_worker"  # decodes raise
    FILL_DISK = "fill_disk"  # writes beyond a size fail for a while
    CLOCK_JUMP = "clock_jump"  # the server's wall clock
    KILL_CLIENT = "kill_client"  # SIGKILL, and a new process with the same spool
    CUT = "cut"  # the connection ends in mid-message
    STALL = "stall"  # nothing goes through for a while
    HALF_OPEN = "half_open"  # the connection stays and carries nothing any more
    DEAF_SERVER = "deaf_server"  # nothing reaches the server any more
    DEAF_CLIENT = "deaf_client"  # nothing reaches the client any more
    SLOW = "slow"  # every piece takes longer for a while
    UNPLUG = "unplug"  # the microphone, for a while; `client_faults.py` only


ON_SERVER = (
    Kind.KILL_SERVER,
    Kind.TORN_JOURNAL,
    Kind.DRAIN_SERVER,
    Kind.FREEZE_SERVER,
    Kind.FAIL_WORKER,
    Kind.FILL_DISK,
    Kind.CLOCK_JUMP,
)
_SHARE = {
    Kind.KILL_SERVER: 5,
    Kind.TORN_JOURNAL: 5,
    Kind.DRAIN_SERVER: 4,
    Kind.FREEZE_SERVER: 2,
    Kind.FAIL_WORKER: 4,
    Kind.FILL_DISK: 4,
    Kind.CLOCK_JUMP: 3,
    Kind.KILL_CLIENT: 6,
    Kind.CUT: 4,
    Kind.STALL: 3,
    Kind.HALF_OPEN: 2,
    Kind.DEAF_SERVER: 2,
    Kind.DEAF_CLIENT: 2,
    Kind.SLOW: 2,
}
ON_CLIENT = {Kind.KILL_SERVER: 5, Kind.CUT: 5, Kind.KILL_CLIENT: 5, Kind.UNPLUG: 5}  # shares in `client_faults.py`
_LONGEST_CLOCK_JUMP_S = 400 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: when in the round, to which of the speakers, and how hard (0..1, each kind in its own way)."""

    kind: Kind
    at_s: float
    speaker: int
    strength: float

    @property
    def clock_jump_s(self) -> float:
        """How far the clock is put wrong, forwards or backwards."""
        return (2 * self.strength - 1) * _LONGEST_CLOCK_JUMP_S


@dataclass(frozen=True, slots=True)
class Plan:
    """One round: what each speaker dictates one after the other, and what goes wrong meanwhile."""

    seed: str
    playlists: tuple[tuple[str, ...], ...]
    faults: tuple[Fault, ...]


def draw(
    seed: str,
    *,
    long: tuple[str, ...],
    short: tuple[str, ...],
    speakers: int,
    faults: int,
    seconds: float,
    share: Mapping[Kind, int] = _SHARE,
) -> Plan:
    """Two speakers dictate the `long` recordings, the others three of the `short` ones each."""
    chance = random.Random(seed)  # noqa: S311 - decides what is tested, guards nothing
    playlists = [(name,) for name in long[:speakers]]
    playlists += [tuple(chance.sample(short, 3)) for _ in range(speakers - len(playlists))]
    kinds = chance.choices(list(share), weights=list(share.values()), k=faults)
    times = sorted(chance.uniform(0.3, seconds) for _ in range(faults))
    drawn = tuple(
        Fault(kind, round(at_s, 3), chance.randrange(speakers), round(chance.random(), 4))
        for kind, at_s in zip(kinds, times, strict=True)
    )
    return Plan(seed, tuple(playlists), drawn)
