"""Values on their way into the record: a tree of dictionaries and lists with evidence at each leaf.

Owns turning that tree into plain fields and evidence by JSON pointer. Must not know what fields mean.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_protocol.record import Evidence, Source
from wardscribe_server.pipeline.values import Written

TRANSCRIPT = "/transcript/text"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value and the characters `[start, end)` it comes from; `computed` when it was converted from what they say."""

    value: str | float | int | bool
    start: int
    end: int
    computed: bool = False


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
        audio = written.audio(leaf.start, leaf.end)
        found[path] = Evidence(
            text=written.text[leaf.start : leaf.end],
            chars=(leaf.start, leaf.end),
            audio_ms=audio.ms() if audio is not None else None,
            confidence=max(0.0, min(1.0, written.confidence(leaf.start, leaf.end))),
            source=Source.COMPUTED if leaf.computed else Source.DICTATED,
            computed_from=(TRANSCRIPT,) if leaf.computed else None,
        )
    return found
