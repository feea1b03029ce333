"""What is played: recordings with their texts, joined into streams as long as a dictation, with pauses between them.

Owns reading the corpora named on the command line and building streams; knows nothing of servers or scores.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cases import read_cases, recording_of

from wardscribe_client.recording import read_recording
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE, Span

_SHORT_PAUSE_S = (0.6, 1.0)
_WARD_SILENCE = (3.2, 4.8)  # seconds of silence for a second of speech: about 20 % speech
_LONGEST_WARD_PART_S = 20.0  # longer recordings are no remark at a bedside
_SPREAD_S = 12.0  # ward-round speakers do not begin together
_ROOM_CHUNK = SAMPLE_RATE // 50
_MAX_MINUTES = 60.0


class Pauses(StrEnum):
    """How the recordings of one stream are set apart."""

    CONTINUOUS = "continuous"
    WARD_ROUND = "ward-round"


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file with what is said in it."""

    id: str
    path: Path
    language: Language
    text: str
    speaker: str  # recordings of different speakers are not joined


@dataclass(frozen=True, slots=True)
class Part:
    """One recording's place in a stream."""

    recording: Recording
    span: Span


@dataclass(frozen=True, slots=True)
class SpokenStream:
    """What one speaker says, from the first sample to `stop`; `pcm` is s16le at 16 kHz."""

    name: str
    corpus: str
    language: Language
    pcm: bytes
    parts: tuple[Part, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / BYTES_PER_SAMPLE / SAMPLE_RATE

    @property
    def text(self) -> str:
        """What is said in all of it."""
        return ("" if self.language is Language.ZH else " ").join(part.recording.text for part in self.parts)

    def part_pcm(self, part: Part) -> bytes:
        """The samples of one recording."""
        return self.pcm[part.span.start * BYTES_PER_SAMPLE : part.span.end * BYTES_PER_SAMPLE]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Recordings of one language and one source."""

    name: str
    language: Language
    recordings: tuple[Recording, ...]


def folder_corpus(given: str) -> Corpus:
    """The corpus of `LANG=FOLDER`: audio files and a `transcripts.tsv` with the columns id, file, text (and speaker).

    Without a column `speaker`, what stands before the first hyphen of the id is the speaker, as in LibriSpeech.
    Raises: InputError naming file and line.
    """
    language_name, equals, folder_name = given.partition("=")
    try:
        language = Language(language_name)
    except ValueError:
        equals = ""
    if not equals:
        raise InputError(f"--speech {given}: give LANGUAGE=FOLDER, such as en=recordings/english")
    folder = Path(folder_name)
    table = folder / "transcripts.tsv"
    try:
        lines = table.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{table}: cannot be read; it lists id, file and text of the folder's recordings") from error
    recordings = []
    for number, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=2):
        name, file, text = row.get("id"), row.get("file"), row.get("text")
        if not (name and file and text):
            raise InputError(f"{table}:{number}: the columns id, file and text are needed")
        speaker = row.get("speaker") or (name.split("-")[0] if "-" in name else "")
        recordings.append(Recording(name, folder / file, language, text.strip(), speaker))
    if not recordings:
        raise InputError(f"{table}: there are no recordings in this file")
    return Corpus(folder.name, language, tuple(recordings))


def case_corpora(cases_file: Path, audio: Path) -> list[Corpus]:
    """The spoken cases of a case file, one corpus a language.

    Raises: InputError.
    """
    spoken = [(case, path) for case in read_cases(cases_file) if (path := recording_of(case, audio)) is not None]
    if not spoken:
        raise InputError(f"{audio}: no recording is named after a case (ID.flac)")
    found = []
    for language in Language:
        own = [Recording(case.id, path, language, case.text, "") for case, path in spoken if case.language is language]
        if own:
            found.append(Corpus(f"{cases_file.stem}-{language.value}", language, tuple(own)))
    return found


def streams(corpora: Sequence[Corpus], *, seconds: float, pauses: Pauses, seed: int) -> Iterator[SpokenStream]:
    """Streams of about `seconds`, one of each corpus in turn, each recording played once; then they begin again.

    Raises: InputError when no recording fits.
    """
    while True:
        round_robin = zip_longest(*(_of_corpus(one, seconds=seconds, pauses=pauses, seed=seed) for one in corpora))
        made = 0
        for group in round_robin:
            for stream in group:
                if stream is not None:
                    made += 1
                    yield stream
        if not made:
            raise InputError("no recording is short enough for this kind of pauses; use more --seconds or other files")
        seed += 1


def _of_corpus(corpus: Corpus, *, seconds: float, pauses: Pauses, seed: int) -> Iterator[SpokenStream]:
    waiting: list[Recording] = []
    number, spent_s = 0, 0.0
    sources = [*corpus.recordings, None]
    for recording in sources:
        apart = recording is None or (waiting and waiting[-1].speaker != recording.speaker)
        if waiting and (apart or spent_s >= seconds):
            chance = random.Random(f"{seed}/{corpus.name}/{number}")  # noqa: S311 - pauses, not secrets
            yield _joined(f"{corpus.name}-{number}", corpus, waiting, seconds=seconds, pauses=pauses, chance=chance)
            waiting, spent_s, number = [], 0.0, number + 1
        if recording is None:
            return
        length_s = _length_s(recording.path)
        if pauses is Pauses.WARD_ROUND and length_s > _LONGEST_WARD_PART_S:
            continue
        waiting.append(recording)
        spent_s += length_s + (0.8 if pauses is Pauses.CONTINUOUS else sum(_WARD_SILENCE) / 2 * length_s)


def _joined(
    name: str,
    corpus: Corpus,
    recordings: Sequence[Recording],
    *,
    seconds: float,
    pauses: Pauses,
    chance: random.Random,
) -> SpokenStream:
    pieces: list[bytes] = []
    parts: list[Part] = []
    at, last_s = 0, 0.0
    for index, recording in enumerate(recordings):
        pcm = read_pcm(recording.path)
        samples = len(pcm) // BYTES_PER_SAMPLE
        if pauses is Pauses.WARD_ROUND:
            pause_s = chance.uniform(0, _SPREAD_S) if index == 0 else chance.uniform(*_WARD_SILENCE) * last_s
        else:
            pause_s = chance.uniform(*_SHORT_PAUSE_S) if index else 0.0
        quiet = _room(pcm, round(pause_s * SAMPLE_RATE), chance)
        pieces += [quiet, pcm]
        at += len(quiet) // BYTES_PER_SAMPLE
        parts.append(Part(recording, Span(at, at + samples)))
        at += samples
        last_s = samples / SAMPLE_RATE
    if pauses is Pauses.WARD_ROUND:
        pieces.append(_room(pcm, max(0, round(seconds * SAMPLE_RATE) - at), chance))  # nobody leaves before the others
    return SpokenStream(name, corpus.name, corpus.language, b"".join(pieces), tuple(parts))


def read_pcm(path: Path) -> bytes:
    """A whole recording.

    Raises: InputError.
    """

    def refuse(message: str) -> None:
        raise InputError(message)

    return b"".join(read_recording(path, max_minutes=_MAX_MINUTES, warn=refuse))


def _length_s(path: Path) -> float:
    return len(read_pcm(path)) / BYTES_PER_SAMPLE / SAMPLE_RATE


def _room(pcm: bytes, samples: int, chance: random.Random) -> bytes:
    """Noise as loud as the quietest tenth of a recording: a pause is not digital silence."""
    sound: npt.NDArray[np.float64] = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    chunks = sound[: len(sound) // _ROOM_CHUNK * _ROOM_CHUNK].reshape(-1, _ROOM_CHUNK)
    level = float(np.quantile(np.sqrt((chunks**2).mean(axis=1)), 0.1)) if len(chunks) else 0.0
    noise = np.random.default_rng(chance.getrandbits(32)).normal(0.0, max(level, 1.0), samples)
    return noise.clip(-32768, 32767).astype("<i2").tobytes()
