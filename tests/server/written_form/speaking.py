"""Numbers as they are said, for the tests: the inverse of what the normaliser does, written independently of it."""

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
HAN = "零一二三四五六七八九"


def english_number(value: int) -> str:
    """ "two hundred fifteen"."""
    if value < 20:
        return ONES[value]
    if value < 100:
        ones = f" {ONES[value % 10]}" if value % 10 else ""
        return TENS[value // 10 - 2] + ones
    if value < 1000:
        rest = f" {english_number(value % 100)}" if value % 100 else ""
        return f"{ONES[value // 100]} hundred{rest}"
    rest = f" {english_number(value % 1000)}" if value % 1000 else ""
    return f"{english_number(value // 1000)} thousand{rest}"


def english_decimal(whole: int, decimals: str) -> str:
    """ "four point zero five"."""
    return f"{english_number(whole)} point {' '.join(ONES[int(figure)] for figure in decimals)}"


def chinese_number(value: int) -> str:
    """两百一十五 as 二百一十五."""
    if value >= 10_000:
        low = value % 10_000
        zero = "零" if low and low < 1000 else ""
        return chinese_number(value // 10_000) + "万" + zero + (_thousands(low) if low else "")
    text = _thousands(value)
    return text[1:] if text.startswith("一十") else text


def _thousands(value: int) -> str:
    text, zero = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure, value = divmod(value, scale)
        if figure:
            text += ("零" if zero and text else "") + HAN[figure] + name
            zero = False
        else:
            zero = True
    return text or "零"


def chinese_decimal(whole: int, decimals: str) -> str:
    """四点零五."""
    return (chinese_number(whole) if whole else "零") + "点" + "".join(HAN[int(figure)] for figure in decimals)
