"""What all sessions share."""

from dataclasses import dataclass, field

from wardscribe_server.engines.base import SpeechDetector
from wardscribe_server.engines.pool import EnginePool
from wardscribe_server.metrics import Metrics
from wardscribe_server.turns import Turns


@dataclass(frozen=True, slots=True)
class Workshop:
    """The engines, and the counters of what they do."""

    pool: EnginePool
    detector: SpeechDetector
    metrics: Metrics
    turns: Turns = field(default_factory=Turns)
