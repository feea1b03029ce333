"""Findings that somebody must be told of at once, in reports that do not say that somebody was. Must not know sides."""

from collections.abc import Iterator

from wardscribe_server.pipeline.understanding.checks.phrases import denied, found, has, said_of
from wardscribe_server.pipeline.understanding.checks.rules import load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Subject


def uncommunicated(subject: Subject) -> Iterator[Alert]:
    """The first critical finding, when the text nowhere says that it was communicated."""
    rules, language = load_rules().critical, subject.language
    if subject.template is None or subject.template.id not in rules.reports["templates"]:
        return
    if has(subject.text, rules.told[language], language):
        return
    path = next(_found(subject), None)
    if path is not None:
        yield Alert("critical_uncommunicated", path)


def _found(subject: Subject) -> Iterator[str]:
    """Where the record affirms a critical finding, or leaves it possible."""
    rules, language = load_rules().critical, subject.language
    for claim in subject.claims("findings"):
        names = f"{claim.name}\n{claim.location} {claim.name}\n{_severity(subject, claim.path)}{claim.name}"
        if claim.presence != "absent" and not claim.resolved and has(names, rules.findings[language], language):
            yield claim.path
    passed = load_rules().sides[language].denies.passed
    for statement in subject.statements():
        for match in found(statement.text, rules.findings[language], language):
            name = match.group()
            before, _ = said_of(statement.text, name, language)
            if not denied(statement.text, name, language) and not has(before, passed, language):
                yield statement.path


def _severity(subject: Subject, path: str) -> str:
    index = int(path.rpartition("/")[2])
    entry = dict(subject.entries("findings")).get(f"/fields/findings/{index}", {})
    gap = " " if subject.language == "en" else ""
    return f"{entry.get('severity', '')}{gap}"
