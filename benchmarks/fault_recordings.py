"""The recordings that the fault runs play: our own two dictations, and the sample of held-out ones."""

from dataclasses import dataclass
from pathlib import Path

from dictation_tables import read_table

from wardscribe_client.recording import read_recording
from wardscribe_protocol.record import Language

_ROOT = Path(__file__).resolve().parent.parent
_OWN = {"en-chest-xray": ("chest_xray", Language.EN), "zh-outpatient": ("outpatient", Language.ZH)}
LONG = tuple(_OWN)
_LONGEST_MINUTES = 10.0
# Edits by hand on the way: durable messages of the client. A path that every record of the template may have.
_EDITS = {"chest_xray": [[0.3, "/fields/heart_size", "normal"], [0.7, "/fields/heart_size", "enlarged"]]}


@dataclass(frozen=True, slots=True)
class Recording:
    """One dictation to play."""

    name: str
    template: str
    language: Language
    text: str
    file: Path

    @property
    def edits(self) -> list[list[float | str]]:
        """What the physician sets by hand: share of the recording, pointer, value."""
        return _EDITS.get(self.template, [])

    def pcm(self) -> bytes:
        """The sound, s16le at 16 kHz."""

        def whole(line: str) -> None:
            raise ValueError(line)

        return b"".join(read_recording(self.file, max_minutes=_LONGEST_MINUTES, warn=whole))


def recordings() -> dict[str, Recording]:
    """All of them, by name."""
    found = {}
    for name, (template, language) in _OWN.items():
        folder = _ROOT / "tests" / "dictations"
        text = (folder / f"{name}.txt").read_text(encoding="utf-8").replace("|", " ")
        found[name] = Recording(name, template, language, " ".join(text.split()), folder / f"{name}.flac")
    folder = _ROOT / "benchmarks" / "dictations"
    for language in Language:
        for row in read_table(folder / f"{language.value}_heldout.tsv", language=language):
            file = row.recording_in(folder / "sample")
            if file is not None:
                found[row.id] = Recording(row.id, row.template, language, row.text, file)
    return found
