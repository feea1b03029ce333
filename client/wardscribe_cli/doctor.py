"""`wardscribe doctor`: examine this machine, one line a thing, and say what to do."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from wardscribe_cli import options
from wardscribe_server.config import AccessSettings, ServerSettings
from wardscribe_server.doctor.certificate import examine_certificate
from wardscribe_server.doctor.database import examine_database
from wardscribe_server.doctor.findings import Finding, Level
from wardscribe_server.doctor.machine import (
    examine_audio_libraries,
    examine_clock,
    examine_crashes,
    examine_microphone,
    examine_models,
    examine_port,
    examine_tagger,
)
from wardscribe_server.doctor.storage import examine_disk, examine_keys, examine_retention
from wardscribe_server.records.database import default_url


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe doctor`: the settings to examine with."""
    parser.add_argument("--json", action="store_true", help="a JSON array instead of lines")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port")
    parser.add_argument("--model", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument("--models-dir", type=Path, metavar="DIR", help="folder for model weights")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate chain in PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key in PEM")
    parser.add_argument("--key-source", metavar="SOURCE", help="where the master key is: file:PATH, env, keyring:NAME")


def run(arguments: Namespace) -> int:
    """Print every finding; 1 when one is a failure."""
    found = []
    for finding in _examined(options.server_settings(arguments), options.access_settings(arguments)):
        found.append(finding)
        if not arguments.json:
            sys.stdout.write(f"{finding.level.value:<4}  {finding.name:<12}{finding.advice}\n")
            sys.stdout.flush()
    if arguments.json:
        rows = [{"level": each.level.value, "name": each.name, "advice": each.advice} for each in found]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    return 1 if any(finding.level is Level.FAIL for finding in found) else 0


def _examined(settings: ServerSettings, access: AccessSettings) -> Iterator[Finding]:
    yield from examine_disk(settings)
    yield from examine_keys(settings)
    named = settings.database_url
    yield from examine_database(default_url(settings.data) if named is None else named.get_secret_value())
    yield from examine_retention(settings)
    yield from examine_clock(settings)
    yield from examine_crashes()
    yield from examine_port(settings)
    yield from examine_certificate(access.tls_cert, access.tls_key)
    yield from examine_audio_libraries()
    yield from examine_microphone()
    yield from examine_models(settings)
    yield from examine_tagger(settings)
