"""The corrector of each language. Must not know audio or how a corrector finds what it proposes."""

from wardscribe_lexicons import Lexicon
from wardscribe_server.lexicon.correction import Corrector, correct


def corrector_for(lexicon: Lexicon) -> Corrector:
    """A corrector over `lexicon`. Takes up to two seconds: build it once and keep it."""
    if lexicon.language == "zh":
        from wardscribe_server.lexicon.mandarin import MandarinCorrector  # loads numpy

        return MandarinCorrector(lexicon)
    from wardscribe_server.lexicon.english import EnglishCorrector

    return EnglishCorrector(lexicon)


def correct_line(text: str, language: str, lexicon: Lexicon) -> str:
    """One line corrected, building the corrector anew; for many lines use `corrector_for` and `correct`.

    Raises:
        ValueError: the lexicon is of another language.
    """
    if lexicon.language != language:
        raise ValueError(f"the lexicon is for language {lexicon.language!r}, not {language!r}")
    return correct(text, corrector_for(lexicon)).text
