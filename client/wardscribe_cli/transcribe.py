"""`wardscribe transcribe`: audio files to records, in process or, with `--server`, by a running server."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.fill import as_text
from wardscribe_cli.notices import say
from wardscribe_client.link import dictate, dictation_url
from wardscribe_client.recording import read_recording
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language, Record
from wardscribe_server.assembly import Readers, build_detector, build_recogniser, flow_settings
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.transcribe import finished


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe transcribe`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="wav, flac, mp3, m4a, ogg, opus or webm")
    options.add_dictation(parser)
    options.add_output(parser)
    options.add_habits(parser)
    parser.add_argument("--model", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="where the recogniser runs")
    parser.add_argument(
        "--no-lexicon", dest="lexicon", action="store_false", default=None, help="leave text as recognised"
    )
    parser.add_argument("--server", metavar="URL", help="let the server at this address do it (ws://… or http://…)")
    options.add_credentials(parser)


def run(arguments: Namespace) -> int:
    """Transcribe every file in the order given, a round into one record a patient; an unusable file costs one line."""
    settings = options.server_settings(arguments)
    form, language = options.output_format(arguments.format), options.language(arguments.lang)
    readers = Readers(settings)
    readers.template(arguments.template)
    make = _by_server if arguments.server else _in_process
    to_records = make(arguments, settings, readers, language)
    written, failed = [], False
    for path in arguments.files:
        try:
            records = to_records(read_recording(path, max_minutes=settings.max_audio_minutes, warn=say))
            if not any(record.transcript.raw.strip() for record in records):
                raise InputError(f"{path}: no speech was found")
        except InputError as error:
            say(error.message)
            failed = True
            continue
        text = "".join(as_text(record, form, readers) for record in records)
        if arguments.output is None:
            options.emit(text, None)
        written.append(text)
    if arguments.output is not None and written:
        options.emit("".join(written), arguments.output)
    return 2 if failed else 0


def _in_process(
    arguments: Namespace, settings: ServerSettings, readers: Readers, language: Language
) -> Callable[[Iterator[bytes]], tuple[Record, ...]]:
    recogniser, detector = build_recogniser(settings), build_detector()
    if language not in recogniser.capabilities.languages:
        raise InputError(f"model {settings.model!r} does not know {language.value!r}; choose a multilingual one")

    def composer() -> Composer:
        return readers.composer(template=arguments.template, language=language, recognised=True)

    cut = flow_settings(settings)

    def to_records(blocks: Iterator[bytes]) -> tuple[Record, ...]:
        end = finished(blocks, composer=composer(), recogniser=recogniser, detector=detector, settings=cut)
        return end.records or (end.record,)

    return to_records


def _by_server(
    arguments: Namespace, _settings: ServerSettings, _readers: Readers, language: Language
) -> Callable[[Iterator[bytes]], tuple[Record, ...]]:
    client = options.client_settings(arguments)
    start, url = options.start(arguments.template, language, client), dictation_url(arguments.server)

    def to_records(blocks: Iterator[bytes]) -> tuple[Record, ...]:
        dictating = dictate(
            blocks,
            start=start,
            url=url,
            reconnect_s=client.reconnect_seconds,
            credentials=options.credentials(client),
        )
        return (asyncio.run(dictating),)

    return to_records
