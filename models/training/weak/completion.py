"""Gold of people completed by rule: the labels that its scheme has no type for, and assertion where it says none.

Owns where a rule may add to, or widen, what people annotated. Must not know files.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from models.training.examples import Entity, Example, settled
from models.training.sources import BadSource
from models.training.weak.teacher import Taught, Teacher

_RULES: Final = Path(__file__).with_name("rules.toml")
_WIDENED: Final = frozenset(("anatomy", "symptom", "finding"))


def fillings(path: Path = _RULES) -> Mapping[str, frozenset[str]]:
    """The rules that may add to each source of gold.

    Raises:
        BadSource: an entry names a group that there is none of.
    """
    with path.open("rb") as file:
        table = cast("dict[str, dict[str, object]]", tomllib.load(file))
    groups = cast("dict[str, list[str]]", table["fill"])
    found: dict[str, frozenset[str]] = {}
    for name, entry in cast("dict[str, dict[str, list[str]]]", table["gold"]).items():
        for group in entry["fill"]:
            if group not in groups:
                raise BadSource(f"{path}: {name} fills with {group}, which is no group under [fill]")
        found[name] = frozenset(rule for group in entry["fill"] for rule in groups[group])
    return found


def completed(
    example: Example, teacher: Teacher, *, rules: frozenset[str], own: frozenset[str], asserted: bool
) -> Example:
    """The example with what the rules add; `own` are the labels that its people annotate completely themselves.

    What stands is kept, with one exception: a term of the rules that holds a shorter mention of people (上腹 in 上腹痛)
    takes its place, since their schemes cut such terms. The scheme's own spans stay as they were.
    """
    taught = teacher.taught(example.text)
    entities = list(_widened(example, taught, teacher))
    for one in taught:
        entity = one.entity
        if one.rule not in rules or entity.label in own:
            continue
        over = [other for other in entities if other.start < entity.end and entity.start < other.end]
        if all(other.label is None and _same(other, entity) for other in over):
            entities = [other for other in entities if other not in over]
            entities.append(_bare(entity))
    done = settled(entities)
    if asserted:
        done = teacher.asserted(example.text, done)
    return replace(
        example,
        entities=done,
        relations=_moved(example, done),
        scheme=example.scheme_spans,
    )


def _widened(example: Example, taught: Iterable[Taught], teacher: Teacher) -> Iterator[Entity]:
    entities = example.entities
    wider: list[Entity] = []
    for one in taught:
        entity = one.entity
        if not one.rule.startswith("mention/") or not teacher.is_problem(example.text[entity.start : entity.end]):
            continue
        over = [other for other in entities if other.start < entity.end and entity.start < other.end]
        inside = all(entity.start <= other.start and other.end <= entity.end for other in over)
        if (
            over
            and inside
            and all(other.label in _WIDENED for other in over)
            and not any(_same(o, entity) for o in over)
        ):
            wider.append(_bare(entity))
    yield from wider
    yield from (
        entity
        for entity in entities
        if not any(entity.start < other.end and other.start < entity.end for other in wider)
    )


def _moved(example: Example, done: Sequence[Entity]) -> tuple[tuple[int, int], ...] | None:
    """The relations between mentions that are still there."""
    if example.relations is None:
        return None
    places = {(entity.start, entity.end): at for at, entity in enumerate(done)}
    at = [places.get((entity.start, entity.end)) for entity in example.entities]
    pairs = ((at[dependent], at[head]) for dependent, head in example.relations)
    return tuple((first, second) for first, second in pairs if first is not None and second is not None)


def _same(one: Entity, other: Entity) -> bool:
    return (one.start, one.end) == (other.start, other.end)


def _bare(entity: Entity) -> Entity:
    """Without axes, which `asserted` gives if they are wanted."""
    return replace(entity, presence=None, certainty=None, time=None, subject=None)
