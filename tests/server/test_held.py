"""What a person set or confirmed stays, wherever its entry goes, and the machine says when it disagrees."""

import pytest

from tests.server.flow_driver import Driver, new_flow, readers
from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Language, Source
from wardscribe_server.pipeline.compose import Composed
from wardscribe_server.pipeline.events import CheckChanged, Confirm, Edit, FieldChanged, Know, Stop
from wardscribe_server.pipeline.held import NOTHING_HELD, HeldValues
from wardscribe_server.pipeline.pointers import BadPointer
from wardscribe_server.pipeline.values import words_from_text

_SAID = "Findings: small left pleural effusion. Impression: left pleural effusion."
_SIDE = "/fields/findings/0/laterality"


def _compose(text: str, *, held: HeldValues = NOTHING_HELD) -> Composed:
    composer = readers().composer(template="chest_xray", language=Language.EN, recognised=False)
    return composer.compose(words_from_text(text), held=held)


def _confirmed(text: str, pointer: str) -> HeldValues:
    composed = _compose(text)
    record = composed.record
    return NOTHING_HELD.confirm(pointer, proposed=composed.proposed, fields=record.fields, evidence=record.evidence)


def test_a_confirmed_value_says_so_in_its_evidence() -> None:
    record = _compose(_SAID, held=_confirmed(_SAID, _SIDE)).record
    assert record.evidence[_SIDE].confirmed
    assert record.evidence[_SIDE].source is Source.DICTATED
    assert record.evidence["/fields/findings/0/finding"].confirmed is None


def test_confirming_an_entry_confirms_all_of_it() -> None:
    record = _compose(_SAID, held=_confirmed(_SAID, "/fields/findings/0")).record
    leaves = [path for path in record.evidence if path.startswith("/fields/findings/0/")]
    assert leaves
    assert all(record.evidence[path].confirmed for path in leaves)


def test_a_confirmed_value_stays_when_later_dictation_says_otherwise_and_a_check_tells() -> None:
    held = _confirmed("Heart size is normal.", "/fields/heart_size")
    record = _compose("Heart size is normal. Correction, the heart is enlarged.", held=held).record
    assert record.fields["heart_size"] == "normal"
    machine = _compose("Heart size is normal. Correction, the heart is enlarged.").record.fields["heart_size"]
    assert (machine == "normal") != any(check.code == "confirmed_contradicted" for check in record.checks)
    changed = _compose("The heart is enlarged.", held=held).record
    assert changed.fields["heart_size"] == "normal"
    assert "confirmed_contradicted" in {check.code for check in changed.checks}
    assert changed.evidence["/fields/heart_size"].confirmed


def test_a_confirmed_value_goes_with_its_entry_when_one_comes_before_it() -> None:
    held = _confirmed(_SAID, _SIDE)
    later = "Findings: nodule in the right upper lobe. Small left pleural effusion. Impression: left pleural effusion."
    record = _compose(later, held=held).record
    assert [entry["finding"] for entry in record.fields["findings"]] == ["nodule", "pleural effusion"]
    assert record.evidence["/fields/findings/1/laterality"].confirmed
    assert record.evidence[_SIDE].confirmed is None
    assert "confirmed_contradicted" not in {check.code for check in record.checks}


def test_an_entry_that_a_person_made_stays_last() -> None:
    composed = _compose(_SAID)
    held = NOTHING_HELD.edited("/fields/findings/1/finding", "rib fracture", proposed=composed.proposed)
    held = held.edited("/fields/findings/1/presence", "present", proposed=composed.proposed)
    record = _compose("Findings: cardiomegaly. Nodule in the right upper lobe. " + _SAID, held=held).record
    names = [entry["finding"] for entry in record.fields["findings"]]
    assert names[-1] == "rib fracture"
    assert names.count("rib fracture") == 1
    assert record.fields["findings"][-1]["presence"] == "present"


def test_an_edit_stays_when_what_was_dictated_is_taken_back() -> None:
    composed = _compose(_SAID)
    held = NOTHING_HELD.edited(_SIDE, "right", proposed=composed.proposed)
    record = _compose("Indication: cough.", held=held).record
    assert record.fields["findings"][0]["laterality"] == "right"


@pytest.mark.parametrize("pointer", ["/fields/nothing", "/fields/findings/4", "/elsewhere", "/fields"])
def test_what_is_not_there_cannot_be_confirmed(pointer: str) -> None:
    with pytest.raises(BadPointer):
        _confirmed(_SAID, pointer)


_TALK = ((True, 1.5), (False, 0.8))
_TEXTS = ["Heart size is normal.", "The heart is enlarged."]


def _played() -> Driver:
    driver = Driver(new_flow(), list(_TEXTS))
    driver.say(*_TALK)
    driver.feed(Confirm("/fields/heart_size"))
    driver.feed(Edit("/fields/indication", "cough"))
    driver.say(*_TALK)
    driver.feed(Stop())
    return driver


def test_the_flow_tells_of_the_confirmation_and_keeps_it() -> None:
    driver = _played()
    told = [output for output in driver.of(FieldChanged) if output.pointer == "/fields/heart_size"]
    assert [bool(output.evidence and output.evidence.confirmed) for output in told][:2] == [False, True]
    assert driver.record().fields["heart_size"] == "normal"


def test_replaying_the_same_events_gives_the_same_record_and_the_same_updates() -> None:
    one, other = _played(), _played()
    assert one.record() == other.record()
    assert one.of(FieldChanged) == other.of(FieldChanged)
    assert one.of(CheckChanged) == other.of(CheckChanged)


def test_an_order_that_becomes_known_is_compared_at_once() -> None:
    driver = Driver(new_flow(), ["Findings: small left pleural effusion. Impression: left pleural effusion."])
    driver.say(*_TALK)
    driver.feed(Know(Context.model_validate({"order": {"laterality": "right"}})))
    assert "order_laterality" in {output.check.code for output in driver.of(CheckChanged)}
