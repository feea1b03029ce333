"""How often someone may do something, and who has to wait. No clock: `now` is an argument, in seconds of any clock.

Every table is bounded: when it is full, what was touched longest ago is forgotten. Forgetting errs on the open side,
and costs whoever floods it one address a place.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

_PLACES = 16_384
_IPV6_SITE_BITS = 64  # one subscriber has at least that many addresses to himself

V = TypeVar("V")


class _Recent(Generic[V]):
    """The values of the keys touched last."""

    def __init__(self, make: Callable[[], V], *, places: int) -> None:
        self._make = make
        self._places = places
        self._values: OrderedDict[str, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def of(self, key: str) -> V:
        """The value of a key, made when it is new."""
        value = self._values.get(key)
        if value is None:
            if len(self._values) >= self._places:
                self._values.popitem(last=False)
            value = self._values[key] = self._make()
        self._values.move_to_end(key)
        return value

    def seen(self, key: str) -> V | None:
        """The value of a key that is here."""
        return self._values.get(key)


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rate:
    """So many a minute for each key, as many at once; what was not used comes back evenly."""

    def __init__(self, a_minute: int, *, places: int = _PLACES) -> None:
        self._a_minute = a_minute
        self._buckets: _Recent[_Bucket] = _Recent(lambda: _Bucket(float(a_minute), 0.0), places=places)

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, *, now: float) -> float:
        """0 when it may be done now; else the seconds until it may."""
        bucket = self._buckets.of(key)
        a_second = self._a_minute / 60
        bucket.left = min(float(self._a_minute), bucket.left + max(0.0, now - bucket.at) * a_second)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0.0
        return (1 - bucket.left) / a_second


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last_at: float = 0.0
    locked_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOutSettings:
    """When a key is locked, and for how long: doubled by every failure more."""

    after: int = 5
    first_s: float = 5.0
    longest_s: float = 900.0
    forgotten_s: float = 900.0


class LockOut:
    """Failed logins of each key."""

    def __init__(self, settings: LockOutSettings | None = None, *, places: int = _PLACES) -> None:
        self._settings = settings or LockOutSettings()
        self._failures: _Recent[_Failures] = _Recent(_Failures, places=places)

    def __len__(self) -> int:
        return len(self._failures)

    def wait_s(self, key: str, *, now: float) -> float:
        """How long the key still has to wait; 0 when it may try."""
        failures = self._failures.seen(key)
        return max(0.0, failures.locked_until - now) if failures is not None else 0.0

    def failed(self, key: str, *, now: float) -> bool:
        """One more failure; whether it locks the key."""
        failures, settings = self._failures.of(key), self._settings
        if now - failures.last_at > settings.forgotten_s and now >= failures.locked_until:
            failures.count = 0
        failures.count += 1
        failures.last_at = now
        over = failures.count - settings.after
        if over < 0:
            return False
        failures.locked_until = now + min(settings.first_s * 2.0 ** min(over, 32), settings.longest_s)
        return True


def address_key(address: str | None) -> str:
    """What stands for an address in a table: itself, or for IPv6 the network that one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "-"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_SITE_BITS), strict=False))


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
