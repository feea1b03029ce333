"""A site folder with templates of its own, as TOML alone, and the records that dictations give with them."""

from functools import cache
from pathlib import Path

from wardscribe_protocol.record import Language, Record
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.values import words_from_text

SITE = Path(__file__).parent / "site"


@cache
def readers() -> Readers:
    return Readers(ServerSettings(site=SITE))


def dictated(text: str, *, template: str, language: str) -> Record:
    composer = readers().composer(template=template, language=Language(language), recognised=False)
    return composer.compose(words_from_text(text)).record
