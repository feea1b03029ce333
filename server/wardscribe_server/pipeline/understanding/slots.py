"""Values on their way into the record: a tree of dictionaries and lists with evidence at each leaf.

Owns turning that tree into plain fields and evidence by JSON pointer. Must not know what fields mean.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_protocol.record import Evidence, Source
from wardscribe_protocol.timeline import MAX_SAMPLE
from wardscribe_server.pipeline.values import Written, span_of

_MOST = MAX_SAMPLE  # beyond it JSON readers round
TRANSCRIPT = "/transcript/text"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value and the characters `[start, end)` it comes from; `computed` when it was converted from what they say.

    `of` names the neighbours in its entry that a computed value comes from, as pointers relative to the entry.
    """

    value: str | float | int | bool
    start: int
    end: int
    computed: bool = False
    of: tuple[str, ...] = ()


Tree = Leaf | Mapping[str, "Tree"] | Sequence["Tree"]


def leaves(tree: Tree, pointer: str) -> Iterator[tuple[str, Leaf]]:
    """Every leaf under its JSON pointer."""
    if isinstance(tree, Leaf):
        yield pointer, tree
    elif isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from leaves(branch, f"{pointer}/{key}")
    else:
        for index, branch in enumerate(tree):
            yield from leaves(branch, f"{pointer}/{index}")


def storable(tree: Tree) -> Tree | None:
    """`tree` without numbers that a record cannot hold; a list of values that loses one is dropped as a whole."""
    if isinstance(tree, Leaf):
        number = isinstance(tree.value, int | float)
        return None if number and not abs(float(tree.value)) <= _MOST else tree
    if isinstance(tree, Mapping):
        return {key: kept for key, branch in tree.items() if (kept := storable(branch)) is not None}
    kept_all = [storable(branch) for branch in tree]
    if any(kept is None for kept in kept_all):
        return None
    return [kept for kept in kept_all if kept is not None]


def plain(tree: Tree) -> JsonValue:
    """The values without their evidence."""
    if isinstance(tree, Leaf):
        return tree.value
    if isinstance(tree, Mapping):
        return {key: plain(branch) for key, branch in tree.items()}
    return [plain(branch) for branch in tree]


def evidence_of(written: Written, tree: Tree, pointer: str) -> dict[str, Evidence]:
    """Evidence for every leaf of `tree`, by pointer."""
    found = {}
    for path, leaf in leaves(tree, pointer):
        words = written.words(leaf.start, leaf.end)
        audio = span_of(words)
        source = _source(written, leaf)
        found[path] = Evidence(
            text=written.text[leaf.start : leaf.end],
            chars=(leaf.start, leaf.end),
            audio_ms=audio.ms() if audio is not None else None,
            confidence=max(0.0, min(1.0, min((word.confidence for word in words), default=1.0))),
            source=source,
            computed_from=_sources(path, leaf) if source is Source.COMPUTED else None,
        )
    return found


def _sources(path: str, leaf: Leaf) -> tuple[str, ...]:
    entry = path.rpartition("/")[0]
    return tuple(f"{entry}/{name}" for name in leaf.of) or (TRANSCRIPT,)


def _source(written: Written, leaf: Leaf) -> Source:
    """A value mostly from a macro was not said, even if converted; what follows from other values stays computed."""
    inserted = sum(max(0, min(leaf.end, end) - max(leaf.start, start)) for start, end in written.macro_spans)
    if 2 * inserted > leaf.end - leaf.start and not leaf.of:
        return Source.MACRO
    return Source.COMPUTED if leaf.computed else Source.DICTATED
