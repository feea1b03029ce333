"""The grammar of written form as data: units, frequencies, cues, punctuation words and commands, one TOML file each.

Owns reading the files; what the entries mean is the business of the stage that asks for them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

Entry = str | int | bool | list[str] | dict[str, str]


class GrammarError(ValueError):
    """A grammar file is wrong; the message names the file and the key."""


class Table:
    """One grammar file, read with the shape that the caller expects."""

    def __init__(self, name: str, entries: Mapping[str, object]) -> None:
        self._name = name
        self._entries = entries

    def words(self, key: str) -> tuple[str, ...]:
        """A list of phrases.

        Raises: GrammarError when `key` is not a list of texts.
        """
        value = self._entries.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise GrammarError(f"{self._name}.toml: {key} must be a list of texts")
        return tuple(value)

    def mapping(self, key: str) -> dict[str, str]:
        """A table from phrase to written form.

        Raises: GrammarError when `key` is not a table of texts.
        """
        value = self._entries.get(key)
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise GrammarError(f"{self._name}.toml: {key} must be a table of texts")
        return dict(value)

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table from written form to its spoken forms.

        Raises: GrammarError when `key` is not a table of lists of texts.
        """
        value = self._entries.get(key)
        if not isinstance(value, dict):
            raise GrammarError(f"{self._name}.toml: {key} must be a table of lists")
        return {name: Table(self._name, value).words(name) for name in value}


@cache
def table(name: str) -> Table:
    """The grammar file `name`.toml.

    Raises: GrammarError when it is no TOML.
    """
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    try:
        return Table(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise GrammarError(f"{name}.toml: {error}") from error


def either(phrases: Iterable[str]) -> str:
    """A regular expression group for any of `phrases`, the longest first."""
    return "(?:" + "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)) + ")"
