"""From tokens to words: what belongs together, and when it was said."""

from collections.abc import Sequence
from dataclasses import dataclass

from wardscribe_server.engines.whisper_words import FRAME_SAMPLES, Aligned, timed_words


@dataclass(frozen=True)
class Pieces:
    """A tokenizer whose token `n` is the n-th of `texts`."""

    texts: Sequence[str]
    language_code: str
    eot: int = 99

    def split_to_word_tokens(self, tokens: Sequence[int]) -> tuple[list[str], list[list[int]]]:
        said = [token for token in tokens if token != self.eot]
        return [*(self.texts[token] for token in said), ""], [*([token] for token in said), [self.eot]]


def words(texts: Sequence[str], language: str) -> list[tuple[str, int, int]]:
    """Words with the frames they were said in; each token takes ten frames."""
    aligned = Aligned(tuple((at, at * 10) for at in range(len(texts) + 1)), (0.9,) * len(texts), 400)
    tokens = list(range(len(texts)))
    found = timed_words(Pieces(texts, language), tokens, aligned, end=400 * FRAME_SAMPLES)
    return [(word.text, word.span.start // FRAME_SAMPLES, word.span.end // FRAME_SAMPLES) for word in found]


def test_english_words_begin_at_a_space() -> None:
    assert words([" follow", "-up", " chest", "."], "en") == [("follow-up", 0, 20), ("chest.", 20, 30)]


def test_chinese_characters_stand_alone_and_punctuation_hangs_on() -> None:
    assert words(["左", "肺", "。"], "zh") == [("左", 0, 10), ("肺。", 10, 20)]


def test_figures_and_letters_inside_chinese_stay_together() -> None:
    pieces = ["给", "0", ".", "5", "克", "CR", "P", "13", "6", "。"]
    assert [text for text, _, _ in words(pieces, "zh")] == ["给", "0.5", "克", "CRP136。"]
    assert [text for text, _, _ in words(["CR", "P", " 13", "6"], "zh")] == ["CRP", "136"]
