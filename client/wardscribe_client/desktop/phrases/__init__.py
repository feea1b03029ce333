"""What the windows say, in both languages, as data: a TOML file a part. Knows no window."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from wardscribe_protocol.record import Language


class PhrasesError(ValueError):
    """A file of phrases that cannot be used: a mistake of ours."""


@cache
def table(part: str) -> Mapping[str, Mapping[str, str]]:
    """All phrases of a part: key -> language -> phrase.

    Raises: PhrasesError naming the file and the key.
    """
    name = f"{part}.toml"
    content = tomllib.loads(resources.files(__name__).joinpath(name).read_text(encoding="utf-8"))
    phrases: dict[str, Mapping[str, str]] = {}
    for key, said in content.get("phrases", {}).items():
        if not isinstance(said, dict) or set(said) != set(Language):
            raise PhrasesError(f"{name}: {key}: give it in both languages, en and zh")
        phrases[key] = said
    return phrases


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one part in one language."""

    part: str
    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """A phrase with its values filled in."""
        return table(self.part)[key][self.language.value].format(**values)

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in table(self.part)

    def of(self, part: str) -> "Phrases":
        """Another part in the same language."""
        return Phrases(part, self.language)


def without_mark(text: str) -> str:
    """A text without the mark of its key, as a screen reader says it."""
    return re.sub(r"\(&.\)", "", text).replace("&", "")
