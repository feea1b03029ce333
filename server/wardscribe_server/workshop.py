"""What all sessions share."""

from dataclasses import dataclass

from wardscribe_server.engines.base import SpeechDetector
from wardscribe_server.engines.pool import EnginePool
from wardscribe_server.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Workshop:
    """The engines, and the counters of what they do."""

    pool: EnginePool
    detector: SpeechDetector
    metrics: Metrics
