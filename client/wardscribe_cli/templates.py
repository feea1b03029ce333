"""`wardscribe templates`: list, show and check report templates, begin a new one, import one from MRRT HTML."""

import re
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_server.catalog import Template, TemplateError
from wardscribe_server.catalog.describing import describe
from wardscribe_server.catalog.load import read_template, sources
from wardscribe_server.catalog.mrrt import imported
from wardscribe_server.catalog.writing import skeleton, to_toml
from wardscribe_server.config import ServerSettings
from wardscribe_server.whole_files import write_whole

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe templates` and its five actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|check|new|import")
    listed = actions.add_parser("list", help="the templates in force, one a line")
    show = actions.add_parser("show", help="sections and fields of one template, and what feeds them")
    show.add_argument("id", metavar="ID", help="template, such as chest_xray")
    show.add_argument("--toml", action="store_true", help="the file as it is, to change a copy of it")
    check = actions.add_parser("check", help="say what is wrong in template files, with file and line")
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="templates; none: all of the site")
    new = actions.add_parser("new", help="a commented skeleton that passes the check")
    new.add_argument("id", metavar="ID", help="id of the new template: small letters, digits and _")
    brought = actions.add_parser("import", help="an IHE MRRT report template (HTML) as a template of your own")
    brought.add_argument("file", type=Path, metavar="FILE.html", help="report template after IHE MRRT")
    brought.add_argument("--id", metavar="ID", help="id of the template; without it made from the title")
    for action in (new, brought):
        action.add_argument("-o", "--output", type=Path, metavar="PATH", help="file to write; it must not be there yet")
    for action in (listed, show, check):
        options.add_habits(action)


def run(arguments: Namespace) -> int:
    """Run one action."""
    try:
        match arguments.action:
            case "list":
                return _list(_site(options.server_settings(arguments)))
            case "show":
                return _show(arguments, _site(options.server_settings(arguments)))
            case "check":
                return _check(arguments.files, _site(options.server_settings(arguments)))
            case "new":
                return _new(arguments)
            case _:
                return _import(arguments)
    except TemplateError as error:
        raise InputError(str(error)) from error


def _site(settings: ServerSettings) -> Path | None:
    """The folder with the site's templates, where there is one."""
    if settings.site is None:
        return None
    if not settings.site.is_dir():
        raise InputError(f"{settings.site}: no such folder; --site names the folder of the site's own tables")
    folder = settings.site / "templates"
    return folder if folder.is_dir() else None


def _list(site: Path | None) -> int:
    for name, (template, path) in sorted(sources(site=site).items()):
        origin = str(path) if site is not None and Path(str(path)).parent == site else "shipped"
        sys.stdout.write(
            f"{name}\t{template.labels.en}\t{template.labels.zh}\t{len(template.fields)} fields\t{origin}\n"
        )
    return 0


def _show(arguments: Namespace, site: Path | None) -> int:
    found = sources(site=site)
    if arguments.id not in found:
        known = ", ".join(sorted(found))
        raise InputError(f"no template {arguments.id!r}: choose one of {known}", code=ErrorCode.UNKNOWN_TEMPLATE)
    template, path = found[arguments.id]
    sys.stdout.write(path.read_text(encoding="utf-8") if arguments.toml else describe(template, origin=str(path)))
    return 0


def _check(files: list[Path], site: Path | None) -> int:
    """One line a template: what it holds, or, on standard error, what is wrong; 2 when one is wrong."""
    if not files and site is None:
        raise InputError("name template files, or give --site DIR with a folder templates/ in it")
    paths = files or sorted(site.glob("*.toml") if site is not None else ())
    code, ids = 0, dict[str, Path]()
    for path in paths:
        try:
            template = read_template(path)
            if template.id in ids:
                raise TemplateError(f"{path}:1: the id {template.id!r} is taken by {ids[template.id]}: give it another")
            ids[template.id] = path
        except TemplateError as error:
            say(str(error))
            code = 2
            continue
        sys.stdout.write(f"{path}: {_counted(template)}\n")
    return code


def _counted(template: Template) -> str:
    return f"{template.id}, {len(template.sections)} sections, {len(template.fields)} fields"


def _new(arguments: Namespace) -> int:
    if not _IDENTIFIER.fullmatch(arguments.id):
        raise InputError(f"{arguments.id!r} is no id: small letters, digits and _, a letter first")
    return _written(skeleton(arguments.id), arguments.output)


def _import(arguments: Namespace) -> int:
    if arguments.id is not None and not _IDENTIFIER.fullmatch(arguments.id):
        raise InputError(f"{arguments.id!r} is no id: small letters, digits and _, a letter first")
    brought = imported(arguments.file, template_id=arguments.id)
    for note in brought.notes:
        say(f"{arguments.file}: {note}")
    return _written(to_toml(brought.template, comments=brought.comments), arguments.output)


def _written(text: str, output: Path | None) -> int:
    """To standard output, or into a file that is not there yet: somebody's template is never overwritten."""
    if output is None:
        sys.stdout.write(text)
        return 0
    if output.exists():
        raise InputError(f"{output}: is there already; choose another name, or remove it first")
    try:
        write_whole(output, text)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror})") from error
    sys.stdout.write(f"{output}\n")
    return 0
