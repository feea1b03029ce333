"""Sounds of a ward in which nobody dictates: silence, hum, a keyboard, a ward; minute by minute, the same for a seed.

Owns how they are made and how loud they are (dBFS, RMS unless it says peak). What comes out is s16le at 16 kHz.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from wardscribe_protocol.timeline import SAMPLE_RATE

Sound = npt.NDArray[np.float64]  # [n_samples], -1..1, 16 kHz

_MINUTE = 60 * SAMPLE_RATE
_FAINT_DB, _HUM_DB, _FAN_DB, _ROOM_DB, _BABBLE_DB = -75.0, -38.0, -50.0, -48.0, -38.0
_CLICK_PEAK_DB, _BEEP_PEAK_DB, _ALARM_PEAK_DB, _TROLLEY_DB = -22.0, -32.0, -26.0, -34.0
_VOICES = 8
_FAR_CUT_HZ = 2500.0  # air and corners take the high tones of far voices
_REVERB_S = 0.8


def silence(rng: np.random.Generator, _: Sequence[Sound]) -> Sound:
    """Half a minute of digital zeros, half a minute of a microphone's own noise."""
    return np.concatenate([np.zeros(_MINUTE // 2), _loud(rng.normal(size=_MINUTE // 2), _FAINT_DB)])


def hum(rng: np.random.Generator, _: Sequence[Sound]) -> Sound:
    """Mains with its overtones, and a fan."""
    at_s = np.arange(_MINUTE) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * 50 * n * at_s + rng.uniform(0, 6)) / n for n in (1, 2, 3, 4, 6, 8))
    return _loud(np.asarray(tones), _HUM_DB) + _loud(_pink(rng, _MINUTE), _FAN_DB)


def keyboard(rng: np.random.Generator, _: Sequence[Sound]) -> Sound:
    """Bursts of typing: each key is a click going down and a softer one coming up."""
    sound = _loud(_pink(rng, _MINUTE), _ROOM_DB - 10)
    at_s = 0.0
    while at_s < 58.0:
        for _key in range(int(rng.integers(5, 60))):
            at_s += rng.uniform(0.07, 0.3)
            for delay_s, share in ((0.0, 1.0), (rng.uniform(0.06, 0.1), 0.5)):
                _add(sound, at_s + delay_s, _click(rng) * share * _amplitude(_CLICK_PEAK_DB) * rng.uniform(0.5, 1.0))
        at_s += rng.uniform(0.5, 4.0)
    return sound


def ward(rng: np.random.Generator, voices: Sequence[Sound]) -> Sound:
    """Room noise, far voices all at once, a monitor, an alarm and a trolley. Without `voices` nobody talks."""
    sound = _loud(_pink(rng, _MINUTE), _ROOM_DB)
    if voices:
        sound += _loud(_babble(rng, voices), _BABBLE_DB)
    for beat in np.arange(rng.uniform(0, 0.8), 59.5, 0.8):
        _add(sound, float(beat), _tone(960, 0.08) * _amplitude(_BEEP_PEAK_DB))
    alarm_s = rng.uniform(5, 50)
    for step, pitch in enumerate((523, 659, 784, 523, 659)):
        _add(sound, alarm_s + 0.25 * step, _tone(pitch, 0.18) * _amplitude(_ALARM_PEAK_DB))
    rumble = _band(rng.normal(size=12 * SAMPLE_RATE), 25, 140) * np.hanning(12 * SAMPLE_RATE)
    _add(sound, float(rng.uniform(0, 45)), _loud(rumble, _TROLLEY_DB))
    return sound


NOISES: Mapping[str, Callable[[np.random.Generator, Sequence[Sound]], Sound]] = {
    "silence": silence,
    "hum": hum,
    "keyboard": keyboard,
    "ward": ward,
}


def minutes(name: str, *, count: float, voices: Sequence[Sound], seed: int = 0) -> Iterator[bytes]:
    """`count` minutes of a noise, a minute (or what is left of one) at a time."""
    rng = np.random.default_rng([seed, *name.encode()])
    left = round(count * _MINUTE)
    while left > 0:
        sound = NOISES[name](rng, voices)[:left]
        left -= len(sound)
        yield (sound.clip(-1, 1) * 32767).astype("<i2").tobytes()


def _babble(rng: np.random.Generator, voices: Sequence[Sound]) -> Sound:
    """Eight at once, each from somewhere in its recording, far away in a room that echoes."""
    mixed = np.zeros(_MINUTE)
    for _ in range(_VOICES):
        voice = voices[int(rng.integers(len(voices)))]
        repeated = np.resize(voice / (np.sqrt((voice**2).mean()) + 1e-9), _MINUTE)
        mixed += np.roll(repeated, int(rng.integers(_MINUTE))) * rng.uniform(0.4, 1.0)
    decay = np.exp(-6.9 * np.arange(round(_REVERB_S * SAMPLE_RATE)) / (_REVERB_S * SAMPLE_RATE))
    echo = rng.normal(size=len(decay)) * decay
    size = len(mixed) + len(echo)
    far = np.fft.irfft(np.fft.rfft(mixed, size) * np.fft.rfft(echo, size), size)[: len(mixed)]
    return _band(far, 150, _FAR_CUT_HZ)


def _pink(rng: np.random.Generator, samples: int) -> Sound:
    spectrum = np.fft.rfft(rng.normal(size=samples))
    return np.asarray(np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), samples))


def _band(sound: Sound, low_hz: float, high_hz: float) -> Sound:
    spectrum = np.fft.rfft(sound)
    pitch = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    spectrum[(pitch < low_hz) | (pitch > high_hz)] = 0
    return np.fft.irfft(spectrum, len(sound))


def _click(rng: np.random.Generator) -> Sound:
    length = round(rng.uniform(0.008, 0.015) * SAMPLE_RATE)
    burst = _band(rng.normal(size=length), 1500, 5500) * np.exp(-np.arange(length) / (0.002 * SAMPLE_RATE))
    return np.asarray(burst / np.abs(burst).max())


def _tone(pitch_hz: float, length_s: float) -> Sound:
    at_s = np.arange(round(length_s * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * pitch_hz * at_s) * np.hanning(len(at_s))


def _add(sound: Sound, at_s: float, what: Sound) -> None:
    first = round(at_s * SAMPLE_RATE)
    end = min(len(sound), first + len(what))
    if end > first:
        sound[first:end] += what[: end - first]


def _loud(sound: Sound, decibels: float) -> Sound:
    return np.asarray(sound * _amplitude(decibels) / (np.sqrt((sound**2).mean()) + 1e-12))


def _amplitude(decibels: float) -> float:
    return float(10 ** (decibels / 20))
