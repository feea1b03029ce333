"""The tagger's adapter over a network of one table: tokens, context, batches, damaged folders."""

import json
from pathlib import Path

import pytest

from tests.server.engines.tiny_tagger import AXES, TAGS, write_tagger
from wardscribe_server.engines.base import EngineUnavailable, Sentence
from wardscribe_server.engines.tagger import OnnxTagger
from wardscribe_server.pipeline.values import Certainty, Label, Presence, Subject, When

WORDS = {
    "nodule": ("B-finding", "absent", "hedged", "past", "family", "heads", "plan"),
    "pulmonary": ("B-finding", "possible"),
    "node": ("I-finding",),
    "12": ("B-measurement", "depends"),
    "mm": ("I-measurement",),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tagger(tmp_path / "tiny", WORDS)


def test_a_sentence_gets_its_entities_with_claims_relations_and_section(folder: Path) -> None:
    text = "No nodule of 12 mm"
    (answer,) = OnnxTagger(folder).tag([Sentence(text)])
    nodule, size = answer.spans
    assert (text[nodule.start : nodule.end], nodule.label) == ("nodule", Label.FINDING)
    assert (text[size.start : size.end], size.label) == ("12 mm", Label.MEASUREMENT)
    assert nodule.assertion.presence is Presence.ABSENT
    assert nodule.assertion.certainty is Certainty.HEDGED
    assert (nodule.assertion.time, nodule.assertion.subject) == (When.PAST, Subject.FAMILY)
    assert min(nodule.score, nodule.sure.presence, nodule.sure.subject) > 0.99
    assert [(each.dependent, each.head) for each in answer.relations] == [(1, 0)]
    assert answer.section == "plan"
    assert answer.outside[0].score > 0.3 > answer.outside[1].score


def test_what_stands_before_is_context_and_has_no_entities_of_its_own(tmp_path: Path) -> None:
    folder = write_tagger(tmp_path / "reads_context", WORDS, context=True)
    tagger = OnnxTagger(folder)
    (answer,) = tagger.tag([Sentence("a nodule", before="12 mm")])
    assert tagger.reads_context
    assert [(span.start, span.end, span.label) for span in answer.spans] == [(2, 8, Label.FINDING)]
    assert [(token.start, token.end) for token in answer.outside] == [(0, 1), (2, 8)]


def test_context_that_does_not_fit_is_left_out_and_what_is_too_long_is_cut(tmp_path: Path) -> None:
    folder = write_tagger(tmp_path / "short", WORDS, context=True, max_tokens=8)
    (answer,) = OnnxTagger(folder).tag([Sentence("a nodule", before="word " * 50)])
    assert [span.start for span in answer.spans] == [2]
    (cut,) = OnnxTagger(folder).tag([Sentence("a nodule " * 50)])
    assert len(cut.spans) == 3
    assert len(cut.outside) == 7


def test_sentences_of_any_length_in_one_request_are_answered_in_order(tmp_path: Path) -> None:
    sentences = [Sentence("a nodule"), Sentence("12 mm"), Sentence("nothing here now"), Sentence("pulmonary node")]
    alone = OnnxTagger(write_tagger(tmp_path / "alone", WORDS))
    together = OnnxTagger(write_tagger(tmp_path / "together", WORDS, batch=2))
    assert alone.tag(sentences) == together.tag(sentences) == [alone.tag([each])[0] for each in sentences]
    assert (alone.capabilities.max_batch, together.capabilities.max_batch) == (1, 2)
    assert together.kind(sentences[0]) == together.kind(sentences[1]) != together.kind(sentences[2])


def test_tokens_are_in_characters_of_the_sentence(folder: Path) -> None:
    text = "pulmonary-node"
    (answer,) = OnnxTagger(folder).tag([Sentence(text)])
    assert [text[token.start : token.end] for token in answer.outside] == ["pulmonary", "-", "node"]


def test_nothing_in_it_is_nothing_found(folder: Path) -> None:
    (answer,) = OnnxTagger(folder).tag([Sentence("")])
    assert (answer.spans, answer.outside) == ((), ())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tags": ["O", "B-spell", "I-spell"]}, "tags are O and B- and I- of known labels"),
        ({"tags": ["O", "B-drug", "B-finding"]}, "every label has a B- and an I- tag"),
        ({"tags": ["B-drug", "I-drug", "I-drug"]}, "tags are O and"),
        ({"assertion": AXES | {"time": ["long ago"]}}, "the axis time has known values"),
        ({"assertion": {}}, "the axis presence has known values"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"sha256": {"tagger.onnx": "0" * 64}}, "not the file that labels.json names"),
    ],
)
def test_labels_that_do_not_fit_are_one_line_that_says_where(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    folder = write_tagger(tmp_path / "other", WORDS, **change)
    with pytest.raises(EngineUnavailable) as refused:
        OnnxTagger(folder)
    assert said in refused.value.message
    assert str(folder) in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("name", "content"),
    [("labels.json", "{"), ("tagger.onnx", "no network"), ("tokenizer.json", "{ cut"), ("tokenizer.json", "\x80")],
)
def test_a_damaged_folder_is_one_line_that_says_what_to_do(folder: Path, name: str, content: str) -> None:
    (folder / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(EngineUnavailable, match=name):
        OnnxTagger(folder)


@pytest.mark.parametrize("name", ["labels.json", "tagger.onnx", "tokenizer.json"])
def test_a_file_that_is_missing_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EngineUnavailable, match=name):
        OnnxTagger(folder)


def test_a_network_without_an_output_goes_with_another_version(folder: Path) -> None:
    network = (folder / "tagger.onnx").read_bytes()
    (folder / "tagger.onnx").write_bytes(network.replace(b"presence", b"presents"))
    with pytest.raises(EngineUnavailable, match="has no output presence"):
        OnnxTagger(folder)


def test_cuda_is_used_where_it_is_and_the_processor_elsewhere(folder: Path) -> None:
    assert OnnxTagger(folder, device="cuda").capabilities.device in ("cpu", "cuda")
    assert OnnxTagger(folder).capabilities.device == "cpu"
    assert OnnxTagger(folder).capabilities.model == "tiny tiny"


def test_labels_json_of_the_tests_is_what_training_writes(folder: Path) -> None:
    assert json.loads((folder / "labels.json").read_text())["tags"] == list(TAGS)
