"""What a dictation still waits for: a report that the speaker asked to sign, a macro's field that nobody filled.

These are checks, because a record with one of them is not ready; what they say never holds spoken content.
"""

import re
from collections.abc import Iterator, Mapping

from wardscribe_protocol.record import Check, Language, Severity
from wardscribe_server.pipeline.values import Written

_UNFILLED = re.compile(r"\[[^\[\]]+\]")
_MESSAGES: Mapping[str, Mapping[Language, str]] = {
    "sign_requested": {
        Language.EN: "Signing was asked for by voice; it waits for a person's confirmation",
        Language.ZH: "已口述要求签发，须人工确认",
    },
    "macro_field_empty": {
        Language.EN: "A field of an inserted macro is not filled",
        Language.ZH: "插入的模板中有字段未填写",
    },
}


def pending(written: Written, language: Language) -> Iterator[Check]:
    """One check for each thing that is waited for."""
    if any(mark.action == "sign_asked" for mark in written.marks):
        yield _check("sign_requested", Severity.INFO, language)
    for start, end in written.macro_spans:
        if _UNFILLED.search(written.text, start, end):
            yield _check("macro_field_empty", Severity.WARNING, language)
            return


def _check(code: str, severity: Severity, language: Language) -> Check:
    return Check(code=code, severity=severity, path="/transcript/text", message=_MESSAGES[code][language])
