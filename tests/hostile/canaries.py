"""Strings that must not be found, in every form in which a program could have written them, and the search for them."""

import base64
import json
import math
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

# One for each way in: whoever finds one knows where it came from.
SPOKEN = "quokkaspoken"
SPOKEN_ZH = "袋鼠口述"
BROKEN = "quokkabroken"  # in the exception of an engine
SOUND = "quokkasoundwave"  # the bytes of the audio itself
TYPED = "quokkatyped"
TYPED_ZH = "袋鼠手写"
COMMANDED = "quokkacommanded"
NAMED = "quokkaname"
NUMBERED = "quokkamrn"
GLOSSARY = "quokkaglossary"
USER = "quokkauser"
TEMPLATE = "quokkatemplate"
TOKEN = "quokkatoken"
MALFORMED = "quokkamalformed"
ASKED = "quokkaasked"  # in an HTTP path, a query and a header
ALL = (
    *(SPOKEN, SPOKEN_ZH, BROKEN, SOUND, TYPED, TYPED_ZH, COMMANDED, NAMED, NUMBERED, GLOSSARY),
    *(USER, TEMPLATE, TOKEN, MALFORMED, ASKED),
)


def forms(canary: str) -> Iterator[bytes]:
    """As text in three encodings, in base64 at each alignment, in hexadecimal, escaped for JSON and for URLs."""
    plain = canary.encode()
    yield plain
    yield canary.encode("utf-16-le")
    yield canary.encode("utf-16-be")
    yield plain.hex().encode()
    yield json.dumps(canary).strip('"').encode()
    yield urllib.parse.quote(canary).encode()
    yield canary.encode("unicode_escape")
    for shift in range(3):
        # The first and last characters depend on the neighbours.
        encoded = base64.b64encode(bytes(shift) + plain)[4 if shift else 0 :]
        yield encoded[: len(encoded) - 4]


def found_in(data: bytes, canaries: Sequence[str] = ALL) -> set[str]:
    """Canaries that stand in `data`, whatever the case of their letters."""
    lowered = data.lower()
    return {
        canary
        for canary in canaries
        if any(form in data or form.lower() in lowered for form in forms(canary) if len(form) > 7)
    }


def leaks(places: Mapping[str, Path], *, allowed: Sequence[str], sought: Sequence[str] = ALL) -> dict[str, set[str]]:
    """Files that hold what is sought, or bear it in their name, by `PLACE/PATH`; `allowed` are patterns of them."""
    leaking: dict[str, set[str]] = {}
    for place, root in places.items():
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            name = f"{place}/{path.relative_to(root)}" if root.is_dir() else place
            if any(fnmatch(name, pattern) for pattern in allowed):
                continue
            named = found_in(str(path.relative_to(root.parent)).encode(), sought)
            held = found_in(path.read_bytes(), sought) if path.is_file() else set()
            if named | held:
                leaking[name] = named | held
    return leaking


def entropy_bits(data: bytes) -> float:
    """Bits of information in a byte of `data`, by how often each byte stands in it; 8 for noise."""
    counts = Counter(data)
    return -sum(count / len(data) * math.log2(count / len(data)) for count in counts.values())
