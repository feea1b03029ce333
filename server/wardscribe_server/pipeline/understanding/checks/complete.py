"""What a record still lacks: required fields, confirmation of what was not heard well.

Must not know what fields mean.
"""

from collections.abc import Iterator

from wardscribe_protocol.record import Evidence, Source
from wardscribe_server.pipeline.understanding.checks.rules import load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Subject


def required(subject: Subject) -> Iterator[Alert]:
    """Required fields that nothing fills, nor one that stands in."""
    instead = load_rules().weights.instead
    for spec in subject.template.fields if subject.template is not None else ():
        standing_in = instead.get(spec.id, ())
        if spec.required and spec.id not in subject.fields and not any(name in subject.fields for name in standing_in):
            words = {"field": spec.labels.of(subject.language)}
            yield Alert("required_missing", f"/fields/{spec.id}", words=words, at_signing=spec.at_signing)


def unconfirmed(subject: Subject) -> Iterator[Alert]:
    """Values heard with little confidence; where a template asks for it, that any value is unconfirmed."""
    waiting = [(path, entry) for path, entry in subject.evidence.items() if _waits(entry)]
    below = load_rules().weights.doubtful["below"]
    entries = set()
    for path, evidence in waiting:
        entry = path.rpartition("/")[0] if path.count("/") > 2 else path
        if evidence.confidence < below and entry not in entries:
            entries.add(entry)
            yield Alert("value_doubtful", path)
    if waiting:
        yield Alert("values_unconfirmed", "/fields")


def _waits(evidence: Evidence) -> bool:
    return evidence.source is not Source.EDITED and not evidence.confirmed


def disputed(subject: Subject) -> Iterator[Alert]:
    """Values that a person holds although later dictation says otherwise."""
    yield from (Alert("confirmed_contradicted", path, "/transcript/text") for path in subject.disputed)
