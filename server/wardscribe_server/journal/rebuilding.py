"""A session made again from its journal: the flow as it was, what is outstanding, and what its ends must know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wardscribe_protocol.messages import Start
from wardscribe_server.journal.entries import Opened
from wardscribe_server.journal.journal import PastJournal
from wardscribe_server.journal.past import PastSession
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.events import DetectSpeech, FlowOutput
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.replay import Replay

# Servers in a row on which a session made no step. A server that is killed again before the client is back is no
# fault of the session's, so this is more than a bad evening brings; each of them costs only a rebuild.
HOPELESS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """Everything needed to go on."""

    opened: Opened
    start: Start
    journal: PastJournal
    past: PastSession
    flow: Flow
    outputs: Sequence[FlowOutput]

    @property
    def hopeless(self) -> bool:
        """Whether it failed on every server that took it up lately."""
        return self.past.reopened >= HOPELESS and not self.past.over

    @property
    def salvaging(self) -> bool:
        """Whether it was being ended without its client, and its record is not made."""
        return self.past.stopped and not self.past.stopped_by_client and self.past.made is None

    @property
    def heard(self) -> bytes:
        """The latest audio that the speech detector has judged, s16le: what it must hear to be where it was."""
        unjudged = sum(len(output.pcm) for output in self.outputs if isinstance(output, DetectSpeech))
        return self.past.heard_before(unjudged)


def rebuild(journal: PastJournal, composer_for: Callable[[Start], Composer]) -> Rebuilt:
    """Read a journal to its end and replay it.

    Raises: NotAJournalError, BadEntryError, OSError; RefusedError when its template or terms are not here any more.
    """
    opened = journal.opened()
    start = Start.model_validate(opened.start)
    flow = Flow(composer_for(start), settings=opened.settings, rebuilding=True)
    replay = Replay(flow)
    past = PastSession()
    for entry in journal.entries():
        event = past.take(entry)
        if event is not None:
            replay.feed(event)
    outputs = [] if past.made is not None else list(replay.finish(past.told))
    return Rebuilt(opened=opened, start=start, journal=journal, past=past, flow=flow, outputs=outputs)
