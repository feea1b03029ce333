"""What a client asks for as a target: edits of fields and commands, through the flow to the messages that go back.

Every message that the protocol takes is carried out or turned down; the record that follows can be sent. No sockets.
"""

import json
from collections.abc import Sequence

from fuzzing.mutations import Mutator
from fuzzing.targets import Target, as_bytes, as_text
from fuzzing.text_targets import readers
from fuzzing.wire_targets import changed_json
from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.errors import RemoteProtocolError
from wardscribe_protocol.messages import Closed, Command, FieldEdit
from wardscribe_protocol.record import Language, Record
from wardscribe_server.pipeline.compose import UnknownCommand
from wardscribe_server.pipeline.events import Edit, Finished, FlowInput, Instruct, Stop
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.pointers import BadPointer
from wardscribe_server.telling import message_of

_FINDING = {"finding": "effusion", "presence": "present", "laterality": "left"}
_SEEDS: tuple[dict[str, object], ...] = (
    {"type": "field_edit", "path": "/fields/findings", "value": [_FINDING, {**_FINDING, "presence": "absent"}]},
    {"type": "field_edit", "path": "/fields/findings/0", "value": _FINDING},
    {"type": "field_edit", "path": "/fields/findings/0/size_mm/1", "value": 7.5},
    {"type": "field_edit", "path": "/fields/impression/0", "value": "Right effusion."},
    {"type": "field_edit", "path": "/fields/impression", "value": ["Right effusion.", "No change."]},
    {"type": "field_edit", "path": "/fields/vitals", "value": {"bp_systolic_mmhg": 80, "bp_diastolic_mmhg": 120}},
    {"type": "field_edit", "path": "/fields/allergies", "value": [{"substance": "x", "presence": "present"}]},
    {"type": "field_edit", "path": "/fields/prescriptions/0", "value": {"drug": "xy", "action": "start"}},
    {"type": "field_edit", "path": "/fields/diagnoses", "value": [{"problem": "hernia", "laterality": "left"}]},
    {"type": "field_edit", "path": "/fields/exam", "value": [{"finding": "hernia", "presence": "present"}]},
    {"type": "field_edit", "path": "/fields/patient", "value": {"age_years": 200, "name": "N"}},
    {"type": "field_edit", "path": "/fields/comparison"},
    {"type": "command", "name": "undo", "args": {"count": 2}},
    {"type": "command", "name": "insert", "args": {"macro": "normal chest"}},
    {"type": "command", "name": "type", "args": {"text": "small effusion"}},
    {"type": "command", "name": "section", "args": {"section": "impression"}},
    {"type": "command", "name": "select", "args": {"phrase": "effusion"}},
    {"type": "command", "name": "replace", "args": {"text": "fluid"}},
)
_AT_ONCE = 4


def targets() -> list[Target]:
    """A handful of messages to one dictation, then its end."""
    seeds = [as_bytes(json.dumps([message])) for message in _SEEDS]
    seeds.append(as_bytes(json.dumps(_SEEDS[: 2 * _AT_ONCE])))
    return [Target("edits", seeds, _edited, _changed, inputs_each=_AT_ONCE)]


def _changed(mutator: Mutator, _data: bytes, _others: Sequence[bytes]) -> bytes:
    """Several messages, one of them spoilt: what is kept of good ones is where the spoilt one does harm."""
    chosen = [json.dumps(message) for message in mutator.random.choices(_SEEDS, k=_AT_ONCE)]
    at = mutator.random.randrange(_AT_ONCE)
    chosen[at] = as_text(changed_json(mutator, as_bytes(chosen[at]), ()))
    return as_bytes(json.dumps(chosen))


def _edited(data: bytes) -> str:
    texts = json.loads(as_text(data))
    composer = readers().composer(template="outpatient", language=Language.EN, recognised=True)
    flow, said = Flow(composer), set()
    for text in texts:
        said.add(_one(flow, text if isinstance(text, str) else json.dumps(text)))
    for output in flow.handle(Stop()):
        if isinstance(output, Finished):
            encode_message(Closed.of(output.record, total_samples=0))
            assert Record.model_validate_json(output.record.to_json()) == output.record
        else:
            encode_message(message_of(output, received=0))
    return " ".join(sorted(said))


def _one(flow: Flow, text: str) -> str:
    try:
        message = decode_client_message(text)
    except RemoteProtocolError as error:
        return error.code.value
    match message:
        case FieldEdit():
            given: FlowInput = Edit(message.path, message.value)
        case Command():
            given = Instruct(message.name, next((str(value) for value in message.args.values()), ""))
        case _:
            return "another message"
    try:
        for output in flow.handle(given):
            encode_message(message_of(output, received=0))
    except (BadPointer, UnknownCommand) as error:
        return type(error).__name__
    return message.type
