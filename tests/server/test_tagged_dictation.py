"""A dictation with a tagger: the same words give the same record, live, from text, growing and after a crash."""

import asyncio
import itertools
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

import httpx
import pytest

from tests.server.level_recogniser import LevelRecogniser, said
from tests.server.serving import serving
from tests.server.test_gateway import finish, send_audio, start
from tests.server.test_incremental import _dictation, _steps
from tests.server.test_replay import Recorder, as_past
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Sentence, Tagged, Tagger
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedTagger
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.events import Stop
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.replay import Replay
from wardscribe_server.pipeline.told import Told
from wardscribe_server.pipeline.understanding import rereading
from wardscribe_server.pipeline.understanding.tagged import Outside, TaggedSpan, TaggedText
from wardscribe_server.pipeline.values import Assertion, Label, Presence, words_from_text

TEXTS = ["PA chest radiograph.", "Moderate glimmer quelling in the right lower lobe.", "No pleural effusion."]
TERMS = {"glimmer quelling": Label.FINDING}
LABELS = (Label.FINDING, Label.SYMPTOM, Label.DISEASE, Label.DRUG)


class Everywhere(ScriptedTagger):
    """Takes one word, or pair of ideographs, in four for something; what it says follows from both sentences."""

    def tag(self, sentences: Sequence[Sentence]) -> list[Tagged]:
        return [self._found(sentence) for sentence in sentences]

    def _found(self, sentence: Sentence) -> Tagged:
        spans, outside = [], []
        for match in re.finditer(r"[\u3400-\u9fff]{1,2}|[^\W\u3400-\u9fff]+", sentence.text):
            roll = crc32(f"{sentence.before[-1:]}{match.group()}".encode())
            if roll % 4 == 0:
                claim = Assertion(presence=tuple(Presence)[roll % 3])
                spans.append(TaggedSpan(match.start(), match.end(), LABELS[roll % 5 % 4], 0.99, claim))
            outside.append(Outside(match.start(), match.end(), 0.0 if roll % 4 == 0 else 0.99))
        return Tagged(tuple(spans), tuple(outside))


def tagger() -> ScriptedTagger:
    return ScriptedTagger(TERMS, reads_context=True)


@cache
def readers() -> Readers:
    return Readers(ServerSettings(), tagger=tagger())


def composer(language: str = "en", template: str = "chest_xray", *, given: Readers | None = None) -> Composer:
    return (given or readers()).composer(template=template, language=Language(language), recognised=False)


async def dictate(url: str) -> dict[str, object]:
    socket, _ = await start(url)
    pcm = said(TEXTS)
    async with socket:
        await send_audio(socket, pcm)
        return await finish(socket, len(pcm) // 2)


@pytest.mark.parametrize(("language", "template"), [("en", "outpatient"), ("zh", "ct_chest"), ("zh", "ward_round")])
def test_a_growing_dictation_is_composed_as_if_it_were_said_at_once(language: str, template: str) -> None:
    everywhere = Readers(ServerSettings(), tagger=Everywhere({}, reads_context=True))
    for seed in range(2):
        utterances = _dictation(language, seed, 16)
        growing = composer(language, template, given=everywhere)
        for size in _steps(utterances, seed):
            composed = growing.compose(utterances[:size])
            afresh = composer(language, template, given=everywhere).compose(utterances[:size])
            assert composed.record == afresh.record, (seed, size)
        untagged = composer(language, template, given=_plain()).compose(utterances)
        assert composed.record != untagged.record, "the tagger had a say"


def test_an_answer_that_changes_in_an_unchanged_text_is_read_anew() -> None:
    reader = composer()._understander.reader
    text = "The zorg is seen well. " * 60
    places = [at for at in range(len(text)) if text.startswith("zorg", at)]

    def read(at: int | None, earlier: rereading.Read | None) -> rereading.Read:
        spans = () if at is None else (TaggedSpan(at, at + 4, Label.FINDING, 0.99),)
        tagged = TaggedText(spans, (Outside(0, 3, 0.99),))
        return rereading.read_on(reader, text, template="chest_xray", breaks=(), tagged=tagged, earlier=earlier)

    for before, after in itertools.permutations((None, places[3], places[-3]), 2):
        grown, afresh = read(after, read(before, None)), read(after, None)
        assert (grown.mentions, grown.tagged) == (afresh.mentions, afresh.tagged), (before, after)
        assert afresh.mentions != read(before, None).mentions


@cache
def _plain() -> Readers:
    return Readers(ServerSettings(tagger=False))


def test_a_dictation_is_made_again_with_the_same_record() -> None:
    driver = Recorder(list(TEXTS), Flow(composer()))
    driver.record_inputs()
    for _ in TEXTS:
        driver.say((True, 1.0), (False, 0.8))
    again = Replay(Flow(composer(), rebuilding=True))
    for event in driver.past:
        again.feed(event)
    driver.feed(Stop())
    list(again.finish(Told()))
    rebuilt = list(again._flow.handle(as_past(Stop())))  # type: ignore[arg-type]  # an input as it was
    assert rebuilt[-1].record == driver.record()
    assert "glimmer quelling" in str(driver.record().fields)


def test_live_and_text_give_the_same_fields_and_the_tagger_is_seen(tmp_path: Path) -> None:
    known = tagger()
    engines = {"recogniser": LevelRecogniser(TEXTS), "detector": LoudnessDetector(), "tagger": known}
    with serving(tmp_path, min_free_mb=0, lexicon=False, **engines) as running:  # type: ignore[arg-type]
        closed = asyncio.run(dictate(running.url))
        assert httpx.get(f"{running.http}/healthz").text == "ok\n"
        counted = httpx.get(f"{running.http}/metrics").text
    text = composer().compose(words_from_text(" | ".join(TEXTS))).record
    assert closed["record"]["fields"] == text.fields  # type: ignore[index]
    assert "wardscribe_tags_waiting 0.0" in counted
    sentences = next(line for line in counted.splitlines() if line.startswith("wardscribe_tagged_sentences_total"))
    assert float(sentences.split()[1]) == len(known.asked) > 2
    assert "glimmer" not in counted
    assert len({each.text for each in known.asked}) == len(known.asked), "no sentence was asked about twice"


def test_a_server_without_a_tagger_works_and_says_so(tmp_path: Path) -> None:
    with serving(
        tmp_path, recogniser=LevelRecogniser([]), detector=LoudnessDetector(), min_free_mb=0, tagger_folder=None
    ) as running:
        health = httpx.get(f"{running.http}/healthz")
    assert health.status_code == 200
    expected = "ok\n" if Readers(ServerSettings()).tagger is not None else "ok\nwithout the entity tagger\n"
    assert health.text == expected


def test_a_tagger_that_fails_costs_its_findings_and_no_dictation(tmp_path: Path) -> None:
    class Failing(ScriptedTagger):
        def tag(self, sentences: object) -> list[Tagged]:
            raise ValueError

    broken: Tagger = Failing({})
    engines = {"recogniser": LevelRecogniser(TEXTS), "detector": LoudnessDetector(), "tagger": broken}
    with serving(tmp_path, min_free_mb=0, lexicon=False, **engines) as running:  # type: ignore[arg-type]
        closed = asyncio.run(dictate(running.url))
        counted = httpx.get(f"{running.http}/metrics").text
    expected = _plain().composer(template="chest_xray", language=Language.EN, recognised=False)
    text = expected.compose(words_from_text(" | ".join(TEXTS))).record
    assert closed["record"]["fields"] == text.fields  # type: ignore[index]
    assert "wardscribe_untagged_sentences_total 0.0" not in counted
