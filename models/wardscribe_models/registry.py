"""Where the user's own package registry keeps a wheel: the index pages that pip is configured to read.

Why not pip alone: `pip download` shows no progress and, before pip 25.1, cannot resume 130 MB over a bad line; and
`pip install --dry-run --report` downloads the whole wheel first on every index that serves no separate metadata, so
asking it for the URL would fetch everything twice. So pip is asked for its *settings* (mirror, proxy, certificate), the
index is read here, and `pip download` remains the way out for whatever this does not cover: links and folders on disk,
keyrings, client certificates.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from wardscribe_models.errors import SourceError
from wardscribe_models.manifest import Package

PUBLIC_INDEX = "https://pypi.org/simple"
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
PIP_SETTINGS_TIMEOUT_S = 60
PIP_DOWNLOAD_TIMEOUT_S = 3600
_SETTING = re.compile(r"^(?P<section>[\w:-]+)\.(?P<key>[\w-]+)=(?P<value>'.*'|\".*\")$")


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What pip is configured to use, as far as it matters here."""

    indexes: tuple[str, ...] = (PUBLIC_INDEX,)
    authority: Path | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class WheelLink:
    """A wheel on an index, with the digest that the index gives for it."""

    url: str
    sha256: str | None


class Pip(Protocol):
    """The user's pip."""

    def settings(self) -> IndexSettings:
        """Its configuration, merged from files and environment."""

    def download(self, package: Package, into: Path) -> Path:
        """The wheel of `package`, put into the empty folder `into` by pip itself.

        Raises: SourceError.
        """


class SystemPip:
    """The pip of the running Python."""

    def settings(self) -> IndexSettings:
        """See `Pip`. Without a usable pip, the public index."""
        result = self._run("config", "list", timeout_s=PIP_SETTINGS_TIMEOUT_S)
        return parse_settings(result.stdout) if result.returncode == 0 else IndexSettings()

    def download(self, package: Package, into: Path) -> Path:
        """See `Pip`."""
        options = (
            "--no-deps",
            "--only-binary",
            ":all:",
            "--no-input",
            "--quiet",
            "--retries",
            "1",
            "--dest",
            str(into),
        )
        wanted = f"{package.name}=={package.version}"
        result = self._run("download", *options, wanted, timeout_s=PIP_DOWNLOAD_TIMEOUT_S)
        wheels = sorted(into.glob("*.whl"))
        if result.returncode != 0 or not wheels:
            raise SourceError(f"pip cannot download {wanted}")
        return wheels[0]

    def _run(self, *arguments: str, timeout_s: int) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", *arguments]
        try:
            return subprocess.run(  # noqa: S603  (our own interpreter; -P: no pip.py of the current folder)
                command, capture_output=True, text=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"pip {arguments[0]} took more than {timeout_s} s") from error


def parse_settings(listing: str) -> IndexSettings:
    """The settings in the output of `pip config list`; what it does not say is pip's default.

    Environment (`:env:`) wins over the command's own section (`download`), and that over `global`.
    """
    weights = {"global": 0, "download": 1, ":env:": 2}
    found: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        match = _SETTING.match(line.strip())
        if match is None or match["section"] not in weights:
            continue
        weight = weights[match["section"]]
        if weight >= found.get(match["key"], (0, ""))[0]:
            found[match["key"]] = (weight, str(ast.literal_eval(match["value"])))
    values = {key: value for key, (_, value) in found.items()}
    return IndexSettings(indexes=_indexes(values), authority=_path(values.get("cert")), proxy=values.get("proxy"))


def _indexes(values: Mapping[str, str]) -> tuple[str, ...]:
    if values.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        return ()
    urls = [values.get("index-url", PUBLIC_INDEX), *values.get("extra-index-url", "").split()]
    return tuple(url for url in urls if urlsplit(url).scheme in {"http", "https"})


def _path(value: str | None) -> Path | None:
    return Path(value).expanduser() if value else None


def find_wheel(package: Package, indexes: tuple[str, ...], client: httpx.Client) -> WheelLink | None:
    """The first universal wheel of `package` on the first index that has it; None when none has.

    Raises: httpx.HTTPError when an index cannot be read.
    """
    for index in indexes:
        page = client.get(f"{index.rstrip('/')}/{_canonical(package.name)}/", headers={"Accept": ACCEPT})
        if page.status_code != httpx.codes.OK:
            continue
        for link in _links(page):
            if _is_wheel_of(package, link.url):
                return link
    return None


class _JsonFile(BaseModel):
    url: str
    hashes: dict[str, str] = {}


class _JsonPage(BaseModel):
    files: list[_JsonFile]


def _links(page: httpx.Response) -> Iterator[WheelLink]:
    if "json" in page.headers.get("Content-Type", ""):
        try:
            files = _JsonPage.model_validate(json.loads(page.text)).files
        except (ValueError, ValidationError):
            return
        for file in files:
            yield WheelLink(urljoin(str(page.url), file.url), file.hashes.get("sha256"))
        return
    anchors = _Anchors()
    anchors.feed(page.text)
    for href in anchors.hrefs:
        url, fragment = urldefrag(urljoin(str(page.url), href))
        algorithm, _, digest = fragment.partition("=")
        yield WheelLink(url, digest if algorithm == "sha256" else None)


class _Anchors(HTMLParser):
    """Collects where the anchors of a simple index page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each tag."""
        if tag == "a":
            self.hrefs += [value for name, value in attrs if name == "href" and value]


def _is_wheel_of(package: Package, url: str) -> bool:
    file = unquote(urlsplit(url).path.rpartition("/")[2])
    parts = file.removesuffix(".whl").split("-")
    return (
        file.endswith("-none-any.whl")
        and _canonical(parts[0]) == _canonical(package.name)
        and parts[1] == package.version
    )


def _canonical(name: str) -> str:
    """The name as indexes spell it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
