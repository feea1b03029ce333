"""Lines of written notes with made-up names, numbers, places and telephone numbers.

Owns filling the lines of `identities.toml` by chance, the same for the same seed. Must not know real people.
"""

import random
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, cast

from models.training.examples import Entity, Example

_LINES: Final = Path(__file__).with_name("identities.toml")
_SLOT: Final = re.compile(r"\{(name|id|bed|place|phone)\}")
_PART: Final = re.compile(r"\{([a-z]+|L|d(\d+)|n(\d))\}")
_PLAIN: Final = 5  # one line in so many has nothing to label
_ALONE: Final = 0.3  # share of English names that are a family name alone


class Identities:
    """Draws lines of one language."""

    def __init__(self, language: str, *, seed: int) -> None:
        with _LINES.open("rb") as file:
            self._said = cast("Mapping[str, list[str]]", tomllib.load(file)[language])
        self._language = language
        self._chance = random.Random(seed)  # noqa: S311 - data, not secrets

    def examples(self, count: int) -> Iterator[Example]:
        """So many lines, each an example in which nothing but the four labels is looked at."""
        for number in range(count):
            if number % _PLAIN == _PLAIN - 1:
                text, entities = self._chance.choice(self._said["other"]), ()
            else:
                text, entities = self._filled(self._chance.choice(self._said["lines"]))
            yield Example(
                id=f"identities_{self._language}/{number}",
                source=f"identities_{self._language}",
                language=self._language,
                form="written",
                text=text,
                entities=entities,
            )

    def _filled(self, line: str) -> tuple[str, tuple[Entity, ...]]:
        text, at = "", 0
        entities: list[Entity] = []
        for slot in _SLOT.finditer(line):
            text += line[at : slot.start()]
            value = self._drawn(slot[1])
            label = "id" if slot[1] == "bed" else slot[1]
            entities.append(Entity(start=len(text), end=len(text) + len(value), label=label))
            text += value
            at = slot.end()
        return text + line[at:], tuple(entities)

    def _drawn(self, slot: str) -> str:
        if slot == "name":
            return self._name()
        form = self._chance.choice(self._said[f"{slot}_forms"])
        return _PART.sub(self._part, form)

    def _name(self) -> str:
        family, given = self._chance.choice(self._said["family"]), self._chance.choice(self._said["given"])
        if self._language == "zh":
            return family + given
        if self._chance.random() < _ALONE:
            return family
        middle = f" {self._chance.choice(string.ascii_uppercase)}." if self._chance.random() < 0.1 else ""
        return f"{given}{middle} {family}"

    def _part(self, part: re.Match[str]) -> str:
        if part[2]:
            return "".join(self._chance.choice(string.digits) for _ in range(int(part[2])))
        if part[3]:
            return str(self._chance.randint(1, 10 ** int(part[3]) - 1))
        match part[1]:
            case "L":
                return self._chance.choice(string.ascii_uppercase)
            case "town":
                return self._chance.choice(self._said["place_stem"]) + self._chance.choice(self._said["place_end"])
            case "mail":
                family = self._chance.choice(self._said["family"]).lower().replace("'", "")
                return f"{family}{self._chance.randint(1, 99)}@example.org"
            case name:
                return self._chance.choice(self._said[name])
