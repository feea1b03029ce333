"""The terms of a site and of its users: `SITE/lexicons` and `SITE/users/NAME/lexicons`, laid over what is shipped.

Owns when to read them anew: on asking, when a table came, went or changed. Must not know what a term is for.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from wardscribe_lexicons import Lexicon, LexiconError, Term, check_table, load, local_tables, read_local

_USER = re.compile(r"[a-z][a-z0-9_]{0,63}")
_COLUMNS = ("preferred", "class", "variants", "specialty", "weight", "pronounced")
_MOST_LEXICONS = 64
_MOST_BUILT = 6  # a corrector over tens of thousands of terms is tens of megabytes

Built = TypeVar("Built")
_Stamp = tuple[tuple[str, int, int], ...]


def lexicon_folder(site: Path, user: str | None = None) -> Path:
    """Where the tables of a site, or of one of its users, lie.

    Raises:
        LexiconError: `user` is no user name.
    """
    if user is None:
        return site / "lexicons"
    if not _USER.fullmatch(user):
        raise LexiconError("a user's name is lower-case letters, digits and _, starting with a letter")
    return site / "users" / user / "lexicons"


def with_term(table: Path, term: Term) -> str:
    """The text of `table` with one more term at its end; the table need not exist yet.

    Raises:
        LexiconError: the term cannot stand in a table, or stands there, or the table is malformed.
    """
    for part in (term.preferred, *term.variants, *term.pronounced):
        if not part.strip() or not part.isprintable() or "|" in part or part.startswith("#"):
            raise LexiconError("a term, variant or pronunciation is one printable line without '|', not begun with '#'")
    text = "\t".join(_COLUMNS) + "\n"
    if table.exists():
        terms, problems = check_table(table)
        if problems:
            raise LexiconError(problems[0])
        for line, known in terms:
            if known.identity == term.identity:
                raise LexiconError(f"{table}:{line}: the term stands here with this class; edit that line")
        text = table.read_text(encoding="utf-8")
    columns = text.partition("\n")[0].removeprefix("\ufeff").rstrip("\r").split("\t")
    cells = {
        "preferred": term.preferred,
        "class": str(term.term_class),
        "variants": "|".join(term.variants),
        "specialty": term.specialty,
        "weight": f"{term.weight:g}",
        "pronounced": "|".join(term.pronounced),
    }
    lacking = [column for column, cell in cells.items() if column not in columns and cell not in ("", "1")]
    if lacking:
        raise LexiconError(f"{table}:1: column {lacking[0]!r} is missing; add it to the first line")
    row = "\t".join(cells.get(column, "") for column in columns)
    return text + ("" if text.endswith("\n") else "\n") + row + "\n"


class LocalLexicons:
    """The lexicon in force for a language and a user. Safe to share between threads."""

    def __init__(self, site: Path | None) -> None:
        self._site = site
        self._shipped: dict[str, Lexicon] = {}
        self._layered: OrderedDict[Path, tuple[_Stamp, Lexicon, Lexicon]] = OrderedDict()
        self._lock = Lock()

    def lexicon(self, language: str, user: str | None = None) -> Lexicon:
        """The shipped lexicon under the site's terms under the user's; the same object until a table changes.

        Raises:
            LexiconError: a table is malformed or the user's name is none; names file and line.
        """
        with self._lock:
            if language not in self._shipped:
                self._shipped[language] = load(language)
            lexicon = self._shipped[language]
            if self._site is None:
                return lexicon
            lexicon = self._laid_over(lexicon, lexicon_folder(self._site))
            return lexicon if user is None else self._laid_over(lexicon, lexicon_folder(self._site, user))

    def _laid_over(self, below: Lexicon, folder: Path) -> Lexicon:
        stamp = _stamp(folder, below.language)
        if not stamp:
            return below
        key = folder / below.language
        kept = self._layered.get(key)
        if kept is None or kept[0] != stamp or kept[1] is not below:
            kept = (stamp, below, below.under(*read_local(folder, below.language)))
            self._layered[key] = kept
        self._layered.move_to_end(key)
        while len(self._layered) > _MOST_LEXICONS:
            self._layered.popitem(last=False)
        return kept[2]


class BuiltOver(Generic[Built]):
    """What is built over a lexicon, kept for the lexicons asked for last. Safe to share between threads."""

    def __init__(self, build: Callable[[Lexicon], Built]) -> None:
        self._build = build
        self._kept: OrderedDict[int, tuple[Lexicon, Built]] = OrderedDict()
        self._lock = Lock()

    def of(self, lexicon: Lexicon) -> Built:
        """The thing over `lexicon`, built when it is not there."""
        with self._lock:
            key = id(lexicon)  # the lexicon is kept with what is built, so no other can get its id
            if key not in self._kept:
                self._kept[key] = (lexicon, self._build(lexicon))
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_BUILT:
                self._kept.popitem(last=False)
            return self._kept[key][1]


def _stamp(folder: Path, language: str) -> _Stamp:
    """Name, time and size of every table and head; empty when there is no table."""
    if not folder.is_dir():
        return ()
    tables = local_tables(folder, language)
    heads = [head for table in tables if (head := table.with_suffix(".toml")).is_file()]
    return tuple((str(path), (facts := path.stat()).st_mtime_ns, facts.st_size) for path in (*tables, *heads))
