"""Left and right: what is said on one side in one place and on the other in another, and what has no side at all.

Owns which places of a record speak of the same thing. Must not know the order.
"""

import re
from collections.abc import Iterable, Iterator

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.checks.phrases import denied, found, has, sides_about, sides_in
from wardscribe_server.pipeline.understanding.checks.rules import load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Claim, Statement, Subject

_ORGAN = {
    Language.EN: re.compile(r"[ -]([a-z]{3,})", re.IGNORECASE),
    Language.ZH: re.compile(r"侧?([\u4e00-\u9fff])"),
}
OPPOSITE = {"left": "right", "right": "left"}
_OPERATION = ("preoperative_diagnosis", "postoperative_diagnosis", "procedure", "laterality", "specimens", "implants")
_SPECIMEN = ("specimen", "laterality", "procedure")
_BESIDE = 60  # characters around a name in which a side may be its own
_SHORTEST_PLACE = {Language.EN: 4, Language.ZH: 2}


def mismatched(subject: Subject) -> Iterator[Alert]:
    """A side that another place of the record contradicts."""
    yield from _conclusions(subject)
    yield from _diagnoses(subject)
    yield from _one_sided(subject, _OPERATION if "preoperative_diagnosis" in subject.fields else _SPECIMEN)


def _conclusions(subject: Subject) -> Iterator[Alert]:
    """Conclusions against findings: by the finding's name, by its place, and where either has but one side at all."""
    present = [claim for claim in subject.claims("findings", "exam", "nodules") if claim.present]
    claims = [*{(claim.name, claim.sides, claim.location): claim for claim in reversed(present)}.values()][::-1]
    statements = subject.statements()
    for statement in statements:
        hit = _by_name(claims, statement, subject.language) or _by_place(claims, statement, subject.language)
        if hit is not None:
            yield Alert("laterality_mismatch", statement.path, hit.path)
    found_on = _all_sides(claim.sides for claim in claims)
    stated = [(statement, sides_in(statement.text, subject.language)) for statement in statements]
    concluded = _all_sides(sides for _, sides in stated)
    if len(found_on) == 1 and concluded == {OPPOSITE.get(next(iter(found_on)), "")}:
        statement = next(statement for statement, sides in stated if sides)
        yield Alert("laterality_mismatch", statement.path, next(claim.path for claim in claims if claim.sides))


def _all_sides(sides: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sides)


def _by_name(claims: list[Claim], statement: Statement, language: Language) -> Claim | None:
    plain = statement.text.lower()
    for claim in claims:
        if len(claim.sides) != 1 or claim.name[-2:].lower() not in plain:
            continue
        name = next((name for name in _names(claim.name, language) if has(statement.text, (name,), language)), None)
        if name is None:
            continue
        said = sides_about(statement.text, name, language)
        if not _is_opposite(claim.sides, said) or denied(statement.text, name, language):
            continue
        if said.isdisjoint(_all_sides(other.sides for other in claims if name in _names(other.name, language))):
            return claim
    return None


def _names(name: str, language: Language) -> tuple[str, ...]:
    """A finding's name, and its last word or characters, by which a conclusion may call it."""
    if language is Language.EN:
        head = name.lower().rpartition(" ")[2]
        return (name, head) if len(head) > 5 else (name,)
    return (name, name[-2:]) if len(name) > 3 else (name,)


def _is_opposite(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one) == 1 and other == {OPPOSITE.get(next(iter(one)), "")}


def _by_place(claims: list[Claim], statement: Statement, language: Language) -> Claim | None:
    """ "left lower lobe pneumonia" after an opacity in the right lower lobe."""
    plain = statement.text.lower()
    for claim in claims:
        if len(claim.sides) != 1 or claim.location[-2:].lower() not in plain:
            continue
        place = _without_sides(claim.location, language)
        if len(place) < _SHORTEST_PLACE[language]:
            continue
        said = sides_about(statement.text, place, language)
        if not _is_opposite(claim.sides, said):
            continue
        same = (other.sides for other in claims if place in _without_sides(other.location, language))
        if said.isdisjoint(_all_sides(same)):
            return claim
    return None


def _without_sides(place: str, language: Language) -> str:
    words = load_rules().sides[language].side
    plain = place.lower()
    for match in reversed([*found(place, (*words["left"], *words["right"]), language)]):
        plain = plain[: match.start()] + plain[match.end() :]
    return plain.strip(" 侧")


def _diagnoses(subject: Subject) -> Iterator[Alert]:
    """Diagnoses against complaint and examination, and against those on admission and what was operated on."""
    seen = [claim for claim in subject.claims("symptoms", "exam") if claim.present and claim.sides]
    told = _all_sides(claim.sides for claim in seen)
    diagnoses = [claim for claim in subject.claims("diagnoses", "discharge_diagnoses") if claim.presence != "absent"]
    for diagnosis in diagnoses:
        same = [claim for claim in seen if claim.name == diagnosis.name]
        if any(_is_opposite(claim.sides, diagnosis.sides) for claim in same):
            yield Alert("laterality_mismatch", diagnosis.path, same[0].path)
    concluded = _all_sides(claim.sides for claim in diagnoses)
    if seen and _is_opposite(told, concluded):
        yield Alert("laterality_mismatch", next(claim.path for claim in diagnoses if claim.sides), seen[0].path)
    admitted = [claim for claim in subject.claims("admission_diagnoses") if claim.sides]
    if admitted and _is_opposite(_all_sides(claim.sides for claim in admitted), concluded):
        yield Alert("laterality_mismatch", next(claim.path for claim in diagnoses if claim.sides), admitted[0].path)
    operated = list(_procedures(subject))
    operated += [(story.path, sides_in(story.text, subject.language)) for story in subject.texts("course")]
    operated = [(path, sides) for path, sides in operated if sides]
    if operated and _is_opposite(_all_sides(sides for _, sides in operated), concluded):
        yield Alert("laterality_mismatch", operated[0][0], next(claim.path for claim in diagnoses if claim.sides))


def _procedures(subject: Subject) -> Iterator[tuple[str, frozenset[str]]]:
    for path, entry in subject.entries("procedures"):
        side = entry.get("laterality")
        said = sides_in(str(entry.get("procedure", "")), subject.language)
        yield path, said or (frozenset([str(side)]) if side else frozenset())


def _one_sided(subject: Subject, names: tuple[str, ...]) -> Iterator[Alert]:
    """Parts of an operation or of a specimen that each name one side, and not the same."""
    first: tuple[str, str] | None = None
    for place in places_of(subject, names):
        path, sides = place
        if len(sides) != 1 or not sides <= OPPOSITE.keys():
            continue
        side = next(iter(sides))
        if first is None:
            first = (path, side)
        elif side == OPPOSITE[first[1]]:
            yield Alert("laterality_mismatch", path, first[0])
            return
    if first is not None and (elsewhere := _other_side_of_organ(subject, names, first[1])) is not None:
        yield Alert("laterality_mismatch", "/transcript/text", elsewhere)


def _other_side_of_organ(subject: Subject, names: tuple[str, ...], side: str) -> str | None:
    """The field whose organ the rest of the text names on the other side: a left knee, and then the right knee."""
    words = load_rules().sides[subject.language].side
    here, there = words[side], words[OPPOSITE[side]]
    for statement in subject.texts(*names):
        for match in found(statement.text, here, subject.language):
            organ = _ORGAN[subject.language].match(statement.text, match.end())
            gaps = (" ",) if subject.language is Language.EN else ("", "侧")
            said = tuple(f"{other}{gap}{organ[1]}" for other in there for gap in gaps) if organ is not None else ()
            if any(not _is_well(subject, other.end()) for other in found(subject.text, said, subject.language)):
                return statement.path
    return None


def _is_well(subject: Subject, end: int) -> bool:
    """Whether the text goes on to say that all is well there: the other lobe was looked at, nothing was done to it."""
    behind = re.split(r"[。；;\n]|\.(?!\d)", subject.text[end : end + _BESIDE])[0]
    language = subject.language
    denials = load_rules().sides[language].denies
    return has(behind, (*load_rules().macros[language].normal, *denials.before, *denials.after), language)


def places_of(subject: Subject, names: tuple[str, ...]) -> Iterator[tuple[str, frozenset[str]]]:
    """Fields of text with the sides they name; a side given as a code is one."""
    for statement in subject.texts(*names):
        code = statement.text if statement.path == "/fields/laterality" else ""
        yield statement.path, frozenset([code]) if code else sides_in(statement.text, subject.language)
    if "preoperative_diagnosis" in names:
        findings = [claim for claim in subject.claims("findings") if claim.present and claim.sides]
        if findings:
            yield findings[0].path, _all_sides(claim.sides for claim in findings)


def missing(subject: Subject) -> Iterator[Alert]:
    """Something in a paired organ with no side anywhere in the record."""
    paired, language = load_rules().sides[subject.language].paired, subject.language
    elsewhere = [statement.text for statement in (*subject.statements(), *subject.texts(*_OPERATION, *_SPECIMEN))]
    sided = [claim.name for claim in subject.claims() if claim.sides]
    for claim in subject.claims("findings", "exam", "symptoms", "diagnoses", "discharge_diagnoses", "lesions"):
        if not claim.present or claim.sides or claim.name in sided or has(claim.name, paired.barred, language):
            continue
        needs = has(claim.name, paired.conditions, language) or has(claim.name, paired.organs, language)
        place = claim.location if not has(claim.location, paired.barred, language) else ""
        if not needs and not has(place, paired.organs, language):
            continue
        near = "".join(subject.beside(f"{claim.path}/{key}", _BESIDE) for key in ("finding", "problem", "lesion"))
        if sides_in(near, language):
            continue
        if not any(sides_about(text, claim.name, language) for text in elsewhere):
            yield Alert("laterality_missing", claim.path)
    if "laterality" not in subject.fields:
        for statement in subject.texts("procedure", "specimen"):
            paired_here = has(statement.text, (*paired.organs, *paired.conditions), language)
            if paired_here and not has(statement.text, paired.barred, language) and not _any_side(subject):
                yield Alert("laterality_missing", statement.path)
                return


def _any_side(subject: Subject) -> bool:
    said = subject.texts(*_OPERATION, *_SPECIMEN)
    return (
        any(sides_in(statement.text, subject.language) for statement in said)
        or re.search(r"laterality", " ".join(path for path, _ in subject.leaves())) is not None
    )
