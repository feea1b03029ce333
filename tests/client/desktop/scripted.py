"""Messages of a server as tests script them, and a template's form."""

from collections.abc import Iterator
from itertools import count

from pydantic import JsonValue

from wardscribe_client.desktop.form import FormField, FormSection, Labels, TemplateForm
from wardscribe_protocol.messages import (
    CheckUpdate,
    Commit,
    CommittedWord,
    Correction,
    FieldState,
    FieldUpdate,
    Final,
)
from wardscribe_protocol.record import Evidence, Severity


def _labels(en: str, zh: str) -> Labels:
    return Labels(en=en, zh=zh)


FORM = TemplateForm(
    id="chest_xray",
    labels=_labels("Chest X-ray", "胸部X线"),
    sections=(
        FormSection(id="technique", labels=_labels("Technique", "检查方法")),
        FormSection(id="findings", labels=_labels("Findings", "影像所见")),
        FormSection(id="impression", labels=_labels("Impression", "诊断意见")),
    ),
    fields=(
        FormField(
            id="views", section="technique", kind="views", labels=_labels("Views", "体位"), codes=("pa", "lateral")
        ),
        FormField(
            id="heart_size",
            section="findings",
            kind="heart_size",
            labels=_labels("Heart size", "心影"),
            codes=("normal", "borderline", "enlarged"),
        ),
        FormField(
            id="findings", section="findings", kind="findings", labels=_labels("Findings", "所见"), required=True
        ),
        FormField(
            id="impression", section="impression", kind="texts", labels=_labels("Impression", "诊断意见"), required=True
        ),
    ),
)


class Script:
    """Durable messages with their numbers."""

    def __init__(self) -> None:
        self._seq: Iterator[int] = count(1)
        self._word = 0

    def commit(self, *texts: str, confidence: float = 0.9) -> Commit:
        words = []
        for text in texts:
            at = self._word * 300
            words.append(CommittedWord(id=self._word, text=text, start_ms=at, end_ms=at + 250, confidence=confidence))
            self._word += 1
        return Commit(seq=next(self._seq), words=tuple(words))

    def final(self, segment: int, text: str, *corrections: Correction, words: tuple[int, int] | None = None) -> Final:
        return Final(seq=next(self._seq), segment=segment, text=text, corrections=corrections, words=words)

    def field(
        self,
        path: str,
        value: JsonValue,
        *,
        text: str = "said",
        audio_ms: tuple[int, int] | None = (100, 400),
        state: FieldState = FieldState.PROPOSED,
        confidence: float = 0.9,
    ) -> FieldUpdate:
        evidence = Evidence(text=text, chars=(0, len(text)), audio_ms=audio_ms, confidence=confidence)
        return FieldUpdate(seq=next(self._seq), path=path, value=value, evidence=evidence, state=state)

    def withdrawn(self, path: str) -> FieldUpdate:
        return FieldUpdate(seq=next(self._seq), path=path, state=FieldState.WITHDRAWN)

    def check(
        self,
        path: str,
        *,
        code: str = "required_missing",
        severity: Severity = Severity.WARNING,
        message: str = "Something is missing",
        settled: bool = False,
    ) -> CheckUpdate:
        return CheckUpdate(
            seq=next(self._seq), code=code, severity=severity, path=path, message=message, settled=settled
        )


def heard(said: str, written: str, *, score: float = 0.9, why: str = "heard_again") -> Correction:
    return Correction(heard=said, written=written, why=why, score=score)
