"""What a fuzzed part of the product looks like to the campaign, and the rules that every answer must keep.

Knows no parser and no protocol.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fuzzing.mutations import Mutator

Judge = Callable[[bytes], str]
Change = Callable[[Mutator, bytes, Sequence[bytes]], bytes]


class Broken(AssertionError):
    """The product answered, but not as it must; the text says which rule was broken, never what the input was."""


@dataclass(frozen=True, slots=True)
class Target:
    """One part of the product.

    `judge` gives an input to it and returns the kind of its answer: a short text that is the same for inputs that
    were treated alike. Any exception that leaves `judge` is a finding. `change` makes a new input from a kept one.
    """

    name: str
    seeds: Sequence[bytes]
    judge: Judge
    change: Change
    inputs_each: int = 1  # inputs that one call of `judge` gives to the product
    native: bool = False  # whether a fault could end the process: the input is written down before it is tried


def as_bytes(text: str) -> bytes:
    """Text that may hold lone surrogates as bytes."""
    return text.encode("utf-8", "surrogatepass")


def as_text(data: bytes) -> str:
    """The reverse of `as_bytes`; bytes that are no text become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def changed_bytes(mutator: Mutator, data: bytes, others: Sequence[bytes]) -> bytes:
    """Any change of bytes."""
    return mutator.spoilt(data, others)


def text_changer(tokens: Sequence[str]) -> Change:
    """Changes of text that know the words of a format; one in eight forgets that it is text."""

    def change(mutator: Mutator, data: bytes, others: Sequence[bytes]) -> bytes:
        if mutator.random.random() < 0.125:
            return mutator.spoilt(data, others)
        other = as_text(mutator.random.choice(others)) if others else ""
        text = mutator.text(as_text(data), [other], tokens)
        return text.encode("utf-8", "surrogatepass" if mutator.random.random() < 0.2 else "replace")

    return change
