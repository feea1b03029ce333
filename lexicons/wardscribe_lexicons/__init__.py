"""Medical terms as data, with their sources and licences. Knows nothing of recognition or templates."""

from wardscribe_lexicons.sounds import said, sounds
from wardscribe_lexicons.tables import check_table, load, local_tables, read_local
from wardscribe_lexicons.terms import Entry, Head, Lexicon, LexiconError, Term, TermClass

__all__ = [
    "Entry",
    "Head",
    "Lexicon",
    "LexiconError",
    "Term",
    "TermClass",
    "check_table",
    "load",
    "local_tables",
    "read_local",
    "said",
    "sounds",
]
