"""Updates of a flow as the messages that tell the client."""

from typing import assert_never

from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import (
    CheckUpdate,
    Commit,
    CommittedWord,
    Correction,
    ErrorReport,
    FieldState,
    FieldUpdate,
    ServerDurable,
    ServerEphemeral,
)
from wardscribe_protocol.messages import Final as FinalMessage
from wardscribe_protocol.messages import Finalized as FinalizedMessage
from wardscribe_protocol.messages import Tail as TailMessage
from wardscribe_protocol.record import Source
from wardscribe_server.pipeline.events import (
    CheckChanged,
    CommandIgnored,
    Committed,
    FieldChanged,
    Finalized,
    Tail,
)
from wardscribe_server.pipeline.finals import Final


def message_of(
    output: Tail | Committed | Final | FieldChanged | CheckChanged | CommandIgnored | Finalized, *, received: int
) -> ServerDurable | ServerEphemeral:
    """An update of the flow as the message that tells the client."""
    match output:
        case Tail(text):
            return TailMessage(text=text)
        case Committed(words):
            return Commit(
                words=tuple(
                    CommittedWord(
                        id=word.id,
                        text=word.text,
                        start_ms=word.span.ms()[0] if word.span else 0,
                        end_ms=word.span.ms()[1] if word.span else 0,
                        confidence=word.confidence,
                    )
                    for word in words
                )
            )
        case Final(segment, text, corrections, words):
            made = tuple(
                Correction(heard=item.heard, written=item.written, why=item.why, score=item.score)
                for item in corrections
            )
            return FinalMessage(segment=segment, text=text, corrections=made, words=words)
        case FieldChanged(pointer, value, evidence):
            state = FieldState.PROPOSED
            if value is None:
                state = FieldState.WITHDRAWN
            elif evidence is not None and evidence.source is Source.EDITED:
                state = FieldState.EDITED
            elif evidence is not None and evidence.confirmed:
                state = FieldState.CONFIRMED
            return FieldUpdate(path=pointer, value=value, evidence=evidence, state=state)
        case CheckChanged(check, settled):
            return CheckUpdate(
                code=check.code,
                severity=check.severity,
                path=check.path,
                message=check.message,
                against=check.against,
                settled=settled,
            )
        case CommandIgnored():
            return ErrorReport.of(ErrorCode.UNKNOWN_COMMAND)
        case Finalized():
            return FinalizedMessage(up_to_sample=received)
        case _:
            assert_never(output)
