"""Composing reports with seeded errors, and how many of the errors the checks find."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.seeded_errors.operators import seeded
from tests.seeded_errors.seeding import Phrases, Report, Seeded
from wardscribe_lexicons import load
from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Check, Language
from wardscribe_server.catalog import load_catalog
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.understanding.understand import Understander
from wardscribe_server.pipeline.values import words_from_text

_HERE = Path(__file__).parent


@dataclass(slots=True)
class Tally:
    """What was seeded and found, by operator, and what was raised about clean reports."""

    reports: int = 0
    alarms: list[tuple[str, str, str]] = field(default_factory=list)  # report, code, path
    sown: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[str, str]] = field(default_factory=list)  # report, operator

    @property
    def recall(self) -> float:
        """Share of the seeded errors that were found."""
        return 1 - len(self.missed) / max(1, self.sown.total())

    @property
    def alarms_a_report(self) -> float:
        """Checks raised about a clean report, whatever their weight."""
        return len(self.alarms) / max(1, self.reports)


def reports(name: str, language: str) -> list[Report]:
    """The clean reports of one file in one language."""
    rows = [json.loads(line) for line in (_HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Report(**row) for row in rows if row["language"] == language]


@cache
def _understander(language: str) -> Understander:
    return Understander(catalog=load_catalog(), lexicon=load(language), language=Language(language))


def checks_of(report: Report) -> Sequence[Check]:
    """The checks of a report as it is dictated."""
    composer = Composer(
        _understander(report.language),
        template=report.template,
        language=Language(report.language),
        context=Context.model_validate(report.context),
    )
    return composer.compose(words_from_text(report.text)).record.checks


def judged(clean: Iterable[Report], phrases: Phrases) -> Tally:
    """Every report clean and with each error that can be seeded into it; an error counts as found by a new check."""
    tally = Tally()
    for report in clean:
        raised = {(check.code, check.path) for check in checks_of(report)}
        tally.reports += 1
        tally.alarms += [(report.id, *pair) for pair in sorted(raised)]
        for one in seeded(report, phrases):
            tally.sown[one.operator] += 1
            if not _found(one, raised):
                tally.missed.append((report.id, one.operator))
    return tally


def _found(one: Seeded, raised: set[tuple[str, str]]) -> bool:
    return any(check.code in one.codes and (check.code, check.path) not in raised for check in checks_of(one.report))
