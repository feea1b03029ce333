import string
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from wardscribe_client.recording import read_recording
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.engines import whisper
from wardscribe_server.engines.base import (
    Effort,
    EngineUnavailable,
    HeardWord,
    Hypothesis,
    Samples,
    Window,
    samples_from_pcm16,
)
from wardscribe_server.engines.guards import loops
from wardscribe_server.engines.script import simplified
from wardscribe_server.engines.silero import SileroDetector
from wardscribe_server.engines.whisper import WhisperRecogniser
from wardscribe_server.engines.whisper_words import simplified_words
from wardscribe_server.pipeline.endpoint import Endpointer

TRADITIONAL = "發熱、頭痛、無胸腔積液、雙下肢無水腫、醫囑"
SIMPLIFIED = "发热、头痛、无胸腔积液、双下肢无水肿、医嘱"

NAMES = {Language.EN: "en-chest-xray", Language.ZH: "zh-outpatient"}
BOTH = pytest.mark.parametrize("language", list(Language))
PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "，。、：；！？", " "))


@dataclass(frozen=True)
class Heard:
    """One of our dictations, cut into segments as a session would, and what was heard in each."""

    text: str
    segments: tuple[Samples, ...]
    hypotheses: tuple[Hypothesis, ...]


@pytest.fixture(scope="module")
def recogniser(base_weights: Path) -> WhisperRecogniser:
    return WhisperRecogniser(base_weights, name="base", device="cpu")


@pytest.fixture(scope="module")
def heard(recogniser: WhisperRecogniser, dictations: Path) -> dict[Language, Heard]:
    def cut_and_heard(language: Language) -> Heard:
        blocks = read_recording(dictations / f"{NAMES[language]}.flac", max_minutes=2, warn=pytest.fail)
        samples = samples_from_pcm16(b"".join(blocks))
        endpointer = Endpointer()
        spans = list(endpointer.push(SileroDetector().stream().push(samples)))
        last = endpointer.flush(len(samples))
        segments = [samples[span.start : span.end] for span in ([*spans, last] if last else spans)]
        hypotheses = [hear(recogniser, part, language, Effort.FINAL) for part in segments]
        text = (dictations / f"{NAMES[language]}.txt").read_text(encoding="utf-8")
        return Heard(text.replace("|", " "), tuple(segments), tuple(hypotheses))

    return {language: cut_and_heard(language) for language in Language}


def hear(recogniser: WhisperRecogniser, samples: Samples, language: Language, effort: Effort) -> Hypothesis:
    (hypothesis,) = recogniser.decode([Window(samples, language, effort)])
    return hypothesis


def units(text: str, language: Language) -> list[str]:
    plain = text.translate(PUNCTUATION).lower()
    return list("".join(plain.split())) if language is Language.ZH else plain.split()


def error_rate(wanted: Sequence[str], got: Sequence[str]) -> float:
    """Edit distance over the length of what was said."""
    row = list(range(len(got) + 1))
    for index, unit in enumerate(wanted, start=1):
        diagonal, row[0] = row[0], index
        for place, other in enumerate(got, start=1):
            diagonal, row[place] = row[place], min(diagonal + (unit != other), row[place] + 1, row[place - 1] + 1)
    return row[-1] / len(wanted)


@pytest.mark.model
@pytest.mark.parametrize(("language", "bound"), [(Language.EN, 0.35), (Language.ZH, 0.6)])
def test_our_dictations_are_heard_with_few_errors(
    heard: dict[Language, Heard], language: Language, bound: float
) -> None:
    text = " ".join(hypothesis.text for hypothesis in heard[language].hypotheses)
    assert error_rate(units(heard[language].text, language), units(text, language)) < bound


@pytest.mark.model
@BOTH
def test_words_are_in_order_inside_the_window_and_make_up_the_text(
    heard: dict[Language, Heard], language: Language
) -> None:
    for segment, hypothesis in zip(heard[language].segments, heard[language].hypotheses, strict=True):
        words = hypothesis.words
        assert words
        assert "".join(word.text for word in words).replace(" ", "") == hypothesis.text.replace(" ", "")
        assert all(before.span.start <= after.span.start for before, after in pairwise(words))
        assert all(before.span.end <= after.span.end for before, after in pairwise(words))
        assert all(word.span.end <= len(segment) for word in words)
        assert all(0 < word.confidence <= 1 for word in words)
        assert all(word.text == word.text.strip() != "" for word in words)


@pytest.mark.model
def test_a_word_is_where_it_is_said(heard: dict[Language, Heard], recogniser: WhisperRecogniser) -> None:
    """Two segments with two seconds between them: the words of each stay on their side."""
    one, two = heard[Language.EN].segments[0], heard[Language.EN].segments[6]
    gap = np.zeros(2 * SAMPLE_RATE, dtype=np.float32)
    words = hear(recogniser, np.concatenate([one, gap, two]), Language.EN, Effort.FINAL).words
    middle = len(one) + SAMPLE_RATE
    (heart,) = (word for word in words if word.text.lower().startswith("heart"))
    (lateral,) = (word for word in words if word.text.lower().startswith("lateral"))
    assert lateral.span.end < middle < heart.span.start
    assert len(heart.span) < SAMPLE_RATE


@pytest.mark.model
def test_english_words_carry_their_punctuation_and_are_whole(heard: dict[Language, Heard]) -> None:
    words = [word.text for hypothesis in heard[Language.EN].hypotheses for word in hypothesis.words]
    assert all(any(char.isalnum() for char in word) for word in words)
    assert any(word.rstrip(".").lower() == "period" for word in words)


@pytest.mark.model
@BOTH
def test_a_tail_has_timed_words_too_and_says_much_the_same(
    heard: dict[Language, Heard], recogniser: WhisperRecogniser, language: Language
) -> None:
    segment, final = heard[language].segments[6], heard[language].hypotheses[6]
    tail = hear(recogniser, segment, language, Effort.TAIL)
    assert tail.words[-1].span.end <= len(segment)
    assert tail.alternatives == ()
    assert error_rate(units(final.text, language), units(tail.text, language)) < 0.5


@pytest.mark.model
@BOTH
@pytest.mark.parametrize("seconds", [0, 0.01, 5])
def test_silence_gives_little_text_and_is_less_likely_than_any_speech(
    heard: dict[Language, Heard], recogniser: WhisperRecogniser, language: Language, seconds: float
) -> None:
    silence = np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)
    hypothesis = hear(recogniser, silence, language, Effort.FINAL)
    assert len(hypothesis.text) <= 20
    assert all(word.span.end <= len(silence) for word in hypothesis.words)
    assert hypothesis.average_logprob < min(spoken.average_logprob for spoken in heard[language].hypotheses) - 0.3


@pytest.mark.model
def test_the_longest_window_is_taken_and_a_longer_one_is_refused(
    recogniser: WhisperRecogniser, noise: Callable[..., Samples]
) -> None:
    longest = recogniser.capabilities.max_window_samples
    assert longest >= 24 * SAMPLE_RATE
    window = noise(longest / SAMPLE_RATE, level=0.001)
    hypothesis = hear(recogniser, window, Language.EN, Effort.FINAL)
    assert len(hypothesis.text) < 28 * 40
    with pytest.raises(ValueError, match="longer than this engine takes"):
        hear(recogniser, np.append(window, np.float32(0)), Language.EN, Effort.TAIL)


@pytest.mark.model
def test_two_threads_share_one_recogniser(heard: dict[Language, Heard], recogniser: WhisperRecogniser) -> None:
    work = [
        (heard[language].segments[index], language, heard[language].hypotheses[index])
        for index in (0, 6)
        for language in Language
    ]
    with ThreadPoolExecutor(2) as threads:
        got = list(threads.map(lambda job: hear(recogniser, job[0], job[1], Effort.FINAL), work))
    assert [hypothesis.text for hypothesis in got] == [expected.text for _, _, expected in work]
    assert [hypothesis.words for hypothesis in got] == [expected.words for _, _, expected in work]


@pytest.mark.model
def test_capabilities_name_the_weights_and_the_languages(recogniser: WhisperRecogniser, base_weights: Path) -> None:
    capabilities = recogniser.capabilities
    assert (capabilities.model, capabilities.device, capabilities.compute_type) == ("base", "cpu", "int8")
    assert capabilities.languages == (Language.EN, Language.ZH)
    assert len(capabilities.model_sha256) == 64


@pytest.mark.model
def test_chinese_leaves_as_simplified_in_text_and_words(
    recogniser: WhisperRecogniser, heard: dict[Language, Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoder is made to say something in Traditional; it is scored against the sound as usual."""
    tokenizer = recogniser._tokenizers[Language.ZH]
    tokens = tokenizer.encode(TRADITIONAL)
    monkeypatch.setattr(WhisperRecogniser, "_generate", lambda *_, **__: [whisper._Decoded(tokens, -0.5)])
    segment = heard[Language.ZH].segments[2]
    hypothesis = hear(recogniser, segment, Language.ZH, Effort.FINAL)
    assert hypothesis.text == SIMPLIFIED
    assert "".join(word.text for word in hypothesis.words) == SIMPLIFIED
    assert hear(recogniser, segment, Language.ZH, Effort.TAIL).text == SIMPLIFIED


@pytest.mark.model
def test_a_stuck_decoder_is_asked_again_with_repetition_forbidden(
    recogniser: WhisperRecogniser, heard: dict[Language, Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    segment, usual = heard[Language.EN].segments[6], heard[Language.EN].hypotheses[6]
    attempts: list[int] = []
    attempt = WhisperRecogniser._attempt

    def watched(*arguments: object, no_repeat: int, penalty: float) -> list[whisper._Decoded]:
        attempts.append(no_repeat)
        (decoded,) = attempt(*arguments, no_repeat=no_repeat, penalty=penalty)
        return [decoded if no_repeat else whisper._Decoded(decoded.tokens[:3] * 4, decoded.logprob)]

    monkeypatch.setattr(WhisperRecogniser, "_attempt", watched)
    hypothesis = hear(recogniser, segment, Language.EN, Effort.FINAL)
    assert attempts == [0, 4]
    assert error_rate(units(usual.text, Language.EN), units(hypothesis.text, Language.EN)) < 0.3


@pytest.mark.model
def test_a_final_says_what_else_it_may_have_been(heard: dict[Language, Heard]) -> None:
    for language in Language:
        hypothesis = heard[language].hypotheses[6]
        assert 1 <= len(hypothesis.alternatives) <= 4
        assert all(other.logprob <= hypothesis.average_logprob for other in hypothesis.alternatives)
        assert all(other.text == simplified(other.text) for other in hypothesis.alternatives)


@pytest.mark.model
def test_what_was_said_fits_the_sound_better_than_what_was_not(
    heard: dict[Language, Heard], recogniser: WhisperRecogniser
) -> None:
    for language, wrong in (
        (Language.EN, "There is a large mass in the liver."),
        (Language.ZH, "肝脏内可见巨大占位。"),
    ):
        said = heard[language].hypotheses[6].text
        window = Window(heard[language].segments[6], language, Effort.FINAL)
        likely, unlikely = recogniser.likelihoods(window, [said, wrong])
        assert likely > unlikely + 5


@pytest.mark.model
def test_terms_in_view_that_were_not_said_are_not_heard(
    heard: dict[Language, Heard], recogniser: WhisperRecogniser
) -> None:
    for language, terms in ((Language.EN, ("apixaban", "bisoprolol")), (Language.ZH, ("阿哌沙班", "比索洛尔"))):
        said = heard[language].hypotheses[6].text
        segment = heard[language].segments[6]
        (again,) = recogniser.decode([Window(segment, language, Effort.FINAL, terms)])
        assert not again.words
        assert not any(term in again.text for term in terms)
        assert error_rate(units(said, language), units(again.text, language)) < 0.4


@pytest.mark.model
def test_windows_with_other_terms_are_not_decoded_together(recogniser: WhisperRecogniser) -> None:
    samples = np.zeros(32_000, dtype=np.float32)
    plain = Window(samples, Language.EN, Effort.FINAL)
    kinds = {recogniser.kind(plain), recogniser.kind(replace(plain, terms=("apixaban",)))}
    kinds |= {recogniser.kind(replace(plain, terms=("bisoprolol",)))}
    assert len(kinds) == 3


@pytest.mark.model
def test_windows_decoded_together_say_what_each_says_alone(
    base_weights: Path, heard: dict[Language, Heard], recogniser: WhisperRecogniser
) -> None:
    together = WhisperRecogniser(base_weights, name="base", device="cpu", max_batch=4)
    windows = [Window(heard[language].segments[at], language, Effort.FINAL) for at in (3, 6) for language in Language]
    assert len({together.kind(window) for window in windows}) == 1
    for window, hypothesis in zip(windows, together.decode(windows), strict=True):
        (alone,) = recogniser.decode([window])
        assert error_rate(units(alone.text, window.language), units(hypothesis.text, window.language)) < 0.2
        assert [word.text for word in hypothesis.words]
        assert hypothesis.words[-1].span.end <= len(window.samples)


@pytest.mark.model
def test_windows_of_several_kinds_are_not_decoded_together(
    heard: dict[Language, Heard], recogniser: WhisperRecogniser
) -> None:
    segment = heard[Language.EN].segments[6]
    windows = [Window(segment, Language.EN, effort) for effort in Effort]
    with pytest.raises(ValueError, match="several kinds"):
        recogniser.decode(windows)


def test_weights_that_cannot_be_read_are_one_line_that_names_the_model(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(EngineUnavailable, match="model 'mine' cannot be loaded on cpu as int8") as caught:
        WhisperRecogniser(tmp_path, name="mine", device="cpu")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("unit", [1, 2, 3, 7, 12, 13, 30])
@pytest.mark.parametrize("offset", range(4))
def test_the_same_tokens_three_times_in_a_row_are_a_loop(unit: int, offset: int) -> None:
    run = list(range(100, 100 + unit))
    times = 3 if unit > 1 else 6
    assert loops([*range(offset), *run * times])
    assert loops([*range(offset), *run * times, 7, 8])
    assert not loops([*range(offset), *run * 2, 7, 8])


def test_stammering_and_repeated_digits_are_no_loop() -> None:
    assert not loops([])
    assert not loops([5, 5, 5])
    assert not loops([1, 5, 5, 5, 5, 2])
    assert not loops([1, 2, 3, 1, 2, 4, 1, 2, 5, 1, 2, 6])


@pytest.mark.model
@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            Language.ZH,
            "右肺上叶未见结节，右肺中叶未见结节，右肺下叶未见结节，左肺上叶未见结节，左肺下叶未见结节，左肺舌段未见结节",
        ),
        (Language.ZH, "第一腰椎未见骨折，第二腰椎未见骨折，第三腰椎未见骨折，第四腰椎未见骨折，第五腰椎未见骨折"),
        (Language.ZH, "无发热、无咳嗽、无咳痰、无胸闷、无心悸、无气促、无腹痛、无腹泻、无恶心、无呕吐"),
        (
            Language.EN,
            "The liver is normal in size and echotexture. The spleen is normal in size and echotexture. The pancreas is"
            " normal in size and echotexture. The right kidney is normal in size and echotexture. The left kidney is"
            " normal in size and echotexture.",
        ),
        (
            Language.EN,
            "No disc bulge at L1-L2, no disc bulge at L2-L3, no disc bulge at L3-L4, no disc bulge at L4-L5.",
        ),
    ],
)
def test_a_clinical_list_in_one_pattern_is_no_loop(
    recogniser: WhisperRecogniser, language: Language, text: str
) -> None:
    assert not loops(recogniser._tokenizers[language].encode(text))


def test_traditional_becomes_simplified_and_everything_else_stays() -> None:
    assert simplified(TRADITIONAL) == SIMPLIFIED
    assert simplified(SIMPLIFIED) == SIMPLIFIED
    assert simplified("CT 12 mm, 37.5℃ ") == "CT 12 mm, 37.5℃ "


def test_words_keep_their_places_when_their_script_changes() -> None:
    words = [HeardWord(char, Span(index * 10, index * 10 + 10), 0.5) for index, char in enumerate(TRADITIONAL)]
    changed = simplified_words(words)
    assert "".join(word.text for word in changed) == SIMPLIFIED
    assert [word.span for word in changed] == [word.span for word in words]
