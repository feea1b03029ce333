"""The entity tagger on ONNX Runtime: a folder with the network, its tokeniser and the meaning of its outputs.

Owns tokens, the run of the network and where it runs. What the outputs say is `pipeline.understanding.tag_decoding`'s.
"""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from tokenizers import Encoding, Tokenizer

from wardscribe_server.engines.base import EngineUnavailable, TaggerCapabilities
from wardscribe_server.pipeline.understanding.tag_decoding import AXES, Floats, Outputs, OutputShape, decoded
from wardscribe_server.pipeline.understanding.tagged import Sentence, Tagged
from wardscribe_server.pipeline.values import Certainty, Label, Presence, Subject, When

NETWORK, TOKENISER, LABELS = "tagger.onnx", "tokenizer.json", "labels.json"
_AXIS_VALUES = {"presence": Presence, "certainty": Certainty, "time": When, "subject": Subject}
_OUTPUTS = ("tags", *AXES, "q", "k", "section")
_CANNOT_LOAD = (
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NoSuchFile,
    failures.NotImplemented,
    failures.RuntimeException,
)


class _Labels(BaseModel):
    """`labels.json`: what training wrote down about the network."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    version: int | str
    tags: tuple[str, ...] = Field(min_length=3)
    assertion: Mapping[str, tuple[str, ...]]
    sections: tuple[str, ...]
    temperature: Mapping[str, float] = Field(default_factory=dict)
    relation_threshold: float = Field(default=0.5, gt=0, lt=1)
    max_tokens: int = Field(default=256, ge=8)
    context: bool = False  # trained with the sentence before in front
    batch: int = Field(default=1, ge=1)  # sentences that may go together: 1 where the network quantises as it runs
    sha256: Mapping[str, str] = Field(default_factory=dict)  # of the files beside it

    @model_validator(mode="after")
    def _known_here(self) -> "_Labels":
        """Raises: ValueError for a name that this version does not know."""
        labels = {tag[2:] for tag in self.tags if tag != "O"}
        if "O" not in self.tags or not labels <= set(Label):
            raise ValueError("tags are O and B- and I- of known labels")
        if any({f"B-{label}", f"I-{label}"} - set(self.tags) for label in labels):
            raise ValueError("every label has a B- and an I- tag")
        for axis, known in _AXIS_VALUES.items():
            if not self.assertion.get(axis) or not set(self.assertion[axis]) <= set(known):
                raise ValueError(f"the axis {axis} has known values")
        return self


class OnnxTagger:
    """Tags sentences; may be called from several threads.

    Each sentence is run alone unless the network allows more: one that quantises activations as it runs takes the scale
    from all of its input, so that a neighbour in the batch would change the answer.
    """

    def __init__(
        self, folder: Path, *, device: Literal["cpu", "cuda"] | str = "cpu", threads: int = 1, verify: bool = True
    ) -> None:
        """`device` cuda is used where ONNX Runtime has it. Raises: EngineUnavailable."""
        self._labels = _read_labels(folder / LABELS)
        digests = {name: _sha256(folder / name) for name in (NETWORK, TOKENISER)} if verify else {}
        for name, digest in digests.items():
            if self._labels.sha256.get(name, digest) != digest:
                raise EngineUnavailable(f"{folder / name}: not the file that {LABELS} names; install the tagger again")
        providers = ["CPUExecutionProvider"]
        if device == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
            providers.insert(0, "CUDAExecutionProvider")
        self._session = _session(folder / NETWORK, providers, threads)
        self._tokenizer = _tokenizer(folder / TOKENISER)
        self._shape = OutputShape(
            tags=self._labels.tags,
            axes={axis: self._labels.assertion[axis] for axis in AXES},
            sections=self._labels.sections,
            temperature=self._labels.temperature,
            relation_threshold=self._labels.relation_threshold,
        )
        self._capabilities = TaggerCapabilities(
            model=f"{folder.name} {self._labels.version}",
            model_sha256=digests.get(NETWORK, ""),
            device="cuda" if self._session.get_providers()[0].startswith("CUDA") else "cpu",
            max_batch=self._labels.batch,
        )

    @property
    def capabilities(self) -> TaggerCapabilities:
        """What was loaded, and where it runs."""
        return self._capabilities

    @property
    def reads_context(self) -> bool:
        """Whether the sentence before matters to it."""
        return self._labels.context

    def kind(self, sentence: Sentence) -> Hashable:
        """Equally many tokens: nothing is padded, so nobody's answer depends on a neighbour's length."""
        return len(self._encode(sentence)[1].ids) if self._labels.batch > 1 else 0

    def tag(self, sentences: Sequence[Sentence]) -> list[Tagged]:
        """Entities of each sentence.

        Raises: what ONNX Runtime raises, of which none is a RuntimeError.
        """
        if self._labels.batch == 1 or len(sentences) == 1:
            return [answer for sentence in sentences for answer in self._run([self._encode(sentence)])]
        encoded = [self._encode(sentence) for sentence in sentences]
        answers: dict[int, Tagged] = {}
        for length in {len(encoding.ids) for _, encoding, _ in encoded}:
            places = [at for at, (_, encoding, _) in enumerate(encoded) if len(encoding.ids) == length]
            for low in range(0, len(places), self._labels.batch):
                chosen = places[low : low + self._labels.batch]
                answers.update(zip(chosen, self._run([encoded[at] for at in chosen]), strict=True))
        return [answers[at] for at in range(len(sentences))]

    def _encode(self, sentence: Sentence) -> tuple[str, Encoding, int]:
        """The text as the network sees it, its tokens, and where the sentence itself begins in it."""
        before = f"{sentence.before.strip()} " if self._labels.context and sentence.before.strip() else ""
        encoding = self._tokenizer.encode(before + sentence.text)
        if before and len(encoding.ids) > self._labels.max_tokens:
            before = ""
            encoding = self._tokenizer.encode(sentence.text)
        if len(encoding.ids) > self._labels.max_tokens:
            encoding.truncate(self._labels.max_tokens)
        return before + sentence.text, encoding, len(before)

    def _run(self, encoded: Sequence[tuple[str, Encoding, int]]) -> list[Tagged]:
        """Tags of sentences of equally many tokens."""
        ids = np.array([encoding.ids for _, encoding, _ in encoded], dtype=np.int64)
        found: list[Floats] = self._session.run(list(_OUTPUTS), {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        named = dict(zip(_OUTPUTS, found, strict=True))
        return [
            decoded(
                Outputs(
                    tags=named["tags"][at],
                    axes={axis: named[axis][at] for axis in AXES},
                    q=named["q"][at],
                    k=named["k"][at],
                    section=named["section"][at],
                    offsets=tuple(
                        (0, 0) if special else offsets
                        for offsets, special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
                    ),
                ),
                self._shape,
                text,
                first=first,
            )
            for at, (text, encoding, first) in enumerate(encoded)
        ]


def _read_labels(path: Path) -> _Labels:
    try:
        return _Labels.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EngineUnavailable(f"{path}: cannot be read ({error.strerror}); install the tagger again") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        what = first["msg"].removeprefix("Value error, ")
        raise EngineUnavailable(f"{path}: {where}: {what}; it goes with another version, or is damaged") from None


def _session(path: Path, providers: Sequence[str], threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # decodes need the cores
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), sess_options=options, providers=list(providers))
    except _CANNOT_LOAD as error:
        raise EngineUnavailable(
            f"{path}: cannot be loaded ({type(error).__name__}); install the tagger again"
        ) from None
    lacking = set(_OUTPUTS) - {output.name for output in session.get_outputs()}
    if lacking:
        raise EngineUnavailable(f"{path}: has no output {min(lacking)}; it goes with another version")
    return session


def _tokenizer(path: Path) -> Tokenizer:
    """Raises: EngineUnavailable. The library says everything with Exception, so what it is given is looked at first."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise EngineUnavailable(f"{path}: cannot be read; install the tagger again") from None
    if not text.rstrip().endswith("}"):
        raise EngineUnavailable(f"{path}: is cut off; install the tagger again")
    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EngineUnavailable(f"{path}: cannot be read ({error.strerror}); install the tagger again") from error
