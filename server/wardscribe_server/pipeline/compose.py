"""From the words of a dictation to its record: the one path that text, files and live sessions share.

Always computed from all words so far: the same words give the same record, however they arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_protocol.record import Evidence, Language, Record, Source, Transcript
from wardscribe_server.lexicon.correction import Correction, Corrector
from wardscribe_server.pipeline.corrected import corrected
from wardscribe_server.pipeline.pending import pending
from wardscribe_server.pipeline.understanding.understand import Understander
from wardscribe_server.pipeline.values import Utterance, WordId, Written, is_han, words_from_text
from wardscribe_server.pipeline.writing.command_grammar import Action
from wardscribe_server.pipeline.writing.edits import EditLog
from wardscribe_server.pipeline.writing.habits import WritingHabits
from wardscribe_server.pipeline.writing.written_form import Dictated
from wardscribe_server.pipeline.writing.written_form import dictated as dictated_form


@dataclass(frozen=True, slots=True)
class Composed:
    """A record, the written text that it was read from, and how that text came about."""

    record: Record
    written: Written
    corrections: Mapping[WordId, tuple[Correction, ...]]  # the lexicon's, by the first word of the utterance
    log: EditLog
    records: tuple[Record, ...] = ()  # of a ward round, one a patient


class Composer:
    """Composes the record of one dictation. `corrector` puts right what a recogniser heard; text needs none."""

    def __init__(
        self,
        understander: Understander,
        *,
        template: str,
        language: Language,
        habits: WritingHabits | None = None,
        corrector: Corrector | None = None,
    ) -> None:
        self._understander = understander
        self._corrector = corrector
        self._habits = habits or WritingHabits()
        self._macros = self._habits.macros.for_template(template)
        self._corrected: dict[Utterance, tuple[Utterance, tuple[Correction, ...]]] = {}
        self.template = template
        self.language = language

    def compose(
        self, utterances: Sequence[Utterance], *, raw: str | None = None, edits: dict[str, JsonValue] | None = None
    ) -> Composed:
        """The record of everything said so far; `edits` (JSON pointer to value) win over what was dictated."""
        corrected_utterances = [self._correct(utterance) for utterance in utterances]
        dictated = self._write([utterance for utterance, _ in corrected_utterances])
        written = dictated.written
        understanding = self._understander.read(written, template=self.template)
        fields, evidence = understanding.fields, understanding.evidence
        for pointer, value in (edits or {}).items():
            fields, evidence = _edited(fields, evidence, pointer, value)
        checks = self._understander.check(fields, template=self.template) if edits else understanding.checks
        checks = (*checks, *pending(written, self.language))
        record = Record(
            template=self.template,
            language=self.language,
            transcript=Transcript(raw=raw if raw is not None else raw_text(utterances), text=written.text),
            fields=fields,
            evidence=evidence,
        )
        corrections = {
            utterance.words[0].id: made for utterance, (_, made) in zip(utterances, corrected_utterances, strict=True)
        }
        return Composed(record.model_copy(update={"checks": checks}), written, corrections, dictated.log)

    def command(self, name: str, argument: str) -> str:
        """How a command is said in this dictation's language.

        Raises: UnknownCommand.
        """
        try:
            return self._habits.commands.said(Action(name), argument, language=self.language)
        except (ValueError, LookupError):
            raise UnknownCommand from None

    def preview(self, text: str) -> str:
        """What is being said now, in written form: a preview reads like the report, not like the recogniser."""
        utterances = words_from_text(text.replace("|", " "))
        if self._corrector is not None:
            utterances = tuple(corrected(utterance, self._corrector)[0] for utterance in utterances)
        return self._write(utterances).written.text

    def _write(self, utterances: Sequence[Utterance]) -> Dictated:
        return dictated_form(
            utterances,
            language=self.language,
            macros=self._macros,
            commands=self._habits.commands,
            options=self._habits.options,
        )

    def _correct(self, utterance: Utterance) -> tuple[Utterance, tuple[Correction, ...]]:
        if self._corrector is None or utterance.by_hand:
            return utterance, ()
        if utterance not in self._corrected:
            self._corrected[utterance] = corrected(utterance, self._corrector)
        return self._corrected[utterance]


def raw_text(utterances: Sequence[Utterance]) -> str:
    """What the recogniser heard, as plain text: Chinese without spaces, everything else with."""
    text = ""
    for utterance in utterances:
        for word in () if utterance.by_hand else utterance.words:
            close = not text or (is_han(text[-1]) or text[-1] in "，。、；：？！") or is_han(word.text[:1])
            text += word.text if close else f" {word.text}"
    return text


class UnknownCommand(ValueError):
    """There is no such command, or not with this argument."""


class BadPointer(ValueError):
    """A JSON pointer does not lead to a field of the record."""


def leaves(value: JsonValue, pointer: str = "/fields") -> dict[str, JsonValue]:
    """Leaf values by JSON pointer, as the record contract's evidence names them."""
    if isinstance(value, dict):
        found: dict[str, JsonValue] = {}
        for key, item in value.items():
            found |= leaves(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
        return found
    if isinstance(value, list):
        found = {}
        for index, item in enumerate(value):
            found |= leaves(item, f"{pointer}/{index}")
        return found
    return {pointer: value}


def _edited(
    fields: dict[str, JsonValue], evidence: dict[str, Evidence], pointer: str, value: JsonValue
) -> tuple[dict[str, JsonValue], dict[str, Evidence]]:
    """`fields` with the leaf at `pointer` set by a person, and its evidence saying so."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("/fields/").split("/")]
    if not pointer.startswith("/fields/") or not all(steps):
        raise BadPointer
    kept = {key: item for key, item in evidence.items() if key != pointer and not key.startswith(pointer + "/")}
    changed = _without(fields, steps) if value is None else _with(fields, steps, value)
    assert isinstance(changed, dict), "the root of the fields is an object and stays one"
    if value is None:
        return changed, kept
    entry = Evidence(text=str(value), chars=None, confidence=1.0, source=Source.EDITED)
    return changed, kept | dict.fromkeys(leaves(value, pointer), entry)


def _with(node: JsonValue, steps: Sequence[str], value: JsonValue) -> JsonValue:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, list):
        if not step.isdecimal() or int(step) > len(node):
            raise BadPointer
        index = int(step)
        inner = node[index] if index < len(node) else _empty(rest)
        return [*node[:index], _with(inner, rest, value), *node[index + 1 :]]
    if node is None or isinstance(node, dict):
        table = dict(node or {})
        table[step] = _with(table.get(step, _empty(rest)), rest, value)
        return table
    raise BadPointer


def _empty(steps: Sequence[str]) -> JsonValue:
    """What `steps` start from where there is nothing yet: a list where they name an entry."""
    if not steps:
        return None
    return [] if steps[0].isdecimal() else {}


def _without(node: JsonValue, steps: Sequence[str]) -> JsonValue:
    """`node` without what `steps` lead to; entries of a list keep their places, so an emptied one stays as `{}`."""
    step, rest = steps[0], steps[1:]
    if isinstance(node, dict) and step in node:
        if rest:
            return node | {step: _without(node[step], rest)}
        return {key: value for key, value in node.items() if key != step}
    if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        index = int(step)
        return [*node[:index], _without(node[index], rest) if rest else {}, *node[index + 1 :]]
    raise BadPointer
