"""Both databases for every test of the records, a service on top, people of two hospitals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from tests.server.records.postgres import Cluster, NoPostgresError, cluster
from wardscribe_protocol.messages import CommittedWord
from wardscribe_protocol.record import Evidence, Language, Record, Transcript
from wardscribe_server.access.principal import Principal, Role, TenantId, UserId
from wardscribe_server.audit.event import AuditEvent
from wardscribe_server.pipeline.understanding.checks import check_record
from wardscribe_server.records.database import Database, default_url
from wardscribe_server.records.service import ReportService
from wardscribe_server.vault.cipher import KEY_BYTES, Cipher, KeyId

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

DATABASES = ("sqlite", "postgresql")


def person(name: str, *roles: Role, tenant: str = "north") -> Principal:
    return Principal(TenantId(tenant), UserId(name), frozenset(roles))


DICTATING = person("dictating", Role.DICTATING)
OTHER_DICTATING = person("other", Role.DICTATING)
RESIDENT = person("resident", Role.RESIDENT)
ATTENDING = person("attending", Role.ATTENDING)
ADMINISTRATOR = person("administrator", Role.ADMINISTRATOR)
NOBODY = person("nobody")
STRANGER = person("attending", *Role, tenant="south")


def cipher(tenant: TenantId) -> Cipher:
    """A tenant's own keys, the same in every run."""
    secret = tenant.encode().ljust(KEY_BYTES, b"k")
    return Cipher({KeyId(1): secret}, current=KeyId(1), index_key=secret[::-1])


@dataclass
class Told:
    """An audit log that remembers, and can be full."""

    events: list[AuditEvent] = field(default_factory=list)
    full: bool = False

    def write(self, event: AuditEvent) -> None:
        if self.full:
            raise OSError("no space")
        self.events.append(event)

    @property
    def last(self) -> AuditEvent:
        return self.events[-1]


@dataclass
class Clock:
    """A clock that goes on by a second whenever it is looked at."""

    at: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    try:
        with cluster() as running:
            yield running
    except NoPostgresError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return default_url(tmp_path)
    running: Cluster = request.getfixturevalue("postgres")
    return running.fresh_url()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(database: Database, told: Told, clock: Clock) -> ReportService:
    return service_over(database, told, clock)


def service_over(database: Database, told: Told, clock: Callable[[], datetime]) -> ReportService:
    return ReportService(
        database,
        cipher=cipher,
        audit=told,
        checker=lambda record, context: check_record(record, context=context),
        now=clock,
    )


WORDS = (
    CommittedWord(id=0, text="Heart", start_ms=0, end_ms=300, confidence=0.9),
    CommittedWord(id=1, text="enlarged.", start_ms=300, end_ms=700, confidence=0.8),
)


def record_of(fields: dict[str, object], *, template: str = "chest_xray", text: str = "As dictated.") -> Record:
    """A record as a dictation leaves it: each leaf with evidence."""
    from wardscribe_server.pipeline.pointers import leaves

    draft = Record(
        template=template, language=Language.EN, transcript=Transcript(raw=text, text=text), fields=fields, evidence={}
    )
    evidence = {pointer: Evidence(text="heard", chars=(0, 2), confidence=0.9) for pointer in leaves(draft.fields)}
    return draft.model_copy(update={"evidence": evidence})


def chest() -> Record:
    return record_of(
        {
            "heart_size": "enlarged",
            "findings": [
                {"finding": "pleural effusion", "presence": "present", "laterality": "right"},
                {"finding": "nodule", "presence": "present", "laterality": "left", "size_mm": [7]},
            ],
            "impression": ["Cardiomegaly."],
        }
    )
