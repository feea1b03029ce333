"""The scripted command set: dictations of several physicians, half of them look-alikes, written before the rules were.

A line of `commands_*.jsonl` is a dictation (` | ` is a pause), what it leaves, and the commands that it holds.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import Dictated, dictated

HERE = Path(__file__).parent
GOAL = 0.99


@dataclass(frozen=True, slots=True)
class Script:
    id: str
    language: Language
    physician: str
    trap: bool
    text: str
    written: str
    commands: tuple[str, ...]

    def played(self) -> Dictated:
        return dictated(words_from_text(self.text), language=self.language)


def scripts(language: Language) -> list[Script]:
    rows = [json.loads(line) for line in (HERE / f"commands_{language}.jsonl").read_text("utf-8").splitlines()]
    return [Script(language=language, **row | {"commands": tuple(row["commands"])}) for row in rows]


@pytest.mark.parametrize("script", [*scripts(Language.EN), *scripts(Language.ZH)], ids=lambda script: script.id)
def test_a_scripted_dictation_leaves_what_its_commands_say(script: Script) -> None:
    played = script.played()
    assert tuple(entry.action for entry in played.log.commands()) == script.commands
    assert played.written.text == script.written


@pytest.mark.parametrize("language", list(Language))
def test_the_scripted_set_is_large_and_half_of_it_are_look_alikes(language: Language) -> None:
    found = scripts(language)
    assert len(found) >= 150
    assert len({script.id for script in found}) == len(found)
    assert len({script.text for script in found}) == len(found)
    assert sum(script.trap for script in found) >= 0.5 * len(found)
    assert len({script.physician for script in found}) >= 4


@pytest.mark.parametrize("language", list(Language))
def test_precision_and_recall_of_commands_reach_the_goal(language: Language) -> None:
    right = recognised = expected = 0
    for script in scripts(language):
        got, want = Counter(entry.action for entry in script.played().log.commands()), Counter(script.commands)
        right += (got & want).total()
        recognised += got.total()
        expected += want.total()
    assert right / recognised >= GOAL
    assert right / expected >= GOAL
