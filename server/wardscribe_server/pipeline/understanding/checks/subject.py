"""What is checked: a filled record with its text, and what the session knows of patient and order.

Owns the questions that rules share: which leaves, which claims, which statements. Must not know any rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Evidence, Language
from wardscribe_server.catalog import AtSigning, CheckCode, Template
from wardscribe_server.pipeline.understanding.checks.phrases import sides_in

_CLAIMED = {
    "findings": "finding",
    "exam": "finding",
    "symptoms": "problem",
    "diagnoses": "problem",
    "admission_diagnoses": "problem",
    "discharge_diagnoses": "problem",
    "lesions": "lesion",
}
_STATED = ("impression", "assessment")


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule's finding: its code, the place it is about, the place that speaks against it, words for the message.

    `at_signing` is its weight, where the template gives the place one of its own.
    """

    code: CheckCode
    path: str
    against: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    at_signing: AtSigning | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An entry that says of something that it is there, or not, and where."""

    name: str
    presence: str
    sides: frozenset[str]
    location: str
    path: str
    listed_in: str
    resolved: bool

    @property
    def present(self) -> bool:
        """Whether it is said to be there now."""
        return self.presence == "present" and not self.resolved


@dataclass(frozen=True, slots=True)
class Statement:
    """A line of conclusions, as text."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Fields to be checked, and all that is known around them."""

    fields: Mapping[str, JsonValue]
    language: Language
    template: Template | None = None
    text: str = ""
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    context: Context | None = None
    macro_spans: tuple[tuple[int, int], ...] = ()
    _claims: dict[str, tuple[Claim, ...]] = field(default_factory=dict, repr=False, compare=False)
    disputed: tuple[str, ...] = ()  # values that a person holds and later dictation contradicts

    def entries(self, name: str) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
        """Entries of a list field with their pointers."""
        value = self.fields.get(name)
        for index, entry in enumerate(value if isinstance(value, list) else ()):
            if isinstance(entry, dict):
                yield f"/fields/{name}/{index}", entry

    def texts(self, *names: str) -> Iterator[Statement]:
        """Text fields, and the lines of lists of texts, with their pointers."""
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, str):
                yield Statement(value, f"/fields/{name}")
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, str):
                        yield Statement(item, f"/fields/{name}/{index}")

    def statements(self) -> tuple[Statement, ...]:
        """What the record concludes."""
        return tuple(self.texts(*_STATED))

    def claims(self, *names: str) -> Iterator[Claim]:
        """Claims of the fields `names`; of all fields that make some when none is named."""
        for listed_in in names or (*_CLAIMED, "nodules"):
            if listed_in not in self._claims:
                self._claims[listed_in] = tuple(self._claimed_in(listed_in))
            yield from self._claims[listed_in]

    def _claimed_in(self, listed_in: str) -> Iterator[Claim]:
        nodule = "nodule" if self.language is Language.EN else "结节"
        for path, entry in self.entries(listed_in):
            name = str(entry.get(_CLAIMED[listed_in], "")) if listed_in in _CLAIMED else nodule
            yield self._claim(name, entry, path, listed_in)

    def _claim(self, name: str, entry: Mapping[str, JsonValue], path: str, listed_in: str) -> Claim:
        side, location = entry.get("laterality"), str(entry.get("location") or "")
        said = frozenset([str(side)]) if side in ("left", "right", "bilateral") else frozenset()
        sides = said or sides_in(f"{location}\n{name}", self.language)
        resolved = entry.get("change") == "resolved"
        return Claim(name, str(entry.get("presence", "present")), sides, location, path, listed_in, resolved)

    def leaves(self) -> Iterator[tuple[str, JsonValue]]:
        """Every leaf under its pointer."""
        yield from _leaves(dict(self.fields), "/fields")

    def around(self, path: str, reach: int) -> str:
        """The text before the words that a leaf comes from, back to the start of their sentence; empty when unknown."""
        evidence = self.evidence.get(path)
        if evidence is None or evidence.chars is None:
            return ""
        start = evidence.chars[0]
        before = self.text[max(0, start - reach) : start]
        for sign in "。；;\n":
            before = before.rpartition(sign)[2]
        return before.rpartition(". ")[2]

    def beside(self, path: str, reach: int) -> str:
        """What stands around the words of a leaf, within their sentence and `reach` characters to either side."""
        evidence = self.evidence.get(path)
        if evidence is None or evidence.chars is None:
            return ""
        behind = self.text[evidence.chars[0] : evidence.chars[1] + reach]
        for sign in ("。", "；", ";", "\n", ". "):
            behind = behind.partition(sign)[0]
        return self.around(path, reach) + behind


def _leaves(value: JsonValue, pointer: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{pointer}/{index}")
    else:
        yield pointer, value
