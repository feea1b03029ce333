"""The machine: clock, weights, libraries, the port, the microphone, and what a crash would leave behind."""

import errno
import http.client
import resource
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wardscribe_models.errors import ModelsError
from wardscribe_models.store import ModelStore
from wardscribe_protocol.errors import InputError
from wardscribe_server.assembly import build_tagger
from wardscribe_server.config import ServerSettings
from wardscribe_server.doctor.findings import Finding, fail, ok, warn

# A clock that says an earlier day than this is wrong: this version did not exist then.
RELEASED = datetime(2026, 11, 23, tzinfo=UTC)
_AHEAD = timedelta(minutes=5)
_ANSWER_WITHIN_S = 2.0
_CODECS = ("aac", "flac", "mp3", "opus", "pcm_s16le", "vorbis")


def examine_clock(
    settings: ServerSettings,
    *,
    now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Finding]:
    """Whether times in records and the audit log will be right."""
    at = now()
    if at < RELEASED:
        yield fail("clock", f"says {at.date()}, before this version was made; set it, best by NTP")
    elif (newest := _newest(settings.data)) is not None and newest - at > _AHEAD:
        yield fail("clock", f"is {newest - at} behind what was stored last: it was set back; set it, best by NTP")
    else:
        yield ok("clock", "not behind what is stored")
    first = monotonic()
    if any(monotonic() < first for _ in range(100)):
        yield fail("clock", "the monotonic clock runs backwards: timeouts cannot be trusted on this machine")
    offset = at.utcoffset()
    if offset is None or abs(offset) > timedelta(hours=14) or offset % timedelta(minutes=15):
        yield warn("timezone", "is not a civil one; set the machine's time zone")
    else:
        yield ok("timezone", f"{at:%z}")


def _newest(data: Path) -> datetime | None:
    times = [path.stat().st_mtime for path in (*data.glob("keys.json"), *data.glob("audit/*/head"))]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def examine_models(settings: ServerSettings) -> Iterator[Finding]:
    """The recogniser's weights against the digests of the manifest. Reads every byte of them."""
    store = ModelStore(settings.models_dir)
    try:
        store.locate(settings.model)
        if settings.model not in store.manifest.models:
            yield ok("models", "a folder of your own; no digests are known for it")
            return
        problems = store.verify(settings.model)
    except ModelsError as error:
        yield fail("models", str(error))
        return
    for problem in problems:
        yield fail("models", f"{problem.message}; run `wardscribe models fetch {settings.model}`")
    if not problems:
        yield ok("models", f"{settings.model}: every digest is right")


def examine_tagger(settings: ServerSettings) -> Iterator[Finding]:
    """The tagger's weights; without them the rules alone find entities."""
    try:
        tagger = build_tagger(settings)
    except InputError as error:
        yield fail("tagger", f"{error.message}; WARDSCRIBE_TAGGER=false works without it")
        return
    if tagger is not None:
        yield ok("tagger", f"{tagger.capabilities.model} on {tagger.capabilities.device}")
    elif settings.tagger:
        yield warn("tagger", "no weights are installed: rules alone find entities; install a release that has them")
    else:
        yield ok("tagger", "switched off (WARDSCRIBE_TAGGER): rules alone find entities")


def examine_audio_libraries() -> Iterator[Finding]:
    """Recordings are decoded in this process; no ffmpeg command is needed."""
    try:
        import av
    except ImportError as error:
        yield fail("audio", f"{error.name or 'av'} cannot be loaded; pip install 'wardscribe[server]'")
        return
    lacking = [name for name in _CODECS if name not in av.codecs_available]
    if lacking:
        yield warn("audio", f"PyAV {av.__version__} cannot decode {', '.join(lacking)}; install its own wheel")
    else:
        yield ok("audio", f"PyAV {av.__version__}")


def examine_microphone() -> Iterator[Finding]:
    """Only a desktop needs one."""
    try:
        import sounddevice
    except ImportError:
        yield ok("microphone", "not looked for; `wardscribe dictate` needs pip install 'wardscribe[desktop]'")
        return
    except OSError:
        yield warn("microphone", "PortAudio is missing; `wardscribe dictate` needs it (Debian: libportaudio2)")
        return
    try:
        sounddevice.query_devices(kind="input")
    except (sounddevice.PortAudioError, ValueError):
        yield warn("microphone", "none found; only `wardscribe dictate` needs one")
    else:
        yield ok("microphone", "found")


def examine_port(settings: ServerSettings) -> Iterator[Finding]:
    """Whether the server can listen, or does."""
    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(1)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                yield fail("port", f"{where} cannot be listened on ({error.strerror}); choose another host or port")
                return
        else:
            yield ok("port", f"{where} is free")
            return
    if _is_ours(settings.host, settings.port):
        yield ok("port", f"{where} is served by Wardscribe")
    else:
        yield fail("port", f"{where} is used by another program; choose another with --port")


def _is_ours(host: str, port: int) -> bool:
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # who answers on this machine is all that is asked
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    for connection in (
        http.client.HTTPConnection(host, port, timeout=_ANSWER_WITHIN_S),
        http.client.HTTPSConnection(host, port, timeout=_ANSWER_WITHIN_S, context=unverified),
    ):
        try:
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            if response.status == http.HTTPStatus.OK and response.read(16).startswith(b"ok\n"):
                return True
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
    return False


def examine_crashes(core_pattern: Path = Path("/proc/sys/kernel/core_pattern")) -> Iterator[Finding]:
    """The server forbids core dumps to itself; whether the machine would make any is worth knowing all the same."""
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        piped = core_pattern.read_text(encoding="utf-8").startswith("|")
    except OSError:
        piped = False
    if soft == 0 and not piped:
        yield ok("core dumps", "off")
    else:
        yield ok("core dumps", "the machine makes them; the server forbids them to itself")
