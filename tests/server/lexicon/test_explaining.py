"""What is told about each stretch of a line."""

from wardscribe_lexicons import Lexicon
from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.lexicon.explaining import KEPT, KEPT_TERM, KEPT_WIDE, explain
from wardscribe_server.lexicon.matcher import Matcher


class Scripted:
    """Proposes what it was told to."""

    def __init__(self, *corrections: Correction) -> None:
        self._corrections = corrections

    def propose(self, text: str) -> tuple[Correction, ...]:
        assert all(text[each.start : each.end] == each.heard for each in self._corrections)
        return self._corrections


def test_every_stretch_says_what_was_heard_written_and_why(english_lexicon: Lexicon) -> None:
    text = "small plural effusion, L4-L5 disc bulge and gallstones"
    corrector = Scripted(Correction("plural", "pleural", "sounds_like_beside", 0.7, 6, 12))
    told = [(each.heard, each.written, each.why) for each in explain(text, corrector, english_lexicon)]
    assert told == [
        ("small", "small", KEPT),
        ("plural", "pleural", "sounds_like_beside"),
        ("effusion", "effusion", KEPT_TERM),
        ("L4-L5 disc bulge", "L4-L5 disc bulge", KEPT_WIDE),
        ("and", "and", KEPT),
        ("gallstones", "gallstones", KEPT_TERM),
    ]


def test_stretches_cite_the_characters_of_the_line_and_what_they_stand_for(english_lexicon: Lexicon) -> None:
    text = "pneumothorex on the left"
    corrector = Scripted(Correction("pneumothorex", "pneumothorax", "sounds_like", 0.8, 0, 12))
    stretches = explain(text, corrector, english_lexicon)
    assert stretches[0].terms[0].preferred == "pneumothorax"
    assert stretches[0].changed
    assert all(text[each.start : each.end] == each.heard for each in stretches)


def test_the_matcher_takes_wide_terms_only_when_told(english_lexicon: Lexicon) -> None:
    text = "status post L4-L5 microdiscectomy"
    assert [hit.term.preferred for hit in Matcher(english_lexicon, wide=True).find(text)][-1] == "L4-L5 microdiscectomy"
    assert all(hit.term.trusted for hit in Matcher(english_lexicon).find(text))
