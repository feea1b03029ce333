"""One URL to one file, resumable: what has arrived stays and the next attempt asks for the rest.

Owns HTTP. Knows nothing of models, digests or which source comes next.
"""

import errno
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import certifi
import httpx

from wardscribe_models.errors import DiskFullError, SourceError, UnreachableError
from wardscribe_models.progress import Progress

FRUITLESS_ATTEMPTS = 4  # in a row, with nothing new received
UNREACHABLE_ATTEMPTS = 2
TIMEOUT_S = 30.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_RETRY_LATER = {408, 425, 429}


def http_client(*, authority: Path | None = None, proxy: str | None = None) -> httpx.Client:
    """A client that trusts what the machine trusts (SSL_CERT_FILE, SSL_CERT_DIR), certifi's list, and `authority`."""
    # httpx alone trusts either certifi's list or the machine's. A hospital proxy that re-signs traffic needs the
    # machine's, a Python with no system list needs certifi's.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except OSError as error:
            raise SourceError(f"certificate file {authority} cannot be used") from error
    try:
        return httpx.Client(
            verify=context,
            proxy=proxy,
            timeout=TIMEOUT_S,
            follow_redirects=True,
            headers={"User-Agent": "wardscribe", "Accept-Encoding": "identity"},
        )
    except (ValueError, httpx.InvalidURL) as error:
        raise SourceError("the proxy setting of this machine cannot be used") from error


class Downloader:
    """Downloads files with one client, telling `progress`; `pause` waits between attempts (seconds)."""

    def __init__(
        self, client: httpx.Client, progress: Progress, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._progress = progress
        self._pause = pause

    def download(self, url: str, path: Path, *, what: str, size: int | None = None) -> bool:
        """Bring `url` to `path`, going on from what is there; True when an earlier part was used.

        What arrived stays in `path` when this fails. `size` is the length that the file must have, where known.
        Raises: SourceError, DiskFullError.
        """
        host = httpx.URL(url).host
        resumed = _length(path) > 0
        best = _length(path)
        fruitless = 0
        while True:
            try:
                if self._attempt(url, path, what=what, size=size, host=host):
                    return resumed
                reason, unreachable = "broke off", False
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
                reason, unreachable = "cannot be reached", True
            except httpx.TimeoutException:
                reason, unreachable = "stopped answering", False
            except httpx.TransportError:
                reason, unreachable = "broke off", False
            except httpx.HTTPError as error:
                raise SourceError(f"{host} answered in a way that cannot be followed") from error
            resumed = resumed or _length(path) > 0
            fruitless = 0 if _length(path) > best else fruitless + 1
            best = max(best, _length(path))
            if fruitless >= (UNREACHABLE_ATTEMPTS if unreachable else FRUITLESS_ATTEMPTS):
                kept = f"; {best:,} bytes are kept for next time".replace(",", " ") if best else ""
                raise (UnreachableError if unreachable else SourceError)(f"{host} {reason}{kept}")
            self._pause(0.5 * 2**fruitless)

    def _attempt(self, url: str, path: Path, *, what: str, size: int | None, host: str) -> bool:
        """One request; True when the file is complete, False when it is worth asking again."""
        have = _length(path)
        if size is not None and have == size:
            return True
        if size is not None and have > size:
            path.unlink()
            have = 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._client.stream("GET", url, headers=headers) as response:
            status = response.status_code
            if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                if response.headers.get("Content-Range", "") == f"bytes */{have}":
                    return True
                path.unlink()
                return False
            if status >= 500 or status in _RETRY_LATER:
                return False
            if status not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise SourceError(f"{host} answered {status}")
            if status == httpx.codes.PARTIAL_CONTENT and not _continues(response, have):
                path.unlink()
                return False
            if status == httpx.codes.OK:
                have = 0  # the server does not resume
            total = _announced(response, have)
            if size is not None and total is not None and total != size:
                path.unlink(missing_ok=True)
                raise SourceError(f"{host} offers {total} bytes where {size} are expected")
            self._progress.begin(what, total or size, have)
            try:
                self._receive(response, path, append=have > 0)
            finally:
                self._progress.end()
        return total is None or _length(path) == total

    def _receive(self, response: httpx.Response, path: Path, *, append: bool) -> None:
        try:
            with path.open("ab" if append else "wb") as file:
                for chunk in response.iter_raw():
                    file.write(chunk)
                    self._progress.advance(len(chunk))
        except OSError as error:  # httpx's own errors are none
            raise full_or_same(error, path.parent) from error


def full_or_same(error: OSError, folder: Path) -> Exception:
    """DiskFullError when that is what `error` says, else SourceError about a file that cannot be written."""
    if error.errno in _NO_ROOM:
        return DiskFullError(folder)
    return SourceError(f"{folder} cannot be written: {error.strerror}")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _continues(response: httpx.Response, have: int) -> bool:
    return str(response.headers.get("Content-Range", "")).startswith(f"bytes {have}-")


def _announced(response: httpx.Response, have: int) -> int | None:
    length = response.headers.get("Content-Length")
    return int(length) + have if length is not None and length.isdigit() else None
