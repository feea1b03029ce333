"""From the words of a dictation to its record: the one path that text, files and live sessions share.

Always computed from all words so far: the same words give the same record, however they arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_server.lexicon.correction import Correction, Corrector
from wardscribe_server.pipeline.corrected import corrected
from wardscribe_server.pipeline.disputed import heard_two_ways
from wardscribe_server.pipeline.held import NOTHING_HELD, HeldValues, Holdings
from wardscribe_server.pipeline.pending import pending
from wardscribe_server.pipeline.understanding.rereading import Read
from wardscribe_server.pipeline.understanding.tagged import TagMemory
from wardscribe_server.pipeline.understanding.understand import Understander
from wardscribe_server.pipeline.values import Utterance, WordId, Written, is_han, joined, words_from_text
from wardscribe_server.pipeline.verification import Questions
from wardscribe_server.pipeline.writing.command_grammar import Action
from wardscribe_server.pipeline.writing.edits import EditLog
from wardscribe_server.pipeline.writing.habits import WritingHabits
from wardscribe_server.pipeline.writing.written_form import Dictated, Memory
from wardscribe_server.pipeline.writing.written_form import dictated as dictated_form


@dataclass(frozen=True, slots=True)
class Part:
    """What one patient of a ward round gets of a dictation: a record, how its text came about, and the words."""

    record: Record
    log: EditLog
    words: frozenset[WordId]


@dataclass(frozen=True, slots=True)
class Composed:
    """A record, the written text that it was read from, and how that text came about."""

    record: Record
    written: Written
    corrections: Mapping[WordId, tuple[Correction, ...]]  # the lexicon's, by the first word of the utterance
    log: EditLog
    proposed: Mapping[str, JsonValue]  # the machine's fields, before a person's
    held: HeldValues  # a person's, of this record
    parts: tuple[Part, ...] = ()  # of a ward round, one a patient

    @property
    def records(self) -> tuple[Record, ...]:
        """Of a ward round, one a patient."""
        return tuple(part.record for part in self.parts)

    def held_with(self, held: HeldValues, *, holdings: Holdings, last: WordId) -> Holdings:
        """`holdings` with `held` as what is held of this record, after the word `last` was said."""
        words = next((part.words for part in self.parts if part.record is self.record), None)
        return holdings.with_held(held, words=words, last=last)


class Composer:
    """Composes the record of one dictation. `corrector` puts right what a recogniser heard; text needs none.

    `tags` asks the tagger, where there is one, and remembers its answers also when all else is forgotten: a sentence
    has one answer.
    """

    def __init__(
        self,
        understander: Understander,
        *,
        template: str,
        language: Language,
        habits: WritingHabits | None = None,
        corrector: Corrector | None = None,
        context: Context | None = None,
        tags: TagMemory | None = None,
    ) -> None:
        self._understander = understander
        self._tags = tags if tags is not None else TagMemory(None)
        self._corrector = corrector
        self._habits = habits or WritingHabits()
        self._macros = self._habits.macros.for_template(template)
        self._written = Memory()
        self._read: Read | None = None
        self._corrected: dict[Utterance, tuple[Utterance, tuple[Correction, ...]]] = {}
        self.template = template
        self.language = language
        self.context = context  # what the session knows of patient and order; may become known during the dictation

    def compose(
        self, utterances: Sequence[Utterance], *, raw: str | None = None, held: HeldValues = NOTHING_HELD
    ) -> Composed:
        """The record of everything said so far; what a person holds wins over what was dictated."""
        corrected_utterances = [self._correct(utterance) for utterance in utterances]
        dictated = self._write([utterance for utterance, _ in corrected_utterances], memory=self._written)
        written = dictated.written
        tagged = self._tags.tagged(written.text)
        understanding = self._understander.read(written, template=self.template, earlier=self._read, tagged=tagged)
        self._read = understanding.read
        fields, evidence, disputed = held.laid_over(understanding.fields, understanding.evidence, text=written.text)
        checks = self._understander.check(
            fields, evidence, written=written, template=self.template, context=self.context, disputed=disputed
        )
        checks = (*checks, *pending(written, self.language))
        checks = (*checks, *heard_two_ways(utterances, written, evidence, self.language))
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
        record = record.model_copy(update={"checks": checks})
        return Composed(record, written, corrections, dictated.log, understanding.fields, held)

    def compose_holding(self, utterances: Sequence[Utterance], holdings: Holdings) -> Composed:
        """The record of everything said so far, with what a person holds of each patient: here there is one."""
        return self.compose(utterances, held=holdings.of(None))

    def forget(self) -> None:
        """Compose the next record without anything remembered of earlier ones."""
        self._written = Memory()
        self._read = None

    def command(self, name: str, argument: str) -> str:
        """How a command is said in this dictation's language.

        Raises: UnknownCommand.
        """
        try:
            return self._habits.commands.said(Action(name), argument, language=self.language)
        except (ValueError, LookupError):
            raise UnknownCommand from None

    def questions(self, utterance: Utterance) -> Questions | None:
        """What the audio of an utterance should be asked about; None where nothing is in doubt."""
        if self._corrector is None or utterance.by_hand:
            return None
        text, _ = joined([word.text for word in utterance.words])
        doubts = self._corrector.doubts(text, alternatives=utterance.alternatives)
        return Questions(doubts, self._correct(utterance)[1]) if doubts else None

    def preview(self, text: str) -> str:
        """What is being said now, in written form: a preview reads like the report, not like the recogniser."""
        utterances = words_from_text(text.replace("|", " "))
        if self._corrector is not None:
            utterances = tuple(corrected(utterance, self._corrector)[0] for utterance in utterances)
        return self._write(utterances, memory=None).written.text

    def _write(self, utterances: Sequence[Utterance], *, memory: Memory | None) -> Dictated:
        return dictated_form(
            utterances,
            language=self.language,
            macros=self._macros,
            commands=self._habits.commands,
            options=self._habits.options,
            continued=self._corrector.continued if self._corrector is not None else None,
            memory=memory,
        )

    def _correct(self, utterance: Utterance) -> tuple[Utterance, tuple[Correction, ...]]:
        if self._corrector is None or utterance.by_hand:
            return utterance, ()
        if utterance not in self._corrected:
            self._corrected[utterance] = corrected(utterance, self._corrector)
        return self._corrected[utterance]


def raw_text(utterances: Sequence[Utterance]) -> str:
    """What the recogniser heard, as plain text: Chinese without spaces, everything else with."""
    parts: list[str] = []
    last = ""
    for utterance in utterances:
        for word in () if utterance.by_hand else utterance.words:
            if last and not (is_han(last) or last in "，。、；：？！" or is_han(word.text[:1])):
                parts.append(" ")
            parts.append(word.text)
            last = word.text[-1:] or last
    return "".join(parts)


class UnknownCommand(ValueError):
    """There is no such command, or not with this argument."""
