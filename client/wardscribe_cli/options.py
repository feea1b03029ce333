"""Command-line options that several commands share, and what they mean for the settings."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from wardscribe_client.config import ClientSettings
from wardscribe_client.credentials import Credentials
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language
from wardscribe_server.config import AccessSettings, ServerSettings
from wardscribe_server.whole_files import write_whole

FORMATS = ("json", "text")
S = TypeVar("S", bound=BaseSettings)


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
    return _settings(ServerSettings, arguments)


def access_settings(arguments: Namespace) -> AccessSettings:
    """Settings of access in force: flags over environment over defaults.

    Raises: InputError naming the setting that is wrong.
    """
    return _settings(AccessSettings, arguments)


def _settings(kind: type[S], arguments: Namespace) -> S:
    given: dict[str, Any] = {
        name: value for name in kind.model_fields if (value := getattr(arguments, name, None)) is not None
    }
    try:
        return kind(**given)
    except ValidationError as error:
        raise settings_error(error) from None
    except SettingsError as error:
        raise InputError(f"a setting cannot be read: {error}") from None


def add_credentials(parser: ArgumentParser) -> None:
    """`--token-file` and `--ca`. A token itself is no flag: every user of the machine sees those of others."""
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the access token (or WARDSCRIBE_TOKEN)"
    )
    parser.add_argument("--ca", type=Path, metavar="FILE", help="authorities that vouch for the server, in PEM")


def client_settings(arguments: Namespace | None = None) -> ClientSettings:
    """The client's settings in force.

    Raises: InputError naming the setting that is wrong.
    """
    return _settings(ClientSettings, Namespace(**_credential_flags(arguments)))


def _credential_flags(arguments: Namespace | None) -> dict[str, object]:
    # Not all: --url is the command's own to read, and --user means the server's user where there is one.
    return {name: getattr(arguments, name, None) for name in ("token_file", "ca")}


def credentials(settings: ClientSettings) -> Credentials:
    """What the client shows the server."""
    return Credentials(
        token=settings.token, token_file=settings.token_file, ca=settings.ca, allow_plain=settings.allow_plain
    )


def start(template: str, language: Language, settings: ClientSettings) -> Start:
    """The first message of a dictation."""
    return Start(template=template, language=language, user=settings.user)


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
