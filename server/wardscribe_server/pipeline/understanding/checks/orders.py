"""The order against the dictation: side, kind of study, operation. Must not know the patient."""

import re
from collections.abc import Iterator

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.checks.phrases import has, sides_in
from wardscribe_server.pipeline.understanding.checks.rules import load_rules
from wardscribe_server.pipeline.understanding.checks.sides import OPPOSITE, places_of
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Subject

_SIDED = ("laterality", "procedure", "specimen", "preoperative_diagnosis", "postoperative_diagnosis", "impression")
_STUDIED = frozenset(["chest_xray", "ct_chest", "us_thyroid", "us_abdomen"])
_SHORTEST_WORD = 5


def laterality(subject: Subject) -> Iterator[Alert]:
    """Everything dictated is on the side that was not ordered."""
    order = subject.context.order if subject.context is not None else None
    ordered = order.laterality if order is not None else None
    if ordered is None and order is not None and order.procedure:
        named = sides_in(order.procedure, _language_of(order.procedure))
        ordered = "left" if named == {"left"} else "right" if named == {"right"} else None
    if ordered not in OPPOSITE:
        return
    said = [(path, sides) for path, sides in places_of(subject, _SIDED) if sides]
    said += [(claim.path, claim.sides) for claim in subject.claims("findings", "nodules", "lesions") if claim.sides]
    if said and frozenset().union(*(sides for _, sides in said)) == {OPPOSITE[ordered]}:
        yield Alert("order_laterality", said[0][0])


def procedure(subject: Subject) -> Iterator[Alert]:
    """Another kind of study, another part of the body, another operation than was ordered."""
    order = subject.context.order if subject.context is not None else None
    if order is None or not order.procedure or subject.template is None:
        return
    rules, ordered = load_rules().orders, order.procedure
    study = rules.study.get(subject.template.id)
    if study is not None:
        language = _language_of(ordered)
        kinds = {name for name, words in rules.kinds.items() if has(ordered, words, language)}
        parts = {name for name, words in rules.parts.items() if has(ordered, words, language)}
        if (kinds and kinds.isdisjoint(study.kinds)) or (parts and parts.isdisjoint(study.parts)):
            yield Alert("order_procedure", "")
        return
    for statement in subject.texts("procedure"):
        if not _same_operation(ordered, statement.text):
            yield Alert("order_procedure", statement.path)
            return


def _same_operation(ordered: str, dictated: str) -> bool:
    """Whether both name an operation of one group; where no group knows either, whether they share a telling word."""
    groups = load_rules().orders.operation["same"]
    one = {index for index, names in enumerate(groups) if _names_any(ordered, names)}
    other = {index for index, names in enumerate(groups) if _names_any(dictated, names)}
    if one and other:
        return not one.isdisjoint(other)
    if _language_of(ordered) is not _language_of(dictated):
        return True  # nothing to compare by
    return not _telling(ordered).isdisjoint(_telling(dictated)) or not (one or other)


def _names_any(text: str, names: tuple[str, ...]) -> bool:
    lowered = text.lower()
    return any(name in lowered for name in names)


def _telling(text: str) -> set[str]:
    if _language_of(text) is Language.ZH:
        return {text[at : at + 2] for at in range(len(text) - 1)}
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) >= _SHORTEST_WORD} - {
        "right",
        "laparoscopic",
        "total",
        "partial",
        "elective",
        "emergency",
        "repair",
    }


def _language_of(text: str) -> Language:
    return Language.ZH if re.search(r"[\u4e00-\u9fff]", text) else Language.EN
