"""Chinese numerals: a run of them to digits.

Owns how numbers are said (一百二 is 120, 幺六零 is 160, 两千零五). It must not know what is counted.
"""

import re

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "幺": 1, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1_000}
_GROUPS = {"万": 10_000, "亿": 100_000_000}
NUMERAL = "零〇幺一二两三四五六七八九十百千万亿"
DIGIT = "零〇幺一二两三四五六七八九"
DECIMAL = DIGIT.replace("两", "")  # 一点五两升 is 1.5 and 2 litres
# Ki67百分之三十: the figures of a name and a value stay apart.
NAME_BEFORE = re.compile(r"[A-Za-z]-?\d{1,3}$")
RUN = re.compile(rf"[{NUMERAL}]++(?:点[{DECIMAL}]++(?![十百]))?")


def value_of(run: str) -> int | None:
    """Value of a well-formed numeral; None when it is not one number."""
    total, group, rest = 0, 0, run
    previous = 10**12
    for name in ("亿", "万"):
        head, found, tail = rest.partition(name)
        if not found:
            continue
        part = _below_ten_thousand(head)
        if part is None or _GROUPS[name] >= previous or name in tail:
            return None
        total += part * _GROUPS[name]
        previous = _GROUPS[name]
        rest = tail
    if not rest:
        return total if total else None
    if total and rest[0] in "零〇" and len(rest) > 1:
        rest = rest[1:]
    elif total and len(rest) == 1 and rest in DIGITS:
        return total + DIGITS[rest] * previous // 10  # 一万二 is 12000
    group_value = _below_ten_thousand(rest)
    group = group_value if group_value is not None else -1
    return total + group if group >= 0 else None


def _below_ten_thousand(run: str) -> int | None:
    if len(run) == 1 and run in DIGITS:
        return DIGITS[run]
    total, index, scale_before, zero = 0, 0, 10_000, False
    while index < len(run):
        char = run[index]
        if char in "零〇":
            if zero or not total:
                return None
            zero = True
            index += 1
            continue
        if char == "十" and index == 0:
            digit, scale, step = 1, 10, 1
        elif char in DIGITS:
            digit = DIGITS[char]
            following = run[index + 1] if index + 1 < len(run) else ""
            scale = _SCALES.get(following, 0)
            if not following:
                return _with_last(total, digit, scale_before, zero=zero)
            if not scale:
                return None
            step = 2
        else:
            return None
        if scale >= scale_before:
            return None
        total += digit * scale
        scale_before, zero = scale, False
        index += step
    return total if total and not zero else None


def _with_last(total: int, digit: int, scale_before: int, *, zero: bool) -> int | None:
    """A figure at the end: ones after ten or 零, else the next lower scale (一百二 is 120)."""
    if not total:
        return None
    if zero or scale_before == 10:
        return total + digit
    return total + digit * scale_before // 10


def has_scale(run: str) -> bool:
    """Whether the run says tens, hundreds or more."""
    return any(char in "十百千万亿" for char in run)


def digits_of(run: str) -> str | None:
    """The run in digits, decimals included: one number, or figures said one by one; None when it is neither."""
    whole, point, decimals = run.partition("点")
    if has_scale(whole):
        value = value_of(whole)
        text = None if value is None else str(value)
    else:
        text = _figures(whole)
    if text is None or not all(char in DECIMAL for char in decimals) or bool(point) is not bool(decimals):
        return None
    return text + "." + "".join(str(DIGITS[char]) for char in decimals) if point else text


def plain(run: str) -> str:
    """The run in digits, or as it is when it is no number."""
    return digits_of(run) or run


def _figures(run: str) -> str | None:
    return "".join(str(DIGITS[char]) for char in run) if run and all(char in DIGITS for char in run) else None


def pressures_of(run: str) -> tuple[int, int] | None:
    """Where a run of two numbers said without a link divides into systolic and diastolic, and their values' split.

    Returns: (characters of the first number, characters of the second), or None.
    """
    best: tuple[int, int] | None = None
    for cut in range(1, len(run)):
        upper, lower = _figure(run[:cut]), _figure(run[cut:])
        if upper is None or lower is None:
            continue
        if 50 <= upper <= 300 and 20 <= lower <= 180 and upper > lower and (best is None or cut > best[0]):
            best = (cut, len(run) - cut)
    return best


def _figure(run: str) -> int | None:
    if has_scale(run):
        return value_of(run)
    return int("".join(str(DIGITS[char]) for char in run)) if len(run) >= 2 and run[0] not in "零〇" else None
