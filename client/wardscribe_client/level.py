"""How loud it is, and whether that is too loud or too quiet to be understood. Samples in, no clock."""

from dataclasses import dataclass

import numpy as np

from wardscribe_protocol.timeline import SAMPLE_RATE

SILENCE_DBFS = -96.0  # 16 bits tell nothing quieter
_FULL_SCALE = 32_768.0
_CLIPPED = 32_700  # converters that limit stay a little below full scale
_CLIPPED_SAMPLES = 3  # one sample at full scale is a click, not speech that is cut
_CLIPPING_SHOWN_SAMPLES = SAMPLE_RATE  # long enough to be seen
_QUIET_DBFS = -42.0  # speech at arm's length into a headset is some 20 dB louder
_QUIET_AFTER_SAMPLES = 4 * SAMPLE_RATE  # a pause for thought is no fault of the microphone


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness (root mean square) and peak of one stretch in dB of full scale, and what is wrong with them."""

    level_dbfs: float = SILENCE_DBFS
    peak_dbfs: float = SILENCE_DBFS
    clipping: bool = False
    too_quiet: bool = False


class LevelMeter:
    """Fed with every captured block; `too_quiet` only while recording, when nothing loud came for some seconds."""

    def __init__(self) -> None:
        self._quiet_samples = 0
        self._clipping_samples = 0
        self.level = Level()

    def take(self, pcm: bytes, *, recording: bool) -> Level:
        """The level of this block (s16le)."""
        samples = np.frombuffer(pcm, dtype="<i2")
        if not len(samples):
            return self.level
        loud = np.abs(samples.astype(np.int32))
        level = _dbfs(float(np.sqrt(np.mean(np.square(loud, dtype=np.float64)))))
        if int(np.count_nonzero(loud >= _CLIPPED)) >= _CLIPPED_SAMPLES:
            self._clipping_samples = _CLIPPING_SHOWN_SAMPLES
        else:
            self._clipping_samples = max(0, self._clipping_samples - len(samples))
        self._quiet_samples = self._quiet_samples + len(samples) if recording and level < _QUIET_DBFS else 0
        self.level = Level(
            level_dbfs=level,
            peak_dbfs=_dbfs(float(loud.max())),
            clipping=self._clipping_samples > 0,
            too_quiet=self._quiet_samples >= _QUIET_AFTER_SAMPLES,
        )
        return self.level


def _dbfs(amplitude: float) -> float:
    return max(SILENCE_DBFS, 20 * float(np.log10(amplitude / _FULL_SCALE))) if amplitude > 0 else SILENCE_DBFS
