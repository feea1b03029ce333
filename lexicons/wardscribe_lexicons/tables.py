"""Reads lexicon tables: a TSV of terms beside a TOML head with source and licence.

Order decides: site tables over core over derived over wide, and within one kind by file name. Must not know what
terms are for.
"""

import gc
import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from wardscribe_lexicons.locale import in_british
from wardscribe_lexicons.terms import Head, Lexicon, LexiconError, Term, TermClass

LANGUAGES = ("en", "zh")
REQUIRED = ("preferred", "class")
KNOWN = ("preferred", "class", "variants", "specialty", "weight", "concept", "case", "pronounced")
_KINDS = ("site", "core", "derived")
_TIERS = ("trusted", "wide")
_CLASSES = {str(term_class): term_class for term_class in TermClass}


def load(language: str, *, site: Path | None = None, british: bool = False) -> Lexicon:
    """The lexicon of `language` ("en" or "zh"), with the tables of a site folder on top (`local_tables`).

    A site term replaces the shipped one of the same preferred form and class; weight 0 removes it. With `british`
    the shipped English terms are preferred in British spelling; either spelling is found whatever is preferred.

    Raises:
        LexiconError: a table is malformed or the language or folder is not there; names file and line.
    """
    if language not in LANGUAGES:
        raise LexiconError(f"no lexicon for language {language!r}: choose one of {', '.join(LANGUAGES)}")
    shipped = resources.files("wardscribe_lexicons").joinpath(language)
    paths = sorted((path for path in shipped.iterdir() if path.name.endswith(".tsv")), key=lambda path: path.name)
    was_enabled = gc.isenabled()
    gc.disable()  # tens of thousands of small objects are made and none dies
    try:
        terms, heads = _read(paths, language, is_site=False)
    finally:
        if was_enabled:
            gc.enable()
    if british and language == "en":
        terms = tuple(in_british(terms))
    lexicon = Lexicon(language=language, terms=terms, heads=heads)
    return lexicon if site is None else lexicon.under(*read_local(site, language))


def local_tables(folder: Path, language: str) -> tuple[Path, ...]:
    """The tables of a site's or user's folder: `*.tsv` for both languages, `LANGUAGE/*.tsv` for one.

    Raises:
        LexiconError: the folder is not there.
    """
    if not folder.is_dir():
        raise LexiconError(f"{folder}: no such folder; give a folder with TSV tables")
    return (*sorted((folder / language).glob("*.tsv")), *sorted(folder.glob("*.tsv")))


def read_local(folder: Path, language: str) -> tuple[tuple[Term, ...], tuple[Head, ...]]:
    """Terms and heads of a site's or user's folder, weight 0 among them; the first of two of one form and class stays.

    Raises:
        LexiconError: a table is malformed or the folder is not there; names file and line.
    """
    return _read(local_tables(folder, language), language, is_site=True)


def _read(paths: Sequence[Traversable], language: str, *, is_site: bool) -> tuple[tuple[Term, ...], tuple[Head, ...]]:
    tables = [(read_head(path, language, is_site=is_site), path) for path in paths]
    tables = [(head, path) for head, path in tables if head.language == language]
    tables.sort(key=lambda table: (_TIERS.index(table[0].tier), _KINDS.index(table[0].kind)))
    terms: dict[tuple[str, TermClass], Term] = {}
    for head, path in tables:
        in_table: set[tuple[str, TermClass]] = set()
        for line, term in read_terms(path, head.table, trusted=head.tier == "trusted"):
            identity = term.identity
            if identity in in_table:
                raise LexiconError(f"{path}:{line}: the term stands twice in this table with one class; remove one")
            in_table.add(identity)
            terms.setdefault(identity, term)
    return tuple(terms.values()), tuple(head for head, _ in tables)


def read_head(path: Traversable, language: str, *, is_site: bool) -> Head:
    """The head beside the table `path`; a site table may do without one, and is trusted whatever its head says.

    Raises:
        LexiconError: a shipped table has no head, or a head lacks a key or has a wrong one.
    """
    name = path.name.removesuffix(".tsv")
    beside = Path(str(path)).with_suffix(".toml")
    if not beside.is_file():
        if is_site:
            return Head(name, language, "site", "site", "site", "", "by hand")
        raise LexiconError(f"{path}: no head {beside.name} beside the table; add one with source and licence")
    try:
        values = tomllib.loads(beside.read_text(encoding="utf-8"))
        kind = "site" if is_site else values["kind"]
        head = Head(
            name,
            values["language"],
            kind,
            values["source"],
            values["licence"],
            values["version"],
            values["built"],
            "trusted" if is_site else values.get("tier", "trusted"),
        )
    except OSError as error:
        raise LexiconError(f"{beside}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # tomllib lets both through: long numbers, deep nesting
        raise LexiconError(f"{beside}: not readable as TOML: {error}") from error
    except KeyError as error:
        raise LexiconError(f"{beside}: key {error} is missing") from error
    if head.kind not in _KINDS:
        raise LexiconError(f"{beside}: kind must be one of {', '.join(_KINDS)}")
    if head.tier not in _TIERS:
        raise LexiconError(f"{beside}: tier must be one of {', '.join(_TIERS)}")
    return head


def read_terms(path: Traversable, table: str, *, trusted: bool = True) -> Iterator[tuple[int, Term]]:
    """Line numbers and terms of one table.

    Raises:
        LexiconError: at the first line that is not a term.
    """
    columns, lines = _lines(path)
    extras = [column for column in columns if column not in KNOWN]
    for number, line in lines:
        yield number, _term(line.split("\t"), columns, extras, f"{path}:{number}", table=table, trusted=trusted)


def check_table(path: Path) -> tuple[tuple[tuple[int, Term], ...], tuple[str, ...]]:
    """The good lines of a table with their terms, and every problem of it as `FILE:LINE: what is wrong`."""
    terms: list[tuple[int, Term]] = []
    problems: list[str] = []
    seen: dict[tuple[str, TermClass], int] = {}
    try:
        if path.with_suffix(".toml").is_file():
            read_head(path, LANGUAGES[0], is_site=True)
        columns, lines = _lines(path)
    except LexiconError as error:
        return (), (str(error),)
    extras = [column for column in columns if column not in KNOWN]
    for number, line in lines:
        where = f"{path}:{number}"
        try:
            term = _term(line.split("\t"), columns, extras, where, table=path.stem, trusted=True)
        except LexiconError as error:
            problems.append(str(error))
            continue
        if term.identity in seen:
            problems.append(f"{where}: the term stands on line {seen[term.identity]} with the same class; remove one")
        seen.setdefault(term.identity, number)
        terms.append((number, term))
    return tuple(terms), tuple(problems)


def _lines(path: Traversable) -> tuple[list[str], list[tuple[int, str]]]:
    """The columns of a table, and its numbered lines without comments."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise LexiconError(f"{path}: not UTF-8: save the table as UTF-8") from error
    except OSError as error:
        raise LexiconError(f"{path}: cannot be read ({error.strerror})") from error
    columns = lines[0].removeprefix("\ufeff").rstrip("\r").split("\t")
    for required in REQUIRED:
        if required not in columns:
            raise LexiconError(f"{path}:1: column {required!r} is missing; the first line names the columns")
    numbered = ((number, line.rstrip("\r")) for number, line in enumerate(lines[1:], start=2))
    return columns, [(number, line) for number, line in numbered if line and not line.startswith("#")]


def _term(cells: list[str], columns: list[str], extras: list[str], where: str, *, table: str, trusted: bool) -> Term:
    if len(cells) > len(columns):
        raise LexiconError(f"{where}: {len(cells)} cells under {len(columns)} columns; a tab too many")
    row = dict(zip(columns, cells, strict=False))
    preferred = row.get("preferred", "").strip()
    if not preferred:
        raise LexiconError(f"{where}: the preferred form is empty")
    term_class = _CLASSES.get(row.get("class", ""))
    if term_class is None:
        raise LexiconError(f"{where}: unknown class; use one of {', '.join(_CLASSES)}")
    return Term(
        preferred=preferred,
        term_class=term_class,
        variants=_parts(row.get("variants", "")),
        specialty=row.get("specialty", ""),
        weight=_weight(row.get("weight", ""), where),
        concept=row.get("concept", ""),
        case_exact=_case(row.get("case", ""), where),
        table=table,
        pronounced=_parts(row.get("pronounced", "")),
        trusted=trusted,
        extras=tuple((column, row[column]) for column in extras if row.get(column)),
    )


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in map(str.strip, cell.split("|")) if part) if cell else ()


def _weight(cell: str, where: str) -> float:
    if not cell:
        return 1.0
    try:
        weight = float(cell)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1:
        raise LexiconError(f"{where}: the weight must be a number from 0 to 1")
    return weight


def _case(cell: str, where: str) -> bool:
    if cell not in ("", "exact"):
        raise LexiconError(f"{where}: the case column takes 'exact' or nothing")
    return cell == "exact"
