"""There and not there: one finding said to be present in one place and absent in another.

Owns what counts as the same finding in the same place. Must not know sides beyond that.
"""

from collections.abc import Iterable, Iterator

from wardscribe_protocol.record import Language, Source
from wardscribe_server.pipeline.understanding.checks.phrases import denied, ends_with, has, hedged, said_of, sides_about
from wardscribe_server.pipeline.understanding.checks.rules import load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Claim, Statement, Subject

_FIELDS = (("findings", "nodules"), ("exam",), ("symptoms",), ("diagnoses",))
_BEFORE_CHARS = 60
_SHORTEST = {Language.EN: 4, Language.ZH: 2}


def within_fields(subject: Subject) -> Iterator[Alert]:
    """Two entries of one field about the same finding in the same place."""
    for names in _FIELDS:
        claims = list(subject.claims(*names))
        present = _by_end(claim for claim in claims if claim.presence != "absent" and not claim.resolved)
        for claim in claims:
            if claim.presence != "absent" or _speaks_of_others(subject, claim):
                continue
            other = next(
                (
                    other
                    for other in present.get(claim.name.lower().removesuffix("影"), ())
                    if _same_place(other, claim) and _same_organ(subject, other, claim)
                ),
                None,
            )
            if other is not None:
                later, earlier = sorted((claim, other), key=lambda one: int(one.path.rpartition("/")[2]), reverse=True)
                yield Alert("presence_contradiction", f"{later.path}/presence", earlier.path)


def _same_place(present: Claim, absent: Claim) -> bool:
    if not _covers(absent.name.lower(), present.name.lower()):
        return False
    if absent.sides and "bilateral" not in absent.sides and present.sides and present.sides.isdisjoint(absent.sides):
        return False
    here, there = present.location.lower(), absent.location.lower()
    return not there or here == there


def _by_end(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """Claims by every end of their names: whatever may deny them is found without asking each."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        name = claim.name.lower().removesuffix("影")
        words = name.split(" ")
        ends = [" ".join(words[at:]) for at in range(len(words))] if name.isascii() else []
        for end in ends or [name[at:] for at in range(max(1, len(name)))]:
            found.setdefault(end, []).append(claim)
    return found


def _covers(general: str, name: str) -> bool:
    """Whether denying `general` denies `name`: pneumothorax, an apical pneumothorax; 结节, 结节影."""
    shadowless = name.removesuffix("影")
    language = Language.EN if general.isascii() else Language.ZH
    if general != name and general in load_rules().sides[language].denies.vague:
        return False
    if language is Language.EN:
        return name == general or name.endswith(" " + general)
    return general in (name, shadowless) or (len(general) > 1 and shadowless.endswith(general.removesuffix("影")))


def _denied_name(name: str, text: str, language: Language) -> str | None:
    """The name, or the longest end of it, by which a text speaks of the thing."""
    if language is Language.EN:
        words = name.split(" ")
        ends = [" ".join(words[first:]) for first in range(len(words))]
    else:
        shadowless = name.removesuffix("影")
        ends = [name, *(shadowless[first:] for first in range(max(1, len(shadowless) - 1)))]
    vague = load_rules().sides[language].denies.vague
    ends = [end for end in ends if end == name or end not in vague]
    return next((end for end in ends if len(end) >= _SHORTEST[language] and has(text, (end,), language)), None)


def _same_organ(subject: Subject, one: Claim, other: Claim) -> bool:
    """Whether two claims may be about one organ: 胆囊…未见结石 says nothing of a stone in the kidney."""
    here, there = _organs(subject, one), _organs(subject, other)
    return not here or not there or not here.isdisjoint(there)


def _organs(subject: Subject, claim: Claim) -> set[int]:
    """Organs that the claim or, where it names none, its sentence speaks of."""
    organs = load_rules().macros[subject.language].organs
    for said in (claim.location, subject.around(f"{claim.path}/finding", 2 * _BEFORE_CHARS)):
        found_in = {index for index, names in enumerate(organs) if has(said, names, subject.language)}
        if found_in:
            return found_in
    return set()


def _speaks_of_others(subject: Subject, claim: Claim) -> bool:
    """ "No other nodule", 余肺野未见结节: the one that was told of is not meant."""
    words = load_rules().sides[subject.language].denies.others
    for key in ("finding", "problem", "presence"):
        if has(subject.around(f"{claim.path}/{key}", _BEFORE_CHARS), words, subject.language):
            return True
    return has(claim.name, words, subject.language)


def in_conclusions(subject: Subject) -> Iterator[Alert]:
    """Findings against conclusions: denied there although present, affirmed there although absent."""
    told = [claim for claim in subject.claims("findings", "exam", "nodules") if claim.name]
    claims = [*{(claim.name, claim.presence, claim.sides, claim.location): claim for claim in reversed(told)}.values()][
        ::-1
    ]
    for statement in _conclusions(subject):
        plain = statement.text.lower()
        for claim in claims:
            if claim.name[-2:].lower().removesuffix("影") not in plain:
                continue
            name = _denied_name(claim.name, statement.text, subject.language)
            if name is None:
                continue
            same = [other for other in claims if _covers(name.lower(), other.name.lower())]
            denies = _denies_present(subject, statement, claim, name, same)
            if denies or (name == claim.name and _affirms_absent(subject, statement, claim, same)):
                yield Alert("presence_contradiction", statement.path, claim.path)
                break


def _conclusions(subject: Subject) -> Iterator[Statement]:
    yield from subject.statements()
    for path, entry in subject.entries("diagnoses"):
        if entry.get("presence") == "present":
            yield Statement(str(entry.get("problem", "")), f"{path}/problem")


def _denies_present(subject: Subject, statement: Statement, claim: Claim, name: str, same: list[Claim]) -> bool:
    language = subject.language
    affirmed = all(other.presence != "absent" and not other.resolved for other in same)
    if not affirmed or not denied(statement.text, name, language):
        return False
    if has(" ".join(said_of(statement.text, name, language)), _others(subject), language):
        return False
    said = sides_about(statement.text, name, language)
    return not (said and claim.sides and said.isdisjoint(claim.sides))


def _affirms_absent(subject: Subject, statement: Statement, claim: Claim, same: list[Claim]) -> bool:
    language = subject.language
    if any(other.presence != "absent" or other.sides & {"left", "right"} for other in same):
        return False
    if denied(statement.text, claim.name, language) or hedged(statement.text, claim.name, language):
        return False
    if _speaks_of_others(subject, claim) or claim.location:
        return False
    before, _ = said_of(statement.text, claim.name, language)
    single = " " not in claim.name if language is Language.EN else True
    plain = load_rules().sides[language].denies.plain
    return not single or not before.strip(" .0123456789、)") or ends_with(before, plain, language)


def _others(subject: Subject) -> tuple[str, ...]:
    return load_rules().sides[subject.language].denies.others


def against_macros(subject: Subject) -> Iterator[Alert]:
    """An inserted normal text, and a finding dictated in the same organ."""
    words = load_rules().macros[subject.language]
    for start, end in subject.macro_spans:
        text = subject.text[start:end]
        if not has(text, words.normal, subject.language):
            continue
        organs = [names for names in words.organs if has(text, names, subject.language)]
        for claim in subject.claims("findings", "exam", "nodules"):
            if claim.present and _is_dictated(subject, claim) and _is_in(subject, claim, organs):
                yield Alert("macro_contradicted", claim.path, "/transcript/text")
        size = subject.fields.get("heart_size")
        if size not in (None, "normal") and any("heart" in names or "心影" in names for names in organs):
            yield Alert("macro_contradicted", "/fields/heart_size", "/transcript/text")


def _is_dictated(subject: Subject, claim: Claim) -> bool:
    for path, evidence in subject.evidence.items():
        if path.startswith(claim.path + "/") and evidence.chars is not None:
            inside = any(start <= evidence.chars[0] < end for start, end in subject.macro_spans)
            return evidence.source is not Source.MACRO and not inside
    return True


def _is_in(subject: Subject, claim: Claim, organs: list[tuple[str, ...]]) -> bool:
    said = f"{claim.name}\n{claim.location}"
    return any(has(said, names, subject.language) for names in organs)
