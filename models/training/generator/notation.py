r"""The notation of the grammars: one line of text with slots and annotation, read into a tree.

Owns the notation and its errors. Must not know terms, numbers or what is drawn.

    {rule}  {@finding.radiology}  {#2-40}    an alternative of a rule, a term of the lexicon, a number as it is said
    {@finding.free}  {@drug@en}              a finding that says no place, a term of the other language
    {@placed.chest}  {@located.chest}        a finding where it can be, said as the rule `placing` or `locating` says it
    (a|b|)                                   one of these, or nothing
    [severity mild]                          an entity; what stands inside is its text
    <... ...>                                the dependents inside belong to the heads inside
    <absent: ...>  <family past: ...>        what is claimed of the entities inside
    \[                                       the character itself
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from models.training.labels import AXES, LABELS

AXIS_OF: Final = {value: axis for axis, values in AXES.items() for value in values}
_CLOSING: Final = {"[": "]", "<": ">", "(": ")", "{": "}"}
_SPECIAL: Final = frozenset("[]<>(){}|\\")


class BadGrammar(ValueError):
    """A grammar that cannot be used; the text names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Words:
    """Text as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One of a rule's alternatives, a term (`@class.specialty`) or a number (`#from-to`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, equally likely."""

    options: tuple["Sequence", ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity with its label."""

    label: str
    body: "Sequence"


@dataclass(frozen=True, slots=True)
class Bond:
    """A group whose dependents belong to its heads."""

    body: "Sequence"


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed of all entities inside, by axis."""

    values: tuple[tuple[str, str], ...]
    body: "Sequence"


Node = Words | Slot | Choice | Mention | Bond | Claim
Sequence = tuple[Node, ...]


def parsed(line: str) -> Sequence:
    """The tree of one line.

    Raises:
        BadGrammar: the line does not follow the notation; says what is wrong, not where the line stands.
    """
    body, at = _sequence(line, 0, "")
    if at != len(line):
        raise BadGrammar(f"{line[at]!r} closes nothing; remove it or write \\{line[at]}")
    return body


def slots(body: Sequence) -> frozenset[str]:
    """Names of all slots in a tree."""
    found: set[str] = set()
    for node in body:
        match node:
            case Slot(name):
                found.add(name)
            case Choice(options):
                for option in options:
                    found |= slots(option)
            case Mention(_, inner) | Bond(inner) | Claim(_, inner):
                found |= slots(inner)
            case Words():
                pass
    return frozenset(found)


def filled(body: Sequence, parts: Mapping[str, str], label: str) -> Sequence:
    """The tree with words for some of its slots; a mention `finding` of the slot `its_thing` gets the label."""
    nodes: list[Node] = []
    for node in body:
        match node:
            case Slot(name) if name in parts:
                nodes.append(Words(parts[name]))
            case Choice(options):
                nodes.append(Choice(tuple(filled(option, parts, label) for option in options)))
            case Mention(own, inner):
                nodes.append(Mention(label if Slot("its_thing") in inner else own, filled(inner, parts, label)))
            case Bond(inner):
                nodes.append(Bond(filled(inner, parts, label)))
            case Claim(values, inner):
                nodes.append(Claim(values, filled(inner, parts, label)))
            case _:
                nodes.append(node)
    return tuple(nodes)


def _sequence(line: str, at: int, closing: str) -> tuple[Sequence, int]:
    nodes: list[Node] = []
    text = ""
    while at < len(line):
        char = line[at]
        if char == "\\":
            text += line[at + 1 : at + 2]
            at += 2
            continue
        if char in _CLOSING:
            if text:
                nodes.append(Words(text))
                text = ""
            node, at = _node(line, at)
            nodes.append(node)
            continue
        if char in closing or (char in _SPECIAL and char != "|"):
            break
        text += char
        at += 1
    if text:
        nodes.append(Words(text))
    return tuple(nodes), at


def _node(line: str, at: int) -> tuple[Node, int]:
    opening = line[at]
    if opening == "{":
        end = line.find("}", at)
        if end < 0:
            raise BadGrammar("a slot is not closed; add }")
        return Slot(line[at + 1 : end].strip()), end + 1
    if opening == "(":
        options: list[Sequence] = []
        end = at
        while not options or line[end] == "|":
            body, end = _sequence(line, end + 1, "|)")
            options.append(body)
            _closed(line, end, "|)")
        return Choice(tuple(options)), _closed(line, end, ")")
    head, start = _head(line, at, " " if opening == "[" else ":")
    body, end = _sequence(line, start, _CLOSING[opening])
    after = _closed(line, end, _CLOSING[opening])
    if opening == "[":
        if head not in LABELS:
            raise BadGrammar(f"{head!r} is no label; write one of {', '.join(LABELS)}")
        return Mention(head, body), after
    return (Claim(tuple((AXIS_OF[word], word) for word in head.split()), body) if head else Bond(body)), after


def _head(line: str, at: int, end: str) -> tuple[str, int]:
    """What stands at the front of an entity or a claim, and where its text begins."""
    place = line.find(end, at)
    head = line[at + 1 : place] if place > 0 else ""
    if end == ":" and not (head and all(word in AXIS_OF for word in head.split())):
        return "", at + 1
    return head, place + 1 + (line[place + 1 : place + 2] == " " and end == ":")


def _closed(line: str, at: int, closing: str) -> int:
    if line[at : at + 1] not in tuple(closing):
        raise BadGrammar(f"an opening bracket is not closed; add {closing[-1]}")
    return at + 1
