"""Makes bad inputs from good ones: bytes, text and JSON. One seed gives one sequence; knows no parser."""

import json
import random
import string
from collections.abc import Callable, Sequence

_EDGES = (0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 513, 4096, 16_000, 32_016, 65_535)
_SIZES = (2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
_NUMBERS = (
    *("0", "-0", "-1", "1.5", "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1e-400", "0x10", "1_000", "01", "+1"),
    *(str(size) for size in _SIZES),
    *("9" * 400, "9" * 5000, "0." + "1" * 400, "1" + "0" * 310 + ".5"),
)
_CHARACTERS = (
    *("\x00", "\x01", "\t", "\r", "\n", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\u200b", "\u202e"),
    *("\ufeff", "\ufffe"),
    *("\ue000", "\uf8ff", "\U000f0000", "\U0010ffff", "\u0301", "\u0345", "İ", "ß", "ﬁ"),
    *("Ⅳ", "²", "½", "٣", "൬", "𝟘", "０"),
    *("，", "。", "一", "零", "亿", "〇", "㎎", "℃", "µ", "μ", "×", "'", '"', "\\", "|", "#"),
    *("[", "]", "{", "}", "(", ")", "%"),
    *("\ud800", "\udfff", "👩\u200d⚕️", "🇩🇪"),
)
_LONG = 70_000


class Mutator:
    """A source of changes. Not for secrets: the same seed gives the same inputs."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    @property
    def random(self) -> random.Random:
        """The choices themselves."""
        return self._random

    def spoilt(self, seed: bytes, others: Sequence[bytes] = ()) -> bytes:
        """`seed` with a few changes: bits, bytes, lengths, pieces moved, repeated, cut or taken from `others`."""
        data = bytearray(seed)
        changes: list[Callable[[bytearray], object]] = [
            *(self._flip, self._overwrite, self._integer, self._insert, self._remove, self._repeat, self._cut),
            lambda data: self._splice(data, others),
        ]
        for _ in range(self._few()):
            self._random.choice(changes)(data)
        return bytes(data)

    def text(self, seed: str, others: Sequence[str] = (), tokens: Sequence[str] = ()) -> str:
        """`seed` with a few changes: odd characters, pieces moved, repeated or removed, `tokens` put in."""
        text = seed
        for _ in range(self._few()):
            start, end = self._piece(len(text))
            match self._random.randrange(8):
                case 0:
                    text = text[:start] + self._random.choice(_CHARACTERS) + text[start:]
                case 1:
                    text = text[:start] + text[end:]
                case 2:
                    text = text[:end] + text[start:end] * self._times(end - start) + text[end:]
                case 3:
                    text = text[:start] + self._random.choice(_CHARACTERS) + text[end:]
                case 4 if others:
                    other = self._random.choice(others)
                    first, last = self._piece(len(other))
                    text = text[:start] + other[first:last] + text[end:]
                case 5 if tokens:
                    text = text[:start] + self._random.choice(tokens) + text[start:]
                case 6:
                    text = text[:start] + self._random.choice(_NUMBERS) + text[end:]
                case _:
                    text = text[:start] + self.unicode(8) + text[end:]
        return text[: 4 * _LONG]

    def unicode(self, most: int) -> str:
        """Up to `most` characters of any kind, lone surrogates among them."""
        points = (self._random.choice((0x80, 0x250, 0x3000, 0x9FFF, 0xFFFF, 0x10FFFF)) for _ in range(most))
        return "".join(chr(self._random.randint(0, point)) for point in points)[: self._random.randint(0, most)]

    def json(self, seed: object) -> str:
        """`seed` as JSON text with faults in its structure or in its writing."""
        value = seed
        for _ in range(self._random.randint(1, 3)):
            value = self._changed(value)
        text = json.dumps(value, ensure_ascii=self._random.random() < 0.5)
        for _ in range(self._random.choice((0, 0, 0, 1, 2))):
            text = self._rewritten(text)
        return text

    def toml(self, seed: dict[str, object]) -> str:
        """`seed` as TOML that can be read, with faults in its structure."""
        value: object = seed
        for _ in range(self._random.randint(1, 3)):
            value = self._changed(value)
        return _toml(value if isinstance(value, dict) else seed)

    def number(self) -> str:
        """A number as JSON, TOML or a person would not write it."""
        return self._random.choice(_NUMBERS)

    def _few(self) -> int:
        return self._random.choice((1, 1, 1, 2, 3, 5, 8))

    def _piece(self, length: int) -> tuple[int, int]:
        start = self._random.randint(0, length)
        return start, min(length, start + self._random.choice((0, 1, 1, 2, 4, 16, 64)))

    def _times(self, length: int) -> int:
        times = self._random.choice((1, 2, 8, 64, 1024))
        return min(times, _LONG // max(length, 1))

    # bytes

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)

    def _overwrite(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] = self._random.choice((0, 1, 0x7F, 0x80, 0xFF, 0xED))

    def _integer(self, data: bytearray) -> None:
        size = self._random.choice((2, 4, 8))
        if len(data) >= size:
            at = self._random.randint(0, len(data) - size)
            value = self._random.choice((*_EDGES, *_SIZES)) & (2 ** (8 * size) - 1)
            data[at : at + size] = value.to_bytes(size, self._random.choice(("little", "big")))

    def _insert(self, data: bytearray) -> None:
        at = self._random.randint(0, len(data))
        data[at:at] = self._random.randbytes(self._random.choice((1, 1, 2, 4, 16, 300)))

    def _remove(self, data: bytearray) -> None:
        start, end = self._piece(len(data))
        del data[start:end]

    def _repeat(self, data: bytearray) -> None:
        start, end = self._piece(len(data))
        data[end:end] = data[start:end] * self._times(end - start)

    def _cut(self, data: bytearray) -> None:
        del data[self._random.randint(0, len(data)) :]

    def _splice(self, data: bytearray, others: Sequence[bytes]) -> None:
        if others:
            other = self._random.choice(others)
            start, end = self._random.randint(0, len(data)), self._random.randint(0, len(other))
            data[start:] = other[end : end + _LONG]

    # JSON

    def _changed(self, value: object) -> object:
        """`value` with one place in it changed."""
        match value:
            case dict() if value and self._random.random() < 0.95:
                key = self._random.choice(list(value))
                match self._random.randrange(6):
                    case 0:
                        return {name: item for name, item in value.items() if name != key}
                    case 1:
                        return {(self._key() if name == key else name): item for name, item in value.items()}
                    case 2:
                        return {**value, self._key(): self._odd()}
                    case _:
                        return {**value, key: self._changed(value[key])}
            case list() if value and self._random.random() < 0.75:
                at = self._random.randrange(len(value))
                return [*value[:at], self._changed(value[at]), *value[at + 1 :]]
            case str() if self._random.random() < 0.5:
                return self.text(value)
            case int() | float() if self._random.random() < 0.3:
                return -value
            case _:
                return self._odd()

    def _key(self) -> str:
        return self._random.choice(("", "type", "seq", "name", "$ref", "__class__", "a" * 600, self.unicode(6), "x"))

    def _odd(self) -> object:
        match self._random.randrange(10):
            case 0:
                return self._random.choice((None, True, False, "", [], {}, 0, -1, 1.5))
            case 1:
                return self._random.choice((*_SIZES, *(-size for size in _SIZES)))
            case 2:
                length = self._random.choice((1, 64, 65, 513, 5000))
                return "".join(self._random.choices(string.ascii_letters, k=length))
            case 3:
                return self._nested(self._random.choice((2, 15, 16, 17, 64, 200)))
            case 4:
                return self._random.choice((float("nan"), float("inf"), 1e308, 5e-324))
            case 5:
                return [self._random.randrange(3)] * self._random.choice((1, 17, 65, 2000))
            case 6:
                return {f"k{number}": number for number in range(self._random.choice((1, 16, 17, 500)))}
            case 7:
                return "/fields" + "/0" * self._random.choice((1, 30, 250)) + self._random.choice(("", "~", "~2", "/"))
            case _:
                return self.unicode(self._random.choice((1, 8, 200)))

    def _nested(self, depth: int) -> object:
        value: object = 1
        for _ in range(depth):
            value = [value] if self._random.random() < 0.5 else {"a": value}
        return value

    def _rewritten(self, text: str) -> str:
        """JSON text spoilt as text: what no encoder writes."""
        match self._random.randrange(8):
            case 0:
                return "\ufeff" + text
            case 1:
                return text.replace(":", ": " + self.number() + ", ", 1)
            case 2:
                return text[:-1] + "," + text[1:] if len(text) > 2 else text  # keys twice
            case 3:
                depth = self._random.choice((50, 130, 1000, 100_000))
                return text.replace(":", ":" + "[" * depth, 1)
            case 4:
                return text.replace('"', '"' + self._random.choice((r"\ud800", r"\u0000", r"\udc00\ud800", "\x00")), 1)
            case 5:
                return text.replace("1", self.number(), 1).replace("0", self.number(), 1)
            case 6:
                return self.text(text)
            case _:
                return text + self._random.choice(("", " ", "\x00", text, "}", "]", "//"))


def _toml(table: dict[str, object]) -> str:
    """A table as TOML, everything below the first level inline."""
    return "".join(f"{_quoted(key)} = {_inline(value)}\n" for key, value in table.items() if value is not None)


def _inline(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{_quoted(k)} = {_inline(v)}" for k, v in value.items() if v is not None) + "}"
        case list():
            return "[" + ", ".join(_inline(item) for item in value if item is not None) + "]"
        case str():
            return _quoted(value)
        case _:
            return str(value)


def _quoted(text: str) -> str:
    """A basic string; what TOML cannot hold, lone surrogates, is left out."""
    return json.dumps(text.encode(errors="ignore").decode(), ensure_ascii=False).replace("\x7f", "")
