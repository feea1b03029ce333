"""Bounds of a session, one value an end. Where they come from is not known here."""

from dataclasses import dataclass

from wardscribe_protocol.timeline import SAMPLE_RATE, samples_from_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSessionSettings:
    """Bounds of one session."""

    credit_window_samples: int = 30 * SAMPLE_RATE  # audio in flight and not consumed
    outbox_capacity: int = 4096  # durable messages not acknowledged
    outbox_high_water: int = 1024  # from here on no more credit is given
    outbox_bytes: int = 16 * 1024 * 1024  # characters of them; from half of it on no more credit is given
    max_pending_events: int = 4096  # events that the conductor has not taken
    max_pending_bytes: int = 4 * 1024 * 1024  # of the messages behind them; audio is bounded by its credit
    control_burst: float = (
        600.0  # commands and edits at once; one of 4 KiB counts as two, each further 4 KiB as one more
    )
    control_per_s: float = 20.0  # of them in the long run
    max_errors: int = 256  # faulty frames on one attachment
    lease_s: float = 900.0  # how long a session without a client is kept
    idle_s: float = 900.0  # how long a client may say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSessionSettings:
    """Bounds of one session."""

    backlog_samples: int = 120 * SAMPLE_RATE  # audio that the server has not called safe
    outbox_capacity: int = 256  # commands and edits that the server has not acknowledged
    frame_samples: int = samples_from_ms(100)  # longest frame sent
    burst_frames: int = 50  # frames in one `data_to_send`
