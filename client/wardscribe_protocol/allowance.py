"""How much may be asked for in a time: a store that asking uses up and time fills again. Knows no message, no clock."""


class Allowance:
    """A token bucket: `burst` at once, `per_s` in the long run."""

    def __init__(self, *, burst: float, per_s: float, now: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left = burst
        self._at = now

    def take(self, cost: float, *, now: float) -> bool:
        """Whether `cost` is still there; if so it is used up. Nothing costs more than a whole burst."""
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._per_s)
        self._at = max(self._at, now)
        if self._left < min(cost, self._burst):
            return False
        self._left -= min(cost, self._burst)
        return True
