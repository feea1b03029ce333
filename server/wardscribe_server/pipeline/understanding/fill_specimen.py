"""A specimen as received: what it is, from which operation, how large, how many nodes, what went into which cassette.

Owns those shapes. Must not know its lesions.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.fill_lesions import first_lesion
from wardscribe_server.pipeline.understanding.procedures import find_procedures
from wardscribe_server.pipeline.understanding.quantities import Size, han_number, sizes
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_STOP = (
    r"(?=\s*(?:[,.;:(]|$|\bcontain|\bis\b|\bare\b|\bconsists?\b|\bmeasur|\bweigh|\breceived\b|\bin formalin\b|"
    r"\bspecimen weighing|\ban?\b|\bthe\b|\d))"
)
_EN_LABELLED = re.compile(
    rf"\b(?:label(?:l)?ed|designated|identified(?=\s+as\b))\s+(?:as\s+|with the patient'?s name(?:,? and|"
    rf" and designated)?\s*,?\s*|[\"“]?)?(?:as\s+)?(?P<what>[a-z][^,.;:\d]*?){_STOP}",
    re.IGNORECASE,
)
_EN_SPECIMEN = re.compile(
    r"\b(?:an?|the|one|is|are|received(?: fresh| in formalin)?(?: is| are)?)\s+(?:an?\s+|"
    r"the\s+)?(?P<what>[a-z][a-z' -]{3,60}? specimen)\b",
    re.IGNORECASE,
)
_EN_PART = re.compile(
    rf"\b(?:part|specimen|jar|container)\s+[A-Z0-9]\b\s*[,:]?\s*(?:is\s+|are\s+|designated\s+|"
    rf"label(?:l)?ed\s+)?(?:received in formalin\s*,?\s*)?(?:an?\s+|"
    rf"the\s+)?(?P<what>[a-z][^,.;:\d]*?){_STOP}",
    re.IGNORECASE,
)
_EN_OF = re.compile(
    rf"\b(?:specimen|received)\b[^.]{{0,40}}?\b(?:consists of|consisting of|is|are)\s+(?:an?\s+|"
    rf"the\s+)?(?P<what>[a-z][^,.;:\d]*?){_STOP}",
    re.IGNORECASE,
)
_EN_HEADED = re.compile(rf"\bspecimen\s*:\s*(?:an?\s+|the\s+)?(?P<what>[a-z][^,.;:\d]*?){_STOP}", re.IGNORECASE)
_EN_OPENING = re.compile(
    r"^\s*(?:(?:this|it) is\s+|received\b[^,.]{0,30}?\b(?:is|are)\s+)?(?:an?\s+|the\s+|one\s+)?"
    r"(?P<what>[a-z][^,.;:\d]{3,60}?)(?=\s*(?:[,.;]|\d|\bmeasur|\bweigh|\bspecimen\b|\bconsist))",
    re.IGNORECASE,
)
_NOT_WHAT = re.compile(r"^(?:received|the patient|with|fresh|in formalin|smooth|intact|oriented|and)\b", re.IGNORECASE)
_ZH_SPECIMEN = re.compile(
    r"(?:送检(?:物|组织|标本)?(?:为)?[：:，]?|^(?!标本[为：:])|标本(?:名称|类型)?[为：:])(?P<what>[^，。；：\n\d]{1,22}?标本(?=[^名：:])|"
    r"[^，。；：\n\d]{2,24}?)(?P<n>一件|一个|"
    r"一份|1件|1个|一枚|一块)?(?=[，。；：\n]|大小|重|\d|$|(?<=标本))"
)
_ZH_OPERATION = re.compile(
    r"[^，。；\d一二三四]{1,16}?(?:根治性?切除|切除|根治|活检|剥除|清扫|摘除|切取|穿刺|切开)(?:术)?"
)
_SMALL = re.compile(
    r"\b(?:skin ellipse|skin paddle|with an ellipse|overlying|attached|margin|containing)\b[^,.;]*$|"
    r"附|皮肤|切口|另送|带有?[^，。]*$",
    re.IGNORECASE,
)
_EN_NODES = re.compile(
    r"\b(?P<total>(?:a )?total of\s+)?(?P<n>\d+|no|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|a single|a)\s+(?:(?:possible|additional|sentinel|regional|pericolic|"
    r"peribronchial|tan|firm|soft|enlarged|small|candidate|cystic duct|hilar|axillary|mesenteric|"
    r"pelvic|grossly positive|[a-z]+)\s+){0,3}?(?:lymph\s+nodes?|nodes?)\b",
    re.IGNORECASE,
)
_EN_BOTH_SIDES = re.compile(
    r"\b(?P<a>\d+)\s+(?:left|right)\b[a-z ]{0,24}?\band\s+(?P<b>\d+)\s+(?:left|right)\b[a-z ]{0,30}?\bnodes\b",
    re.IGNORECASE,
)
_ZH_NODES = re.compile(
    r"(?P<total>[共总]计?[^，。；]{0,6}?)?淋巴结[^，。；\d一二三四五六七八九十未]{0,8}?(?P<n>\d+|[一二两三四五六七八九十]{1,3})[枚个颗]"
    r"|(?P<n2>\d+|[一二两三四五六七八九十]{1,3})[枚个颗](?:肿大)?淋巴结"
)
_ZH_NO_NODES = re.compile(
    r"(?:未(?:检出|见|查见|找到|触及)|无)[^，。；]{0,6}淋巴结|淋巴结[^，。；]{0,4}未(?:检出|找到|见)"
)
_NUMBERS = {
    word: at
    for at, word in enumerate(
        (
            *("no", "one", "two", "three", "four", "five", "six"),
            *("seven", "eight", "nine", "ten", "eleven", "twelve"),
        )
    )
} | {"a single": 1, "a": 1}
_SIGN = re.compile(r"[,，、;；。\n]|\.(?:\s|$)")
_CODE = r"(?:[A-Z]{1,2}\s?\d{1,2}|\d{1,2}[A-Z])"
_BARE = re.compile(rf"\b(?P<a>{_CODE})(?:\s*(?:to|through|thru|and|-|–|到|至)\s*(?P<b>{_CODE}))?\b")
_EN_RANGE = re.compile(
    rf"\b(?i:cassettes?|blocks?|as|sections|submitted(?: entirely)?(?: in)?)\s+(?P<a>{_CODE}|\d{{1,2}}|[A-Z])"
    rf"(?:\s*(?:to|through|thru|-|–)\s*(?P<b>{_CODE}|\d{{1,2}}|[A-Z]))?(?=\s*(?:[.;\n]|$))"
)
_EN_SPELT = re.compile(  # "cassettes a one and a two" is written with the letters small
    r"\b(?:(?i:cassettes?|blocks?)\s+(?P<codes>[a-z] ?\d{1,2}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+)[a-z] ?\d{1,2})*)"
    r"|(?i:submitted(?: entirely)? in)\s+(?P<more>[A-Za-z] ?\d{1,2}(?:(?:\s*,\s*|\s+and\s+)[A-Za-z] ?\d{1,2})+))"
    r"(?=\s*(?:[.;\n]|$))"
)
_ZH_RUN = re.compile(
    r"(?:取材|编号|包埋|蜡块|切片)[^A-Za-z，。；]{0,6}(?P<codes>[A-Z]\d{1,2}(?:[/、,，和及]?[A-Z]\d{1,2})+)(?![到至~\d-])"
)
_ONE_CODE = re.compile(r"[A-Za-z] ?\d{1,2}")
_ZH_RANGE = re.compile(
    r"(?:取材|编号|包埋|蜡块|切片)[^\dA-Za-z，。；]{0,4}(?P<a>[A-Z]{0,2}\d{1,2})(?:号)?(?:到|至|-|~)(?P<b>[A-Z]{0,2}\d{1,2})"
    r"(?:号)?(?=\s*(?:[，。；;\n]|$))"
)
_EN_CODES = re.compile(
    rf"(?P<a>{_CODE})(?:\s*(?P<link>to|through|thru|and|&|-|"
    rf"–)\s*(?P<b>{_CODE}))?\s*[:,=-]?\s*(?P<what>[a-z][^,.;:\n]*?)(?=\s*(?:[,.;:\n]|$)|"
    rf"\s+(?:and\s+)?{_CODE}\b)"
)
_EN_NUMBERED = re.compile(
    r"\b(?:cassettes?|blocks?|section)?\s*(?P<a>\d{1,2})(?:\s*(?P<link>to|through|and|-|"
    r"–)\s*(?P<b>\d{1,2}))?\s*[:,=-]?\s*(?P<what>[a-z][^,.;:\n\d]*?)(?=\s*(?:[,.;:\n]|$)|"
    r"\s+(?:and\s+)?(?:(?:cassette|block)s?\s+)?\d)"
)
_ZH_CODE = r"(?:[A-Za-z甲乙丙丁戊己]+\s?(?:\d{1,2}|[一二三四五六七八九十]{1,2}))"
_ZH_CODES = re.compile(
    rf"(?P<a>{_ZH_CODE})(?:\s*(?P<link>到|至|-|~|～|—|、|和|及)\s*(?P<b>{_ZH_CODE}|"
    rf"\d{{1,2}}))?\s*[：:为]?\s*(?P<what>[^，。；;、\nA-Za-z\d甲乙丙丁]{{1,20}})"
)
_ZH_NUMBERED = re.compile(
    r"(?P<a>\d{1,2}|[一二三四五六七八九十])(?:号)?(?:(?P<link>到|至|-|~|、|和)(?P<b>\d{1,2}|"
    r"[一二三四五六七八九十]))?(?:号)?[：:为]?(?P<what>[^，。；;、\n\d一二三四五六七八九十]{1,16})"
)


_EN_PATTERNS = (_EN_LABELLED, _EN_HEADED, _EN_SPECIMEN, _EN_PART, _EN_OF, _EN_OPENING)


def specimen(case: Case, _spec: FieldSpec) -> Tree:
    """What was received, as it is labelled or called."""
    text = case.reading.text
    patterns = (_ZH_SPECIMEN,) if case.reading.is_zh else _EN_PATTERNS
    for pattern in patterns:
        for match in pattern.finditer(text):
            what = case.trimmed(match.start("what"), match.end("what"))
            if what is not None and what.value != "标本" and not _NOT_WHAT.match(str(what.value)):
                return what
    return []


def specimen_procedure(case: Case, spec: FieldSpec) -> Tree:
    """The operation that the specimen comes from."""
    if case.reading.is_zh:
        what = specimen(case, spec)
        match = _ZH_OPERATION.match(str(what.value)) if isinstance(what, Leaf) else None
        if match is None or not isinstance(what, Leaf):
            return []
        return case.trimmed(what.start, what.start + match.end()) or []
    for done in find_procedures(case.reading, 0, len(case.reading.text), bare=True):
        if case.section_at(done.start) != "cassettes":
            return Leaf(case.reading.text[done.start : done.end], done.start, done.end)
    return []


_EN_LONG = re.compile(r"\|\s*(?:in (?:greatest )?length|long)\b", re.IGNORECASE)
_EN_ACROSS = re.compile(
    r"\|\s*(?:in (?:greatest |maximum |average )?(?:diameter|width)|across|wide|in calib)", re.IGNORECASE
)
_ZH_LONG = re.compile(r"(?:长|长度|长约|全长)(?:约|为)?\|")
_ZH_ACROSS = re.compile(r"(?:直径|管径|周径|外径|宽)(?:约|为)?\|")
_LARGEST = re.compile(
    r"\blargest(?:\s+(?:is|measur\w+|piece|fragment|of which))*\s*$|\bup to\s*$|"
    r"(?:最大径|最大者|最大直径|直径)(?:约|为)?$",
    re.IGNORECASE,
)
_APART = 24


def specimen_size(case: Case, _spec: FieldSpec) -> Tree:
    """The size of the whole: the first with two or three measures before any lesion."""
    stop = first_lesion(case)
    found = [
        size
        for size in sizes(case.reading.text, 0, len(case.reading.text))
        if size.end <= stop
        and min(size.mm) > 0
        and len(size.mm) > 1
        and not _SMALL.search(case.reading.text[max(0, size.start - 24) : size.start])
    ]
    whole = next((size for size in found if len(size.mm) == 3), found[0] if found else None)
    if whole is not None:
        return [Leaf(value, whole.start, whole.end) for value in whole.mm]
    return _length_and_width(case, stop) or _largest_piece(case, stop)


def _length_and_width(case: Case, stop: int) -> list[Tree]:
    """ "6.5 cm in length and 1.2 cm in diameter", 长6.5厘米，直径1.2厘米."""
    text = case.reading.text
    said = sizes(text, 0, stop)
    long, across = (_ZH_LONG, _ZH_ACROSS) if case.reading.is_zh else (_EN_LONG, _EN_ACROSS)
    for one, other in pairwise(said):
        if len(one.mm) == len(other.mm) == 1 and other.start - one.end <= _APART:
            around, beyond = _around(text, one), _around(text, other)
            if (
                long.search(around)
                and across.search(beyond)
                and not _SMALL.search(text[max(0, one.start - 24) : one.start])
            ):
                return [Leaf(one.mm[0], one.start, one.end), Leaf(other.mm[0], other.start, other.end)]
    return []


def _around(text: str, size: Size) -> str:
    """The words of measuring beside a length: before it in Chinese, behind it in English."""
    return text[max(0, size.start - 6) : size.start] + "|" + text[size.end : size.end + 16]


def _largest_piece(case: Case, stop: int) -> list[Tree]:
    """Of fragments without a common size the largest: "the largest 3 mm", 最大径0.3厘米."""
    text = case.reading.text
    if stop < len(text):
        return []
    for size in sizes(text, 0, stop):
        if len(size.mm) == 1 and _LARGEST.search(text[max(0, size.start - 30) : size.start]):
            return [Leaf(size.mm[0], size.start, size.end)]
    return []


def lymph_nodes(case: Case, _spec: FieldSpec) -> Tree:
    """How many nodes were found: the total where one is said, else their sum."""
    text = case.reading.text
    found: list[tuple[int, int, int, bool]] = []
    for match in (_ZH_NODES if case.reading.is_zh else _EN_NODES).finditer(text):
        if case.section_at(match.start()) == "cassettes":
            continue
        group = "n" if match["n"] else "n2"
        number = _number(match[group])
        if number is not None:
            total = bool(match["total"]) or "共" in text[max(0, match.start() - 6) : match.end()]
            found.append((number, match.start(group), match.end(group), total))
    none = _ZH_NO_NODES.search(text) if case.reading.is_zh and not found else None
    if none is not None:
        return Leaf(0, none.start(), none.end())
    if not found:
        return []
    sides = _EN_BOTH_SIDES.search(text) if not case.reading.is_zh else None
    if sides is not None and len(found) == 1:
        return Leaf(int(sides["a"]) + int(sides["b"]), sides.start("a"), sides.end("b"), computed=True)
    totals = [item for item in found if item[3]]
    if totals:
        return Leaf(totals[-1][0], totals[-1][1], totals[-1][2])
    counted = [item for item in found if item[0]]
    if not counted:
        return Leaf(0, found[0][1], found[0][2])
    return Leaf(sum(item[0] for item in counted), counted[0][1], counted[-1][2], computed=len(counted) > 1)


def _number(text: str) -> int | None:
    lowered = text.lower()
    if lowered.isdigit():
        return int(lowered)
    if lowered in _NUMBERS:
        return _NUMBERS[lowered]
    value = han_number(text)
    return int(value) if value is not None else None


def cassettes(case: Case, spec: FieldSpec) -> Tree:
    """One text for each cassette or run of cassettes: its code and what is in it."""
    runs = case.runs(spec.section)
    spans = [(run[0].start, run[-1].clause.end) for run in runs]
    lead = 12  # the word before the codes may be the heading
    whole = spans or [(0, len(case.reading.text))]
    listed = _ZH_RUN if case.reading.is_zh else _EN_SPELT
    spelt = [match for start, end in whole for match in listed.finditer(case.reading.text, max(0, start - lead), end)]
    if spelt:
        return [
            Leaf(code.group().replace(" ", "").upper(), code.start(), code.end())
            for match in spelt
            for code in _ONE_CODE.finditer(case.reading.text, *match.span(match.lastgroup or "codes"))
        ]
    found = [item for start, end in whole for item in _ranges(case, max(0, start - lead), end)]
    found = found or [item for start, end in spans for item in _coded(case, start, end)]
    if not found:
        start = _first_code(case)
        found = list(_coded(case, start, len(case.reading.text))) if start is not None else []
    for listing in (_numbered, _bare_codes, _listed):
        found = found or [item for start, end in spans for item in listing(case, start, end)]
    return found


def _ranges(case: Case, start: int, end: int) -> Iterator[Leaf]:
    """Codes without contents, where no other is said: 取材R1至R9, "in cassettes 1 through 4", "in cassette A"."""
    text = case.reading.text
    found = list((_ZH_RANGE if case.reading.is_zh else _EN_RANGE).finditer(text, start, end))
    codes = sum(1 for _ in re.finditer(r"[A-Z]{1,2} ?\d", text[start:end]))
    if codes > 2 * len(found):
        return
    for match in found:
        said = f"{match['a']}-{match['b']}" if match["b"] else match["a"]
        yield Leaf(said.replace(" ", ""), match.start("a"), match.end("b") if match["b"] else match.end("a"))


def _first_code(case: Case) -> int | None:
    """Without a heading: where at least two codes stand."""
    pattern = _ZH_CODES if case.reading.is_zh else _EN_CODES
    found = list(pattern.finditer(case.reading.text))
    return found[0].start() if len(found) > 1 else None


def _coded(case: Case, start: int, end: int) -> Iterator[Leaf]:
    for match in (_ZH_CODES if case.reading.is_zh else _EN_CODES).finditer(case.reading.text, start, end):
        yield _cassette(match, zh=case.reading.is_zh)


def _numbered(case: Case, start: int, end: int) -> Iterator[Leaf]:
    expected = 1
    lead = re.match(r"\s*(?:cassettes?|blocks?)?\s*", case.reading.text[start:end], re.IGNORECASE)
    begin = start + (lead.end() if lead is not None else 0)
    before = re.search(r"\bcassettes?\s*$|\bblocks?\s*$", case.reading.text[:begin], re.IGNORECASE)
    for match in (_ZH_NUMBERED if case.reading.is_zh else _EN_NUMBERED).finditer(
        case.reading.text, before.start() if before is not None else begin, end
    ):
        number = _number(match["a"])
        if number == expected and (expected > 1 or match.start("a") - begin <= 2):
            expected = (_number(match["b"]) or number) + 1 if match["b"] else expected + 1
            yield _cassette(match, zh=case.reading.is_zh)


def _bare_codes(case: Case, start: int, end: int) -> Iterator[Leaf]:
    """ "Entirely submitted in cassettes A1 through A4": codes without contents."""
    for match in _BARE.finditer(case.reading.text, start, end):
        code = match["a"] + (f"-{match['b']}" if match["b"] else "")
        yield Leaf(code, match.start(), match.end())


def _listed(case: Case, start: int, end: int) -> Iterator[Leaf]:
    """Without any code: what was taken, one after the other."""
    at = start
    for match in [*_SIGN.finditer(case.reading.text, start, end), None]:
        item = case.trimmed(at, match.start() if match is not None else end)
        at = match.end() if match is not None else end
        if item is not None:
            yield item


def _cassette(match: re.Match[str], *, zh: bool) -> Leaf:
    code = match["a"].replace(" ", "")
    if match["b"]:
        code += "-" + match["b"].replace(" ", "")
    what = match["what"].strip()
    return Leaf(f"{code}{'' if zh else ' '}{what}", match.start("a"), match.end("what"))
