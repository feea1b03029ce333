"""A real server with two physicians, for tests of everything that a client does with reports."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from tests.server.level_recogniser import LevelRecogniser, said
from tests.server.serving import Serving, serving
from tests.server.test_reports_end_to_end import dictate
from wardscribe_client import report_calls as calls
from wardscribe_client.address import ServerAddress, server_address
from wardscribe_client.credentials import Credentials
from wardscribe_client.reports import Reports
from wardscribe_protocol.messages import CommittedWord, Context, OrderContext, PatientContext
from wardscribe_protocol.record import Evidence, Language, Record, Transcript
from wardscribe_server.access.principal import Principal, Role, Scope, TenantId, UserId
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import Grant
from wardscribe_server.config import AccessSettings
from wardscribe_server.engines.fake import LoudnessDetector
from wardscribe_server.pipeline.pointers import leaves

TEXTS = ["PA chest radiograph.", "Right lower lobe consolidation.", "Impression right lower lobe pneumonia."]
PCM = said(TEXTS)

DICTATED = (
    "Chest radiograph, PA view. Small right pleural effusion. Heart size is normal. "
    "A nodule of 7 mm in the left upper lobe. Impression: right pleural effusion."
)
FIELDS: dict[str, object] = {
    "views": ["pa"],
    "findings": [
        {"finding": "pleural effusion", "presence": "present", "laterality": "right", "severity": "small"},
        {
            "finding": "nodule",
            "presence": "present",
            "laterality": "left",
            "location": "left upper lobe",
            "size_mm": [7],
        },
    ],
    "heart_size": "normal",
    "impression": ["Right pleural effusion."],
}


@dataclass
class Hospital:
    """A server on loopback that asks for tokens."""

    running: Serving

    @property
    def address(self) -> ServerAddress:
        return server_address(self.running.http)

    def grant(self, user: str, role: str) -> Grant:
        return Grant.model_validate({"tenant": "north", "user": user, "roles": {role}, "scopes": set(Scope)})

    def code(self, user: str, role: str) -> str:
        """A pairing code."""
        return TokenFile(self.running.data).create_code(self.grant(user, role), days=30)

    def credentials(self, user: str, role: str) -> Credentials:
        return Credentials(token=SecretStr(TokenFile(self.running.data).create(self.grant(user, role), days=1)[0]))

    def reports(self, user: str, role: str) -> Reports:
        return Reports(self.address, credentials=self.credentials(user, role))

    def dictate(self, user: str) -> str:
        """A dictation of this resident's, spoken to the server; the report it became."""
        credentials = self.credentials(user, "resident")
        asyncio.run(dictate(self.running.url, credentials.headers(self.running.http)))
        with Reports(self.address, credentials=credentials) as reports:
            return reports.ask(calls.page(limit=1)).reports[0].id

    def draft(
        self,
        user: str,
        *,
        mrn: str = "MRN-00417",
        fields: dict[str, object] | None = None,
        text: str = DICTATED,
        language: Language = Language.EN,
        template: str = "chest_xray",
    ) -> str:
        """A draft as a dictation leaves it, without speaking it."""
        record = Record(
            template=template,
            language=language,
            transcript=Transcript(raw=text, text=text),
            fields=fields or FIELDS,
            evidence={},
        )
        evidence = {
            path: _heard(str(value), text, at) for at, (path, value) in enumerate(leaves(record.fields).items())
        }
        context = Context(
            patient=PatientContext(name="Quellen", age_years=61, sex="female", mrn=mrn),
            order=OrderContext(accession="ACC-9"),
        )
        words = (CommittedWord(id=0, text=text, start_ms=0, end_ms=9000, confidence=0.9),)
        kept = self.running.server._reports.keep_draft(
            Principal(TenantId("north"), UserId(user), frozenset({Role.RESIDENT}), frozenset(Scope)),
            record.model_copy(update={"evidence": evidence}),
            words=words,
            audio_sha256="a" * 64,
            context=context,
        )
        return kept.id


def _heard(value: str, text: str, at: int) -> Evidence:
    found = text.lower().find(value.lower())
    chars = (found, found + len(value)) if found >= 0 else (0, 5)
    return Evidence(
        text=text[slice(*chars)], chars=chars, audio_ms=(at * 800, at * 800 + 700), confidence=0.35 if at == 2 else 0.94
    )


@contextmanager
def hospital_in(data: Path) -> Iterator[Hospital]:
    """The hospital, open while the block runs."""
    nobody = Grant.model_validate({"tenant": "north", "user": "x", "roles": set(), "scopes": {"metrics"}})
    TokenFile(data).create(nobody, days=1)  # from now on everybody needs one
    with serving(
        data, recogniser=LevelRecogniser(TEXTS), detector=LoudnessDetector(), access=AccessSettings(), min_free_mb=0
    ) as running:
        yield Hospital(running)
