"""What a finished dictation becomes: the journal's last word on it, and a report for each patient. Pure."""

from collections.abc import Iterator, Sequence

from wardscribe_protocol.messages import CommittedWord
from wardscribe_protocol.record import Record
from wardscribe_server.journal.entries import Made, OfPatient
from wardscribe_server.pipeline.events import Finished
from wardscribe_server.records.report import Dictation


def made_of(end: Finished) -> Made:
    """What the journal keeps of the end of a flow."""
    patients = tuple(OfPatient(part.record, tuple(part.log.lines()), tuple(sorted(part.words))) for part in end.parts)
    return Made(end.record, tuple(end.log.lines()), patients)


def dictated(made: Made, words: Sequence[CommittedWord], *, audio_sha256: str) -> Iterator[tuple[Record, Dictation]]:
    """What becomes a report each, with what it was made from and nothing of another patient."""
    if not made.patients:
        yield made.record, Dictation(words=words, audio_sha256=audio_sha256, edits=made.edits)
    for patient in made.patients:
        own = frozenset(patient.words)
        spoken = [word for word in words if word.id in own]
        yield patient.record, Dictation(words=spoken, audio_sha256=audio_sha256, edits=patient.edits)
