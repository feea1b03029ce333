"""The fold of what a server says of one dictation: transcript, fields, checks, lag. What a window shows, it reads here.

Pure: messages in, values out; no Qt, no clock, no thread. What has not changed is the same object as before, so that
whoever draws it can tell by identity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from wardscribe_client.desktop.form import TemplateForm
from wardscribe_client.desktop.rows import Leaf, Row, laid_out, make_row, row_path
from wardscribe_client.desktop.runs import (
    DOUBTFUL_BELOW,
    Replaced,
    Run,
    RunKind,
    final_runs,
    net_corrections,
)
from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import (
    CheckUpdate,
    Closed,
    Commit,
    CommittedWord,
    ErrorReport,
    FieldState,
    FieldUpdate,
    Finalized,
    Lag,
    Ready,
    ServerAck,
    ServerMessage,
    Tail,
)
from wardscribe_protocol.messages import Final as FinalMessage
from wardscribe_protocol.record import Evidence, Language, Record

COMMITTED: Final = -1  # the key of the words that stand and are not written yet
TAIL: Final = -2
_FIELDS: Final = "/fields"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the transcript: a segment by its number, or what follows the last one."""

    key: int
    runs: tuple[Run, ...]
    unplaced: tuple[Replaced, ...] = ()  # corrections that stand somewhere in it
    audio_ms: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """Its characters."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class CommandHeard:
    """What was said was a command; `undone` is the text that it took back, empty where it took none."""

    said: str
    undone: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """All that there is to show, at one moment."""

    transcript: tuple[Passage, ...]
    rows: tuple[Row, ...]
    checks: tuple[CheckUpdate, ...]  # those of the whole record and of no row
    lag_s: float
    session: str | None
    command: CommandHeard | None
    refused: ErrorCode | None  # the latest thing that was turned down
    up_to_ms: int  # how far there is text for the audio
    record: Record | None
    language: Language


@dataclass(slots=True)
class _Segment:
    text: str
    replaced: tuple[Replaced, ...]
    words: tuple[CommittedWord, ...]
    passage: Passage


class LiveRecord:
    """Fed with every message of one dictation. Messages that come again change nothing."""

    def __init__(self, form: TemplateForm, language: Language) -> None:
        self._form = form
        self._language = language
        self._joint = "" if language is Language.ZH else " "
        self.begin_again()

    def begin_again(self) -> None:
        """Forget all that was told: the server will tell it anew."""
        self._seq = 0
        self._segments: dict[int, _Segment] = {}
        self._pending: list[CommittedWord] = []
        self._tail = ""
        self._leaves: dict[str, Leaf] = {}
        self._of_row: dict[str, dict[str, Leaf]] = {}
        self._checks: dict[tuple[str, str, str, str | None], CheckUpdate] = {}
        self._rows: dict[str, Row] = {}
        self._stale_rows: set[str] = set()
        self._lag_s = 0.0
        self._session: str | None = None
        self._command: CommandHeard | None = None
        self._refused: ErrorCode | None = None
        self._up_to_ms = 0
        self._record: Record | None = None
        self._view: View | None = None
        self._transcript: tuple[Passage, ...] | None = None
        self._laid_out: tuple[Row, ...] | None = None
        self._committed_passage: Passage | None = None

    def use_form(self, form: TemplateForm) -> None:
        """The template's labels have come."""
        self._form = form
        leaves = self._leaves
        self._leaves, self._of_row, self._rows = {}, {}, {}
        for leaf in leaves.values():
            self._set(leaf)
        self._laid_out = self._view = None

    def take(self, message: ServerMessage) -> None:
        """Fold one message in."""
        if (seq := getattr(message, "seq", None)) is not None:
            if seq <= self._seq:
                return
            self._seq = seq
        if isinstance(message, ServerAck):
            return  # where the sound is, is told by who sends it
        self._view = None
        match message:
            case Ready():
                self._session = message.session
            case Tail():
                self._tail, self._transcript = message.text, None
            case Commit():
                self._commit(message.words)
            case FinalMessage():
                self._final(message)
            case FieldUpdate():
                self._field(message)
            case CheckUpdate():
                self._check(message)
            case Lag():
                self._lag_s = message.seconds
            case ErrorReport():
                self._refused = message.code
            case Finalized():
                self._tail, self._transcript = "", None
            case Closed():
                self._close(message.record)
            case _:
                pass

    def noticed(self) -> None:
        """What was said about a command or a refusal has been seen."""
        self._command = self._refused = self._view = None

    def view(self) -> View:
        """What to show now."""
        if self._view is None:
            self._view = View(
                transcript=self._shown_transcript(),
                rows=self._shown_rows(),
                checks=tuple(check for check in self._checks.values() if not check.path.startswith(f"{_FIELDS}/")),
                lag_s=self._lag_s,
                session=self._session,
                command=self._command,
                refused=self._refused,
                up_to_ms=self._up_to_ms,
                record=self._record,
                language=self._language,
            )
        return self._view

    def written(self) -> str:
        """The written text so far, and nothing that may still change its form."""
        return joined([segment.text for _, segment in sorted(self._segments.items()) if segment.text], self._joint)

    # The transcript

    def _commit(self, words: Sequence[CommittedWord]) -> None:
        self._pending += words
        self._tail, self._transcript, self._committed_passage = "", None, None
        self._up_to_ms = max([self._up_to_ms, *(word.end_ms for word in words)])

    def _final(self, message: FinalMessage) -> None:
        before = self._segments.get(message.segment)
        words = before.words if before is not None else self._words_of(message)
        replaced = net_corrections(before.replaced if before is not None else (), message.corrections)
        self._transcript = None
        if before is not None and before.text and not message.text.strip():
            said = self._command.said if self._command is not None else ""
            self._command = CommandHeard(said, before.text)
        if message.text.strip():
            runs, unplaced = final_runs(message.text, replaced, words)
        else:
            said = "" if before is not None else self._joint.join(word.text for word in words).strip(" .,;。，；")
            runs, unplaced = ((Run(said, RunKind.COMMAND),) if said else ()), ()
            if said:
                undone = self._command.undone if self._command is not None and not self._command.said else ""
                self._command = CommandHeard(said, undone)
        audio_ms = (words[0].start_ms, words[-1].end_ms) if words else None
        passage = Passage(message.segment, runs, unplaced, audio_ms)
        self._segments[message.segment] = _Segment(message.text, replaced, words, passage)

    def _words_of(self, message: FinalMessage) -> tuple[CommittedWord, ...]:
        """The committed words that a final writes; they wait no longer."""
        first, end = message.words or (0, 1 + max((word.id for word in self._pending), default=0))
        words = tuple(word for word in self._pending if first <= word.id < end)
        self._pending = [word for word in self._pending if word.id >= end]
        self._committed_passage = None
        return words

    def _shown_transcript(self) -> tuple[Passage, ...]:
        if self._transcript is None:
            passages = [segment.passage for _, segment in sorted(self._segments.items()) if segment.passage.runs]
            if self._pending and self._committed_passage is None:
                self._committed_passage = self._committed()
            if self._pending and self._committed_passage is not None:
                passages.append(self._committed_passage)
            if self._tail.strip():
                passages.append(Passage(TAIL, (Run(self._tail, RunKind.TAIL),)))
            self._transcript = tuple(passages)
        return self._transcript

    def _committed(self) -> Passage:
        runs: list[Run] = []
        for at, word in enumerate(self._pending):
            text = f"{self._joint if at else ''}{word.text}"
            doubtful = word.confidence < DOUBTFUL_BELOW
            if runs and runs[-1].doubtful == doubtful:
                runs[-1] = Run(runs[-1].text + text, RunKind.COMMITTED, None, doubtful)
            else:
                runs.append(Run(text, RunKind.COMMITTED, None, doubtful))
        return Passage(COMMITTED, tuple(runs), (), (self._pending[0].start_ms, self._pending[-1].end_ms))

    # Fields and checks

    def _field(self, message: FieldUpdate) -> None:
        if message.state is FieldState.WITHDRAWN or message.value is None:
            self._withdraw(message.path)
            return
        # A value set by hand may be an object or a list: it stands in place of everything below.
        for below in [path for path in self._leaves if path.startswith(f"{message.path}/")]:
            self._withdraw(below)
        for path, value in leaves_of(message.value, message.path):
            self._set(Leaf(path, _name(path, row_path(path, self._form)), value, message.state, message.evidence))

    def _set(self, leaf: Leaf) -> None:
        row = row_path(leaf.path, self._form)
        named = Leaf(leaf.path, _name(leaf.path, row), leaf.value, leaf.state, leaf.evidence)
        self._leaves[leaf.path] = named
        self._of_row.setdefault(row, {})[leaf.path] = named
        self._stale(row)

    def _withdraw(self, path: str) -> None:
        for gone in [one for one in self._leaves if one == path or one.startswith(f"{path}/")]:
            del self._leaves[gone]
            row = row_path(gone, self._form)
            del self._of_row[row][gone]
            self._stale(row)

    def _check(self, message: CheckUpdate) -> None:
        key = (message.code, message.path, message.message, message.against)
        if message.settled:
            self._checks.pop(key, None)
        else:
            self._checks[key] = message
        self._stale(row_path(message.path, self._form))

    def _stale(self, row: str) -> None:
        self._stale_rows.add(row)
        self._laid_out = None

    def _shown_rows(self) -> tuple[Row, ...]:
        if self._laid_out is None:
            for path in self._stale_rows:
                leaves = self._of_row.get(path)
                if leaves:
                    made = make_row(path, tuple(leaves.values()), self._checks_of(path))
                    if self._rows.get(path) != made:
                        self._rows[path] = made
                else:
                    self._of_row.pop(path, None)
                    self._rows.pop(path, None)
            self._stale_rows.clear()
            homeless = [c for c in self._checks.values() if row_path(c.path, self._form) not in self._rows]
            self._laid_out = laid_out(self._rows, self._form, homeless)
        return self._laid_out

    def _checks_of(self, row: str) -> tuple[CheckUpdate, ...]:
        return tuple(check for check in self._checks.values() if row_path(check.path, self._form) == row)

    def _close(self, record: Record) -> None:
        """The record is the truth: what a window that was opened late has not heard of is in it."""
        self._record = record
        self._tail, self._pending, self._transcript = "", [], None
        told, self._leaves, self._of_row, self._rows = self._leaves, {}, {}, {}
        for path, value in leaves_of(record.fields, _FIELDS):
            evidence = record.evidence.get(path)
            before = told.get(path)
            state = before.state if before is not None and before.value == value else _state_of(evidence)
            self._set(Leaf(path, "", value, state, evidence))
        if not self._segments and record.transcript.text:
            passage = Passage(0, (Run(record.transcript.text, RunKind.FINAL),))
            self._segments[0] = _Segment(record.transcript.text, (), (), passage)
        self._checks = {
            (check.code, check.path, check.message, check.against): CheckUpdate(
                seq=self._seq,
                code=check.code,
                severity=check.severity,
                path=check.path,
                message=check.message,
                against=check.against,
            )
            for check in record.checks
        }
        self._stale_rows |= set(self._of_row)
        self._laid_out = None


def joined(texts: Sequence[str], joint: str) -> str:
    """Texts of segments as one; a line break needs no space beside it."""
    out = ""
    for text in texts:
        out += text if not out or out.endswith("\n") or text.startswith("\n") else joint + text
    return out


def leaves_of(value: JsonValue, path: str) -> list[tuple[str, JsonValue]]:
    """The values inside a value, each with its pointer."""
    if isinstance(value, dict):
        return [
            leaf
            for key, inner in value.items()
            for leaf in leaves_of(inner, f"{path}/{key.replace('~', '~0').replace('/', '~1')}")
        ]
    if isinstance(value, list):
        return [leaf for at, inner in enumerate(value) for leaf in leaves_of(inner, f"{path}/{at}")]
    return [(path, value)]


def _name(path: str, row: str) -> str:
    return path.removeprefix(row).lstrip("/")


def _state_of(evidence: Evidence | None) -> FieldState:
    if evidence is not None and evidence.source == "edited":
        return FieldState.EDITED
    return FieldState.CONFIRMED if evidence is not None and evidence.confirmed else FieldState.PROPOSED
