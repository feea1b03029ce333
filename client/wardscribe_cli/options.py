"""Command-line options that several commands share, and what they mean for the settings."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wardscribe_client.config import ClientSettings
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language
from wardscribe_server.config import ServerSettings
from wardscribe_server.whole_files import write_whole

FORMATS = ("json", "text")


def add_dictation(parser: ArgumentParser, *, required: bool = True) -> None:
    """`--template` and `--lang`."""
    parser.add_argument("--template", required=required, metavar="ID", help="report template, such as chest_xray")
    parser.add_argument("--lang", required=required, metavar="en|zh", help="language of the dictation")


def add_habits(parser: ArgumentParser) -> None:
    """`--site` and `--user`: whose tables, macros, commands and writing options apply."""
    parser.add_argument("--site", type=Path, metavar="DIR", help="folder with the site's own tables, macros, commands")
    parser.add_argument("--user", metavar="NAME", help="user whose macros, commands and writing options apply")


def add_output(parser: ArgumentParser) -> None:
    """`--format` and `-o`."""
    parser.add_argument("--format", default="json", metavar="|".join(FORMATS), help="how the record is written")
    parser.add_argument("-o", "--output", type=Path, metavar="PATH", help="file to write to instead of standard output")


def language(name: str) -> Language:
    """The language that was asked for.

    Raises: InputError.
    """
    try:
        return Language(name)
    except ValueError:
        known = ", ".join(Language)
        raise InputError(f"unknown language {name!r}; one of: {known}", code=ErrorCode.UNKNOWN_LANGUAGE) from None


def output_format(name: str) -> str:
    """The format that was asked for.

    Raises: InputError.
    """
    if name not in FORMATS:
        raise InputError(f"format {name!r} is not available in this version; one of: {', '.join(FORMATS)}")
    return name


def server_settings(arguments: Namespace) -> ServerSettings:
    """Settings in force: flags over environment over defaults.

    Raises: InputError naming the setting that is wrong.
    """
    given: dict[str, Any] = {
        name: value for name in ServerSettings.model_fields if (value := getattr(arguments, name, None)) is not None
    }
    try:
        return ServerSettings(**given)
    except ValidationError as error:
        raise settings_error(error) from None


def client_settings() -> ClientSettings:
    """The client's settings in force.

    Raises: InputError naming the setting that is wrong.
    """
    try:
        return ClientSettings()
    except ValidationError as error:
        raise settings_error(error) from None


def start(template: str, language: Language, settings: ClientSettings) -> Start:
    """The first message of a dictation."""
    token = settings.token.get_secret_value() if settings.token else None
    return Start(template=template, language=language, token=token, user=settings.user)


def settings_error(error: ValidationError) -> InputError:
    """A settings model's complaint as one line that names the variable and the flag."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    return InputError(f"setting {name} (WARDSCRIBE_{name.upper()}): {first['msg'].lower()}")


def emit(text: str, output: Path | None) -> None:
    """Write a result to the file that was asked for, whole or not at all, else to standard output.

    Raises: InputError when the file cannot be written.
    """
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        write_whole(output, text)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror}); nothing was left behind") from error
