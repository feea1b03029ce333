"""What a client writes down so that its next process can go on with a dictation. Values only; knows no file.

It is a secret: the session's token is in it, and what a person typed into fields. The audio is not; a spool keeps that.
"""

from typing import Annotated

from pydantic import Field

from wardscribe_protocol.messages import ClientControl, Start
from wardscribe_protocol.wire import Samples, Secret, Seq, SeqOrNone, WireModel


class ResumeState(WireModel):
    """Where a dictation stands. Written down before anything that follows from it is sent, it cannot be too old."""

    start: Start = Field(description="How the dictation began, without access token and context")
    session: Annotated[str, Field(min_length=1, max_length=128)]
    token: Secret = Field(repr=False)
    attempts: Seq = Field(description="Connections so far, the one that is being made included")
    stopped: bool = Field(description="The end was asked for: hand over what the spool has and stop again")
    last_seq: SeqOrNone = Field(description="The last durable server message that was received")
    safe_samples: Samples = Field(description="The server keeps audio before this; a spool need not")
    client_seq: SeqOrNone = Field(description="The last of our own numbered messages that the server acknowledged")
    controls: tuple[Annotated[ClientControl, Field(discriminator="type")], ...] = Field(
        default=(), repr=False, description="Our own numbered messages after that one"
    )
