"""English number words: a run of them to the numbers that it says.

Owns how numbers are said ("one twenty two", "four point oh five", "two hundred and fifty", "twenty twenty six"). It
must not know units or what is counted; the few words around a run that decide its reading come from the grammar.
"""

import re
from collections.abc import Container, Sequence

from wardscribe_server.pipeline.writing.draft import Edit
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise import sequences_en
from wardscribe_server.pipeline.writing.normalise.number_words_en import (
    DIGIT_WORDS,
    DIGITS,
    SCALES,
    TEENS,
    TENS,
    Neighbours,
    Number,
    months,
)

_TWENTY = 20
_FEET = range(4, 8)
_INCHES = frozenset(["ten", "eleven"])
_CENTURIES = frozenset([18, 19, 20])
_WORD = either([*DIGIT_WORDS, "oh", "o", *TEENS, *TENS, *SCALES, "hundred", "point", "and"])
_START = either([*DIGIT_WORDS, "oh", "point", *TEENS, *TENS])
# A hyphen joins tens and ones only: "five-ten" are two numbers, never 510.
_JOINT = rf"(?: |(?<=ty)-(?={either(DIGIT_WORDS)}\b)|-(?=hundred|thousand|million))"
_HYPHENATED_NOUN = (
    "-(?:year|month|week|day|hour|minute|second|centimeter|centimetre|millimeter|millimetre|inch|foot|gauge|french|pound"
    "|weighted|unit|milligram|gram|liter|litre|percent|point|degree)"
)
RUN = re.compile(
    rf"(?<![\w.'’-])(?:a (?=hundred|thousand|million))?(?:{_START}|(?<=a )(?:hundred|thousand|million))"
    rf"(?:{_JOINT}{_WORD}(?![\w'’]))*(?![\w'’]|-)(?<!-)|"
    rf"(?<![\w.'’-]){_START}(?:{_JOINT}{_WORD}(?![\w'’]))*(?={_HYPHENATED_NOUN})",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[a-z]+", re.IGNORECASE)
_DOUBTFUL = re.compile(r"\.[1-9]\d*0\d*(?<=\d{4})$")


def numbers_of(words: Sequence[str], around: Neighbours) -> list[Number]:
    """The numbers that a run of lower-case number words says, as digits, with their token ranges."""
    numbers: list[Number] = []
    index = 0
    while index < len(words):
        before = words[index - 1] if index else around.before
        number = _number(words, index, before, around)
        if number is None:
            index += 1
            continue
        numbers.append(number)
        index = number.end
    return numbers


def run_edits(match: re.Match[str], around: Neighbours) -> list[tuple[Number, Edit]]:
    """Each number of a matched run with the edit that writes it."""
    tokens = list(_TOKEN.finditer(match.group()))
    words = [token.group().lower() for token in tokens]
    offset = match.start()
    numbers = sequences_en.several(words, around)
    if numbers is None:
        numbers = numbers_of(words, around)
        if any(_DOUBTFUL.search(number.text) for number in numbers) or (
            around.unit_follows and _fifty_one_hundred(words)
        ):
            return []  # "four point one one oh four" is no number, and where it divides nobody can tell
    return [
        (number, Edit(offset + tokens[number.start].start(), offset + tokens[number.end - 1].end(), number.text))
        for number in numbers
    ]


def _fifty_one_hundred(words: Sequence[str]) -> bool:
    """Whether "fifty one hundred" is said: 5100, or fifty to one hundred."""
    pairs = zip(words, words[1:], words[2:], strict=False)
    return any(tens in TENS and ones == "one" and scale == "hundred" for tens, ones, scale in pairs)


def combined_edits(match: re.Match[str], strengths: Container[str], around: Neighbours) -> list[tuple[Number, Edit]]:
    """ "eight seventy five one twenty five" as one strength of two numbers; empty when it is none of `strengths`."""
    tokens = list(_TOKEN.finditer(match.group()))
    words = [token.group().lower() for token in tokens]
    for end in range(len(words), 1, -1):
        for cut in range(1, end):
            if words[cut] == "point":
                continue  # "two point five" is one number
            first, second = _alone(words[:cut]), _alone(words[cut:end])
            if first is None or second is None or f"{first}/{second}" not in strengths:
                continue
            offset = match.start()
            text = f"{first}/{second}"
            found = [(Number(0, end, text), Edit(offset, offset + tokens[end - 1].end(), text))]
            for number in numbers_of(words[end:], around._replace(before=words[end - 1])):
                start, stop = tokens[end + number.start].start(), tokens[end + number.end - 1].end()
                moved = Number(end + number.start, end + number.end, number.text)
                found.append((moved, Edit(offset + start, offset + stop, number.text)))
            return found
    return []


def alone(said: str) -> str | None:
    """The digits of what says one whole number; None for anything else."""
    return _alone(_TOKEN.findall(said.lower()))


def _alone(words: Sequence[str]) -> str | None:
    numbers = numbers_of(words, Neighbours("", "", unit_follows=False))
    whole = len(numbers) == 1 and numbers[0].start == 0 and numbers[0].end == len(words)
    return numbers[0].text if whole else None


def tokens_of(match: re.Match[str]) -> list[str]:
    """The lower-case words of a matched run."""
    return [token.lower() for token in _TOKEN.findall(match.group())]


def _number(words: Sequence[str], index: int, before: str, around: Neighbours) -> Number | None:
    start = index
    if words[index] == "a":
        index += 1
    if words[index] == "and":
        return None
    if words[index] == "point":
        attributive = before == "a" and around.unit_follows and not around.after.endswith("s")
        quantity = around.unit_follows and before in table("numbers_en").lists("point")["numeral_after"]
        if before in table("numbers_en").lists("not_point")["before"] and not (attributive or quantity):
            return None  # "a point eight centimeter stone" has a size, "a point two centimeters above" a place
        decimals, end = _decimals(words, index)
        return Number(start, end, f"0.{decimals}") if decimals else None
    whole, end = _whole(words, index, before, around)
    if whole is None:
        return None
    decimals, after = _decimals(words, end)
    if not decimals:
        return Number(start, end, whole)
    if after < len(words) and words[after] in SCALES:
        return _scaled_decimal(start, after + 1, f"{whole}.{decimals}", words[after])
    return Number(start, after, f"{whole}.{decimals}")


def _scaled_decimal(start: int, end: int, number: str, scale: str) -> Number:
    """ "one point two million" keeps its word, "one point five thousand" is 1500."""
    if scale != "thousand":
        return Number(start, end, f"{number} {scale}")
    digits = round(float(number) * SCALES[scale])
    return Number(start, end, f"{digits:,}" if digits >= 10_000 else str(digits))


def _decimals(words: Sequence[str], index: int) -> tuple[str, int]:
    """Digits after "point" at `index`: single digits one by one, or one number below a hundred."""
    if index >= len(words) or words[index] != "point":
        return "", index
    index += 1
    digits = ""
    while index < len(words) and words[index] in DIGITS:
        if digits and index + 1 < len(words) and words[index + 1] == "point":
            break  # "two point one one point eight" are two numbers
        digits += str(DIGITS[words[index]])
        index += 1
    if digits.strip("0") or index >= len(words):
        return digits, index
    chunk, end = _chunk(words, index)
    return (digits + str(chunk), end) if chunk is not None else (digits, index)


def _whole(words: Sequence[str], index: int, before: str, around: Neighbours) -> tuple[str | None, int]:
    scaled = _scaled(words, index, before, around)
    if scaled is not None:
        value, end = scaled
        return (f"{value:,}" if value >= 10_000 else str(value)), end
    return _strung(words, index, before, around)


def _chunk(words: Sequence[str], index: int) -> tuple[int | None, int]:
    """A number below a hundred at `index`, "oh" and "o" left out."""
    if index >= len(words):
        return None, index
    word = words[index]
    if word in TENS:
        value, index = TENS[word], index + 1
        if index < len(words) and words[index] in DIGITS and DIGITS[words[index]]:
            return value + DIGITS[words[index]], index + 1
        return value, index
    if word in TEENS:
        return TEENS[word], index + 1
    if word in DIGIT_WORDS:
        return DIGITS[word], index + 1
    return None, index


def _scaled(words: Sequence[str], index: int, before: str, around: Neighbours) -> tuple[int, int] | None:
    """A number said with hundred, thousand or million; None when no such word stands in it."""
    total = 0
    scaled = False
    limit = 10**12
    while index < len(words):
        group = _hundreds(words, index, before, around)
        if group is None:
            break
        value, end, said_hundred = group
        if scaled and limit == SCALES["thousand"] and not said_hundred and 0 < value < 10:
            rest, after = _chunk(words, end)
            if rest is not None and rest >= 10 and words[end - 1] in DIGITS:
                value, end, said_hundred = value * 100 + rest, after, True  # "three thousand two fifty"
        scale = SCALES.get(words[end], 1) if end < len(words) else 1
        if scale >= limit or (scaled and not said_hundred and scale == 1 and value >= limit):
            break
        if scale == 1 and not said_hundred and not scaled:
            return None
        total += value * scale
        scaled = True
        index = end + (scale > 1)
        if scale == 1:
            break
        limit = scale
        if index + 1 < len(words) and words[index] == "and" and _chunk(words, index + 1)[0] is not None:
            index += 1
    return (total, index) if scaled else None


def _hundreds(words: Sequence[str], index: int, before: str, around: Neighbours) -> tuple[int, int, bool] | None:
    value, end = (1, index) if words[index] in {"hundred", *SCALES} else _chunk(words, index)
    if value is None:
        return None
    if end >= len(words) or words[end] != "hundred":
        return value, end, False
    value, end = value * 100, end + 1
    joins = end < len(words) and words[end] == "and"
    if joins and before == "between" and words.count("and") == 1:
        return value, end, True
    rest, after = _chunk(words, end + joins)
    if rest and not joins and after == len(words) and _counts_doses(rest, around):
        return value, end, True
    if rest and not (joins and after < len(words) and words[after] == "hundred"):
        return value + rest, after, True
    return value, end, True


def _strung(words: Sequence[str], index: int, before: str, around: Neighbours) -> tuple[str | None, int]:
    """Numbers said without a scale word: digit by digit, "one twenty two", "twenty twenty six"."""
    end = index
    while end < len(words) and words[end] in DIGITS:
        end += 1
    singles = "".join(str(DIGITS[word]) for word in words[index:end])
    if len(singles) >= 3:
        one = sequences_en.is_one_string(singles, first=index == 0, to_end=end == len(words), around=around)
        return (singles, end) if one else (singles[0], index + 1)
    if len(singles) == 2 and singles[0] == "0":
        return singles, end
    if words[index] in {"oh", "o"}:
        return None, index
    first, after = _chunk(words, index)
    if first is None:
        return None, index
    tens, ones = words[index], words[after - 1]
    if tens in TENS and ones in DIGITS and after == len(words) and _counts_doses(DIGITS[ones], around):
        events = table("numbers_en").lists("events")["before"]
        if before not in events and not (around.times_follow and not before):
            return str(TENS[tens]), index + 1  # "fifty three times a day" after a drug: 50, three times a day
    second, last = _chunk(words, after)
    if before in months() and second is not None and not _is_year(words, first, second, last):
        return str(first), after
    if second is None or second < 10 or _apart(words, first, last, before, around):
        joined = _with_oh(words, first, after)
        return joined if joined is not None else (str(first), after)
    if first < 10:
        whole = (
            first
            and len(singles) < 2
            and ((around.after == "over" and last == len(words)) or not _after_figure(words, index, around))
        )
        return (f"{first}{second}", last) if whole else (str(first), after)
    pair = sequences_en.is_one_pair(first, second, to_end=last == len(words), around=around)
    return (f"{first}{second}", last) if pair else (str(first), after)


def _after_figure(words: Sequence[str], index: int, around: Neighbours) -> bool:
    """Whether a number of one figure stands right before: "eight nine ten" are three numbers."""
    if not index or words[index - 1] not in DIGITS:
        return False
    named = index == 1 and around.before in table("numbers_en").mapping("markers")
    return not named and (index == 1 or words[index - 2] in DIGITS)


def _counts_doses(ones: int, around: Neighbours) -> bool:
    """Whether a figure after a strength counts doses: "three hundred | three times a day", "500 | one tablet"."""
    return (around.times_follow and 2 <= ones <= 5) or (around.tablet_follows and ones == 1)


def _is_year(words: Sequence[str], first: int, second: int, last: int) -> bool:
    """Whether two numbers after a month are its year: "July twenty twenty five", not "twenty twenty twenty six"."""
    return first in {18, 19, 20} and second >= 10 and _chunk(words, last)[0] is None


def _with_oh(words: Sequence[str], first: int, after: int) -> tuple[str, int] | None:
    """ "nineteen oh five": two figures, then oh and a figure."""
    if first < 10 or after + 1 >= len(words) or words[after] not in {"oh", "o"}:
        return None
    digit = DIGITS.get(words[after + 1])
    return (f"{first}0{digit}", after + 2) if digit is not None else None


def _apart(words: Sequence[str], first: int, last: int, before: str, around: Neighbours) -> bool:
    """Whether two neighbouring numbers below a hundred stay two numbers."""
    if len(before) == 1 and before not in {"a", "i"}:
        return True
    if first < 10 and (before == "times" or (before == "height" and first in _FEET and words[last - 1] in _INCHES)):
        return True  # "times three nineteen ninety eight", "height five ten"
    if last < len(words) and words[last] in {"hundred", *SCALES}:
        return True
    if _tapers(words, first, last, before, around):
        return True
    if first != _TWENTY and first >= 10 and _chunk(words, last)[0] is None and words[last - 1] == words[last - 2]:
        return True  # "fifty fifty"; "twenty twenty" is a year, or good eyes
    if before in DIGITS and first >= 10 and not (first in _CENTURIES and _chunk(words, last)[0] is None):
        return True  # "seven point three four forty six eighty two"
    if (
        first >= 10
        and around.unit_follows
        and (before in TENS or before in TEENS or (_chunk(words, last)[0] or 0) >= 10)
    ):
        return True  # "forty thirty twenty milligrams"
    enumerators = table("numbers_en").lists("enumerators")["words"]
    return before in enumerators and first < 10 and (around.unit_follows or last < len(words))


def _tapers(words: Sequence[str], first: int, last: int, before: str, around: Neighbours) -> bool:
    """Whether round numbers fall one by one: "forty thirty twenty ten" are four doses."""
    second = TENS.get(words[last - 1]) or TEENS.get(words[last - 1], 0)
    third = _chunk(words, last)[0] or 0
    if first % 10 or second % 10 or not first > second or around.before in months():
        return False
    return second > third > 0 == third % 5 or first < TENS.get(before, 0)
