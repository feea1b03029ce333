"""The last moments before the key was pressed, in memory only, so that the first syllable is not cut off."""

from collections import deque

from wardscribe_protocol.timeline import BYTES_PER_SAMPLE


class PreRoll:
    """At most `samples` of the newest sound; what is older is forgotten."""

    def __init__(self, *, samples: int) -> None:
        self._bytes = samples * BYTES_PER_SAMPLE
        self._blocks: deque[bytes] = deque()
        self._held = 0

    def __len__(self) -> int:
        return self._held // BYTES_PER_SAMPLE

    def put(self, pcm: bytes) -> None:
        """Remember a block; the oldest sound makes room for it."""
        pcm = pcm[-self._bytes :] if self._bytes else b""
        self._blocks.append(pcm)
        self._held += len(pcm)
        while self._held > self._bytes:
            oldest = self._blocks.popleft()
            over = self._held - self._bytes
            if over < len(oldest):
                self._blocks.appendleft(oldest[over:])
            self._held -= min(over, len(oldest))

    def take(self) -> bytes:
        """What is remembered, which is forgotten here."""
        pcm = b"".join(self._blocks)
        self.forget()
        return pcm

    def forget(self) -> None:
        """Nothing was heard: what belongs to one dictation must not begin another."""
        self._blocks.clear()
        self._held = 0
