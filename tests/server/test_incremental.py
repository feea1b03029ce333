"""Composing a growing dictation from what was composed before gives what composing it anew gives."""

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from tests.seeded_errors.judging import reports
from tests.server.flow_driver import readers
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.understanding import rereading
from wardscribe_server.pipeline.values import Utterance, words_from_text

_COMMANDS = {
    "en": ("scratch that", "undo that", "new paragraph", "delete last sentence", "insert normal lungs", "next section"),
    "zh": ("删除上一句", "撤销", "换行", "插入正常双肺", "下一项", "删除上一句"),
}
_CORRECTED = {
    "en": ("The left kidney is enlarged, correction, the right kidney is enlarged.", "Temperature 38.2, no, 37.2."),
    "zh": ("左肾增大，不对，右肾增大。", "体温38.2度，不对，37.2度。"),
}
_TEMPLATES = ("outpatient", "ct_chest", "ward_round", "operative", "chest_xray")


@cache
def _sentences(language: str) -> tuple[str, ...]:
    texts = [report.text for name in ("reports_dev", "reports_held_out") for report in reports(name, language)]
    end = "。" if language == "zh" else ". "
    return tuple(f"{part.strip()}{end.strip()}" for text in texts for part in text.split(end) if part.strip(" ."))


def _dictation(language: str, seed: int, size: int) -> tuple[Utterance, ...]:
    """Sentences of our own reports in any order, with commands and corrections between them."""
    choose = random.Random(seed)
    parts = []
    for _ in range(size):
        roll = choose.random()
        if roll < 0.08:
            parts.append(choose.choice(_COMMANDS[language]))
        elif roll < 0.12:
            parts.append(choose.choice(_CORRECTED[language]))
        else:
            joined = " ".join(choose.choices(_sentences(language), k=choose.randint(1, 3)))
            parts.append(joined.replace(". ", " period ") if language == "en" and roll > 0.95 else joined)
    return words_from_text(" | ".join(parts))


def _composer(language: str, template: str) -> Composer:
    return readers().composer(template=template, language=Language(language), recognised=False)


def _steps(utterances: tuple[Utterance, ...], seed: int) -> Iterator[int]:
    """How much has been said at each step: now one utterance more, now several, now and then fewer again."""
    choose = random.Random(seed)
    said = 0
    while said < len(utterances):
        said = min(len(utterances), said + choose.randint(1, 4))
        yield said
        if choose.random() < 0.1:
            yield max(1, said - choose.randint(1, 3))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("seed", range(5))
def test_a_growing_dictation_is_composed_as_if_it_were_said_at_once(language: str, seed: int) -> None:
    template = _TEMPLATES[seed % len(_TEMPLATES)]
    utterances = _dictation(language, seed, 26)
    growing = _composer(language, template)
    for said in _steps(utterances, seed):
        composed = growing.compose(utterances[:said])
        afresh = _composer(language, template).compose(utterances[:said])
        assert composed.record == afresh.record, (seed, said)
        assert composed.written == afresh.written
        assert composed.log.lines() == afresh.log.lines()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_long_dictation_is_not_read_anew_when_it_grows(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    utterances = words_from_text(" | ".join(_sentences(language)[:60]))
    composer = _composer(language, "outpatient")
    composer.compose(utterances[:-1])
    monkeypatch.setattr(rereading, "read_all", None)  # calling it would fail
    composer.compose(utterances)


def test_a_space_that_comes_or_goes_in_an_unchanged_text_is_read_anew() -> None:
    reader = _composer("zh", "outpatient")._understander.reader
    text = "".join(_sentences("zh")[:60])
    middle = text.index("。", len(text) // 2)
    places = [at for at in range(1, len(text)) if text[at - 1] not in "。，" and text[at] not in "。，"]
    early, late = places[3], next(at for at in places if at > middle)

    def read(gaps: tuple[int, ...], earlier: rereading.Read | None) -> rereading.Read:
        return rereading.read_on(reader, text, template="outpatient", breaks=(), gaps=gaps, earlier=earlier)

    for before, after in [((), (early,)), ((early,), ()), ((early, late), (early,)), ((early,), (early, late))]:
        assert read(after, read(before, None)) == read(after, None), (before, after)
        assert read(before, None) != read(after, None)


def test_what_was_remembered_can_be_forgotten() -> None:
    utterances = words_from_text(" | ".join(_sentences("en")[:40]))
    composer = _composer("en", "ct_chest")
    before = composer.compose(utterances).record
    composer.forget()
    assert composer.compose(utterances).record == before


def test_a_paragraph_that_begins_after_a_number_is_no_item_of_a_list() -> None:
    record = _composer("en", "ward_round").compose(words_from_text("Pulse 72. | new paragraph | Drain 80 mL.")).record
    assert record.fields["drain_ml"] == 80


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("seed", range(3))
def test_what_reads_otherwise_in_the_middle_is_composed_as_if_it_had_been_heard_so(language: str, seed: int) -> None:
    choose = random.Random(seed)
    template = _TEMPLATES[seed]
    now = list(_dictation(language, seed, 24))
    growing = _composer(language, template)
    growing.compose(now)
    for _ in range(8):
        place = choose.randrange(len(now))
        (other,) = words_from_text(choose.choice(_sentences(language)), first_id=now[place].words[0].id)
        ids = [word.id for word in now[place].words]
        words = tuple(replace(word, id=ids[min(at, len(ids) - 1)]) for at, word in enumerate(other.words))
        now[place] = replace(now[place], words=words)
        composed, afresh = growing.compose(now), _composer(language, template).compose(now)
        assert composed.record == afresh.record, (seed, place)
        assert composed.written == afresh.written
        assert composed.log.lines() == afresh.log.lines()
