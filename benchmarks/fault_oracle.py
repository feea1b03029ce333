"""What must hold for a dictation, whatever went wrong meanwhile. Reads what client and server left; changes nothing."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from stored import journal
from told_words import words_told_are

from wardscribe_server.journal.entries import BadEntryError, Made, Told
from wardscribe_server.journal.frames import NotAJournalError
from wardscribe_server.pipeline.events import Audio


@dataclass(slots=True)
class Verdict:
    """One dictation, judged. `faults` names what does not hold, without anything that was said."""

    samples: int = 0
    samples_lost: int = 0
    words: int = 0
    words_doubled: int = 0
    words_missing: int = 0
    connections: int = 0
    same_record: bool = False
    faults: list[str] = field(default_factory=list)


def judge(*, pcm: bytes, spool: Path, data: Path, undisturbed: str | None) -> Verdict:
    """Compare what was played, what the client has, what the server has, and the record of an undisturbed run."""
    verdict = Verdict(samples=len(pcm) // 2)
    failed = spool / "failed"
    if failed.exists():
        verdict.faults.append(f"the dictation failed: {failed.read_text(encoding='utf-8')}")
    if not (spool / "state.json").exists():
        verdict.faults.append("no session was ever named")
        verdict.samples_lost = verdict.samples
        return verdict
    state = json.loads((spool / "state.json").read_text(encoding="utf-8"))
    verdict.connections = state["attempts"]
    log = (spool / "messages.jsonl").read_bytes().rpartition(b"\n")[0]
    messages = [json.loads(line) for line in log.splitlines()]
    record = _judge_messages(messages, verdict)
    _judge_journal(data, state["session"], pcm, messages, record, verdict)
    verdict.same_record = record is not None and (undisturbed is None or json.loads(undisturbed) == record)
    if record is not None and not verdict.same_record:
        assert undisturbed is not None
        verdict.faults.append(
            f"the record differs from the undisturbed one at {_differences(json.loads(undisturbed), record)}"
        )
    return verdict


def _judge_messages(messages: list[dict], verdict: Verdict) -> dict | None:
    if [message["seq"] for message in messages] != list(range(1, len(messages) + 1)):
        verdict.faults.append("the numbers of the durable messages have gaps or repetitions")
    ids = [word["id"] for message in messages if message["type"] == "commit" for word in message["words"]]
    verdict.words = len(ids)
    verdict.words_doubled = len(ids) - len(set(ids))
    verdict.words_missing = len(set(range(max(ids, default=-1) + 1)) - set(ids))
    if ids != list(range(len(ids))):
        verdict.faults.append("the ids of the committed words are not 0, 1, 2 and so on")
    closed = [message for message in messages if message["type"] == "closed"]
    if not closed:
        verdict.faults.append("the client never got its record")
        return None
    record = closed[-1]["record"]
    if not words_told_are(record["transcript"]["raw"], messages):
        verdict.faults.append("the words told and the words of the record differ")
    return record


def _judge_journal(
    data: Path, session: str, pcm: bytes, messages: list[dict], record: dict | None, verdict: Verdict
) -> None:
    try:
        entries = list(journal(data, session).entries())
    except (OSError, NotAJournalError, BadEntryError) as error:
        verdict.faults.append(f"the journal cannot be read: {type(error).__name__}")
        verdict.samples_lost = verdict.samples
        return
    stored = b"".join(entry.pcm for entry in entries if isinstance(entry, Audio))
    if hashlib.sha256(stored).digest() != hashlib.sha256(pcm).digest():
        same = next(
            (at for at, (a, b) in enumerate(zip(stored, pcm, strict=False)) if a != b), min(len(stored), len(pcm))
        )
        verdict.samples_lost = max(1, (len(pcm) - same) // 2)
        verdict.faults.append(
            f"the stored audio differs from sample {same // 2} on: {len(stored) // 2} samples are stored"
        )
    told = [json.loads(entry.message.model_dump_json(exclude={"seq"})) for entry in entries if isinstance(entry, Told)]
    heard = [{key: value for key, value in message.items() if key != "seq"} for message in messages]
    heard = [message for message in heard if message["type"] != "closed"]
    if [message["type"] for message in told] != [message["type"] for message in heard]:
        verdict.faults.append("the journal and the client have other messages")
    made = [json.loads(entry.record.to_json()) for entry in entries if isinstance(entry, Made)]
    if record is not None and made != [record]:
        verdict.faults.append(f"the journal holds {len(made)} records, or another than the client has")


def _differences(wanted: object, got: object, path: str = "") -> list[str]:
    """Pointers at which two JSON values differ; no values."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        keys = sorted(wanted.keys() | got.keys())
        return [found for key in keys for found in _differences(wanted.get(key), got.get(key), f"{path}/{key}")]
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        pairs = enumerate(zip(wanted, got, strict=True))
        return [found for at, pair in pairs for found in _differences(*pair, f"{path}/{at}")]
    return [] if wanted == got else [path or "/"]
