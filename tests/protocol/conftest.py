"""Values that the protocol's tests share."""

import pytest
from hypothesis import settings

from tests.protocol.desk import Desk
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language, Record, Transcript

settings.register_profile("unhurried", deadline=None)  # the machine may be busy; a slow example is no fault
settings.load_profile("unhurried")


@pytest.fixture
def start() -> Start:
    return Start(template="chest_xray", language=Language.EN)


@pytest.fixture
def record() -> Record:
    return Record(
        template="chest_xray",
        language=Language.EN,
        transcript=Transcript(raw="heart size normal", text="Heart size normal."),
        fields={"heart_size": "normal"},
        evidence={},
    )


@pytest.fixture
def desk(start: Start) -> Desk:
    desk = Desk(start)
    desk.attach()
    desk.sent()
    desk.session.events_received()
    return desk
