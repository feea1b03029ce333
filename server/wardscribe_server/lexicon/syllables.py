"""Mandarin syllables as initial, final and tone. Knows Hanyu Pinyin (GB/T 16159) and nothing else."""

from dataclasses import dataclass
from functools import lru_cache

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_Y_FINALS = {"yi": "i", "yin": "in", "ying": "ing", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn", "you": "iou"}
_W_FINALS = {"wu": "u", "wei": "uei", "wen": "uen"}
_FULL_FINALS = {"iu": "iou", "ui": "uei", "un": "uen"}
_PALATAL = ("j", "q", "x")
_SIBILANT = ("zh", "ch", "sh", "r", "z", "c", "s")


@dataclass(frozen=True, slots=True)
class Syllable:
    """The parts of a toneless syllable; the initial may be empty, the final `ii` is the vowel of zhi and zi."""

    initial: str
    final: str


@lru_cache(maxsize=2_000)
def parts(base: str) -> Syllable:
    """Initial and final of a toneless syllable written in ASCII (`lv` for lü), medials spelled out."""
    if base in _Y_FINALS:
        return Syllable("", _Y_FINALS[base])
    if base in _W_FINALS:
        return Syllable("", _W_FINALS[base])
    if base.startswith("y"):
        return Syllable("", "i" + base[1:])
    if base.startswith("w"):
        return Syllable("", "u" + base[1:])
    initial = next((initial for initial in _INITIALS if base.startswith(initial)), "")
    final = base[len(initial) :]
    if initial in _PALATAL and final.startswith("u"):
        final = "v" + final[1:]
    if initial in _SIBILANT and final == "i":
        final = "ii"
    return Syllable(initial, _FULL_FINALS.get(final, final))


def split_tone(sound: str) -> tuple[str, int]:
    """A syllable with its tone as a final digit, 5 for the neutral one: (`zhang`, 1) of `zhang1`."""
    return sound[:-1], int(sound[-1])
