"""`wardscribe sessions list|audio`: what the journals of the data folder hold, also while a server is running."""

import sys
import wave
from argparse import ArgumentParser, Namespace
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE
from wardscribe_server.assembly import build_vault
from wardscribe_server.config import ServerSettings
from wardscribe_server.journal.entries import BadEntryError
from wardscribe_server.journal.frames import NotAJournalError
from wardscribe_server.journal.journal import JOURNAL, PastJournal
from wardscribe_server.journal.past import PastSession
from wardscribe_server.vault.tenant_keys import KEYS_FILE


def add_arguments(parser: ArgumentParser) -> None:
    """Sub-commands of `wardscribe sessions`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every session with its template, language, seconds of audio and state")
    audio = actions.add_parser("audio", help="what was said in one session, as a WAV file")
    audio.add_argument("session", metavar="ID", help="the session's id, as `list` prints it")
    audio.add_argument("-o", "--output", type=Path, required=True, metavar="PATH", help="the WAV file to write")
    for action in (listing, audio):
        action.add_argument("--data", type=Path, metavar="DIR", help="the data folder")


def run(arguments: Namespace) -> int:
    """List the sessions, or take one's audio out of its journal."""
    settings = options.server_settings(arguments)
    sessions = settings.data / "sessions"
    if not sessions.is_dir() or not (settings.data / KEYS_FILE).exists():
        raise InputError(f"{settings.data}: no sessions here; --data names the folder that a server keeps them in")
    if arguments.action == "list":
        return _list(sessions, settings)
    return _audio(sessions, settings, arguments.session, arguments.output)


def _list(sessions: Path, settings: ServerSettings) -> int:
    ciphers = build_vault(settings).cipher
    for folder in sorted(path for path in sessions.iterdir() if (path / JOURNAL).exists()):
        try:
            journal = PastJournal(folder, ciphers)
            opened, past = journal.opened(), PastSession()
            for entry in journal.entries():
                past.take(entry)
        except (NotAJournalError, BadEntryError, OSError):
            say(f"{folder.name}: the journal cannot be read")
            continue
        state = "over" if past.over else "recorded" if past.made is not None else "open"
        seconds = past.samples / SAMPLE_RATE
        start = opened.start
        columns = (folder.name, opened.at, journal.tenant, str(start["template"]), str(start["language"]))
        sys.stdout.write("\t".join((*columns, f"{seconds:.1f}", state)) + "\n")
    return 0


def _audio(sessions: Path, settings: ServerSettings, session: str, output: Path) -> int:
    folder = sessions / session
    if folder.parent != sessions or not (folder / JOURNAL).exists():
        raise InputError(f"{session}: no such session; `wardscribe sessions list` names them")
    try:
        journal = PastJournal(folder, build_vault(settings).cipher)
        with wave.open(str(output), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(BYTES_PER_SAMPLE)
            file.setframerate(SAMPLE_RATE)
            for pcm in journal.audio():
                file.writeframesraw(pcm)
    except NotAJournalError:
        raise InputError(f"{folder / JOURNAL}: is no journal, or a damaged one") from None
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror})") from error
    return 0
