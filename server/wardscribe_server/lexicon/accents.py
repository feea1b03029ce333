"""English words that a multilingual recogniser wrote with the accents of another language: "Lásix", "édema".

Owns which accents go. A lexicon's own (a site's "Sjögren") stay. Must not know what a word sounds like.
"""

import unicodedata
from collections.abc import Iterator

from wardscribe_lexicons import Lexicon
from wardscribe_lexicons.language_model import LanguageModel
from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.lexicon.english_heard import Heard


def accented(lexicon: Lexicon) -> frozenset[str]:
    """The words of a lexicon that have accents."""
    forms = (form for term in lexicon.terms for form in (term.preferred, *term.variants) if not form.isascii())
    return frozenset(word.casefold() for form in forms for word in form.split())


def without_accents(heard: Heard, *, model: LanguageModel, kept: frozenset[str]) -> Iterator[Correction]:
    """The corrections of clinical words; anything else may be somebody's name."""
    for token, number in zip(heard.tokens, heard.numbers, strict=True):
        if token.text.isascii() or token.text.casefold() in kept or not model.is_clinical(number):
            continue
        letters = unicodedata.normalize("NFKD", token.text)
        plain = "".join(char for char in letters if not unicodedata.combining(char))
        if plain.isascii():
            yield Correction(token.text, plain, "accents", 1.0, token.start, token.end)
