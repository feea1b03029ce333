"""The server's certificate and key: read from files, and anew when the files change: renewal needs no restart."""

import logging
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

from wardscribe_protocol.errors import InputError

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 2.0
_State = tuple[tuple[int, int, int], ...]


class Certificates:
    """A certificate chain and its key.

    Raises: InputError when they cannot be used.
    """

    def __init__(self, certificate: Path, key: Path, *, now: Callable[[], float]) -> None:
        self._files = (certificate, key)
        self._now = now
        self._looked_at = now()
        self._state = self._look()
        self._context = self._load()
        if key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            _log.warning("%s: others on this machine can read the private key; chmod 600", key)

    def context(self) -> ssl.SSLContext:
        """For the next connection; those that are there keep what they have."""
        if self._now() - self._looked_at >= _LOOK_EVERY_S:
            self._looked_at = self._now()
            try:
                state = self._look()
                if state != self._state:
                    self._state = state  # also when it cannot be used: half a renewal is tried again when it is whole
                    self._context = self._load()
                    _log.info("the certificate was read anew")
            except InputError as error:
                _log.error("%s; the certificate known before stays in force", error.message)
        return self._context

    def _look(self) -> _State:
        try:
            return tuple(
                (status.st_ino, status.st_mtime_ns, status.st_size) for status in (f.stat() for f in self._files)
            )
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from error

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        certificate, key = self._files
        try:
            # a password would be asked for on the terminal of a server
            context.load_cert_chain(certificate, key, password=lambda: "")
        except (OSError, ssl.SSLError, ValueError) as error:
            why = error.reason if isinstance(error, ssl.SSLError) and error.reason else type(error).__name__
            raise InputError(f"{certificate} and {key}: not a certificate with its key in PEM ({why})") from error
        return context
