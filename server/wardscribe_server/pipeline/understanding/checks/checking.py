"""All checks of one record, in order of weight.

Owns which rules run, how each weighs at signing, and that a place is told of a thing once. Must not know what a rule
looks for.
"""

from collections.abc import Callable, Iterator, Mapping

from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Check, Record, Severity
from wardscribe_server.catalog import AtSigning, UnknownTemplate, load_catalog
from wardscribe_server.pipeline.understanding.checks import (
    complete,
    critical,
    drugs,
    numbers,
    orders,
    people,
    presence,
    sides,
)
from wardscribe_server.pipeline.understanding.checks.rules import load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Subject
from wardscribe_server.pipeline.writing.macros import built_in_macros

_RULES: tuple[Callable[[Subject], Iterator[Alert]], ...] = (
    numbers.out_of_range,
    numbers.lengths,
    numbers.pressure_reversed,
    numbers.results,
    numbers.dates_reversed,
    sides.mismatched,
    sides.missing,
    orders.laterality,
    orders.procedure,
    people.identity,
    people.conditions,
    presence.within_fields,
    presence.in_conclusions,
    presence.against_macros,
    drugs.doses,
    drugs.duplicates,
    drugs.allergies,
    critical.uncommunicated,
    complete.required,
    complete.unconfirmed,
    complete.disputed,
)
_SEVERITY: Mapping[AtSigning, Severity] = {
    "prohibit": Severity.ERROR,
    "require": Severity.WARNING,
    "alert": Severity.INFO,
}
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def check_record(record: Record, *, context: Context | None = None) -> tuple[Check, ...]:
    """Checks of a record; a template of which nothing is known is checked by the general rules alone."""
    try:
        template = load_catalog().template(record.template)
    except UnknownTemplate:
        template = None
    text = record.transcript.text
    subject = Subject(
        fields=record.fields,
        language=record.language,
        template=template,
        text=text,
        evidence=record.evidence,
        context=context,
        macro_spans=_macros_in(text, record),
    )
    return check(subject)


def check(subject: Subject) -> tuple[Check, ...]:
    """Checks of filled fields, errors first, then in the order of the rules."""
    told: dict[tuple[str, str], Check] = {}
    for rule in _RULES:
        for alert in rule(subject):
            if (made := weighed(alert, subject)) is not None:
                told.setdefault((alert.code, alert.path), made)
    return tuple(sorted(told.values(), key=lambda check: _WEIGHT[check.severity]))


def weighed(alert: Alert, subject: Subject) -> Check | None:
    """The check that an alert makes in its template; None where that ignores it."""
    weights = load_rules().weights
    at_signing = weights.signing[alert.code]
    if subject.template is not None:
        at_signing = alert.at_signing or subject.template.signing.get(alert.code, at_signing)
    if at_signing == "ignore":
        return None
    message = weights.messages[subject.language][alert.code].format(**alert.words)
    return Check(
        code=alert.code, severity=_SEVERITY[at_signing], path=alert.path, message=message, against=alert.against
    )


def _macros_in(text: str, record: Record) -> tuple[tuple[int, int], ...]:
    """Where a record's text has the text of a shipped macro: a record on file does not say where its macros were."""
    spans = []
    for macro in built_in_macros().macros:
        at = text.find(macro.text) if macro.language is record.language else -1
        if at >= 0:
            spans.append((at, at + len(macro.text)))
    return tuple(sorted(spans))
