"""`wardscribe lexicon`: check tables of terms, add a term to the site's or one's own, explain a correction."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from wardscribe_cli import options
from wardscribe_cli.notices import say
from wardscribe_lexicons import LexiconError, Term, TermClass, check_table, load
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.lexicon.explaining import Stretch, explain
from wardscribe_server.lexicon.local_terms import lexicon_folder, with_term
from wardscribe_server.whole_files import write_whole

_ADDED = "added.tsv"


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe lexicon` and its three actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|add|explain")
    check = actions.add_parser("check", help="say what is wrong in tables of terms, with file and line")
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="tables; none: all of the site and users")
    add = actions.add_parser("add", help="add a term to the table of the site or, with --user, of one user")
    add.add_argument("term", metavar="TERM", help="the form that is written")
    add.add_argument("--class", dest="term_class", default="finding", metavar="C", help="what it names (finding)")
    add.add_argument("--variant", action="append", default=[], metavar="V", help="another form of it; may be repeated")
    add.add_argument("--pronounced", action="append", default=[], metavar="P", help="how it sounds; may be repeated")
    told = actions.add_parser("explain", help="what correction does with each stretch of a text, and why")
    told.add_argument("text", metavar="TEXT", help="one recognised line")
    for action in (add, told):
        action.add_argument("--lang", required=True, metavar="en|zh", help="language of the term or text")
    for action in (check, add, told):
        options.add_habits(action)


def run(arguments: Namespace) -> int:
    """Run one action."""
    settings = options.server_settings(arguments)
    match arguments.action:
        case "check":
            return _check(arguments.files or _tables(settings))
        case "add":
            return _add(arguments, settings)
        case _:
            return _explain(arguments.text, options.language(arguments.lang), settings)


def _tables(settings: ServerSettings) -> list[Path]:
    """All tables of the site and of all its users."""
    site = _site(settings)
    folders = [lexicon_folder(site), *sorted(site.glob("users/*/lexicons"))]
    return [table for folder in folders for table in sorted(folder.rglob("*.tsv"))]


def _site(settings: ServerSettings) -> Path:
    if settings.site is None:
        raise InputError("no site folder: give --site DIR or set WARDSCRIBE_SITE")
    if not settings.site.is_dir():
        raise InputError(f"{settings.site}: no such folder; --site names the folder of the site's own tables")
    return settings.site


def _check(tables: list[Path]) -> int:
    """One line a problem on standard error, one a table and a note on standard output; 2 when there is a problem."""
    code = 0
    for table in tables:
        terms, problems = check_table(table)
        for problem in problems:
            say(problem)
            code = 2
        sys.stdout.writelines(f"{note}\n" for note in _notes(table, terms))
        sys.stdout.write(f"{table}: {len(terms)} terms\n")
    return code


def _notes(table: Path, terms: tuple[tuple[int, Term], ...]) -> Iterator[str]:
    """Where a form of the table means something else in the shipped tables: the table wins, which may not be meant."""
    languages = [language for language in Language if language.value in table.parts] or list(Language)
    for language in languages:
        shipped = load(language.value)
        for line, term in terms:
            for surface in term.surfaces():
                for known in shipped.lookup(surface):
                    if known.term_class is term.term_class and known.preferred != term.preferred:
                        yield f"{table}:{line}: note: {surface!r} is a form of {known.preferred!r} as shipped"


def _add(arguments: Namespace, settings: ServerSettings) -> int:
    language = options.language(arguments.lang)
    try:
        term_class = TermClass(arguments.term_class)
    except ValueError:
        raise InputError(f"unknown class {arguments.term_class!r}; one of: {', '.join(TermClass)}") from None
    term = Term(
        arguments.term.strip(),
        term_class,
        variants=tuple(variant.strip() for variant in arguments.variant),
        pronounced=tuple(sound.strip() for sound in arguments.pronounced),
    )
    try:
        table = lexicon_folder(_site(settings), settings.user) / language.value / _ADDED
        text = with_term(table, term)
    except LexiconError as error:
        raise InputError(str(error)) from error
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        write_whole(table, text)
    except OSError as error:
        raise InputError(f"{table}: cannot be written ({error.strerror})") from error
    sys.stdout.write(f"{table}\n")
    return 0


def _explain(text: str, language: Language, settings: ServerSettings) -> int:
    """One tab-separated line a stretch: characters, heard, written, why, score, what it stands for."""
    readers = Readers(settings)
    corrector = readers.corrector(language)
    if corrector is None:
        raise InputError("the lexicon is switched off (WARDSCRIBE_LEXICON)")
    for stretch in explain(text, corrector, readers.lexicon(language)):
        sys.stdout.write(_told(stretch) + "\n")
    return 0


def _told(stretch: Stretch) -> str:
    written = stretch.written if stretch.changed else "="
    terms = "; ".join(f"{term.preferred} ({term.term_class}, {term.table}, {term.weight:g})" for term in stretch.terms)
    cells = (f"{stretch.start}-{stretch.end}", stretch.heard, written, stretch.why, f"{stretch.score:g}", terms)
    return "\t".join(cells)
