#!/usr/bin/env python3
"""Measure the written form alone: words a second on one core, and slips in generated sentences, as JSON.

Owns the command line and the figures. `benchmarks/README.md` says what each figure means.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from dose_sentences import sentence, slips
from provenance import Commit, Machine, commit, machine, versions
from pydantic import BaseModel, ConfigDict, Field

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import Utterance, words_from_text
from wardscribe_server.pipeline.writing.written_form import write
from wardscribe_server.whole_files import write_whole

_SEED = 20261123


class FormModel(BaseModel):
    """Base of the result file's parts."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LanguageFigures(FormModel):
    """One language."""

    sentences: int
    words: int = Field(description="Words in English, characters in Chinese")
    slips_quantity: int
    slips_side_or_negation: int
    not_idempotent: int
    words_per_second: int = Field(
        description="Processor seconds of one core, the median of the rounds, one sentence a call"
    )
    words_per_second_dictation: int = Field(description="The same for dictations of 40 utterances a call")


class FormResults(FormModel):
    """One run."""

    schema_: Literal["wardscribe.benchmark.written_form/1"] = Field(
        default="wardscribe.benchmark.written_form/1", alias="schema"
    )
    date: str
    command: str
    commit: Commit
    machine: Machine
    versions: dict[str, str]
    seed: int
    rounds: int
    figures: dict[str, LanguageFigures]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when nothing slipped, 1 when something did."""
    parser = argparse.ArgumentParser(description="speed and safety of the written form, as JSON")
    parser.add_argument("--sentences", type=int, default=10_000, help="generated sentences in all (default 10000)")
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds; the median counts (default 5)")
    parser.add_argument("--out", type=Path, help="result file; standard output without it")
    options = parser.parse_args(arguments)
    results = FormResults(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=f"benchmarks/written_form.py --sentences {options.sentences} --rounds {options.rounds}",
        commit=commit(),
        machine=machine(),
        versions=versions(),
        seed=_SEED,
        rounds=options.rounds,
        figures={
            language.value: measured(language, sentences=options.sentences // len(Language), rounds=options.rounds)
            for language in Language
        },
    )
    text = results.model_dump_json(by_alias=True, indent=1) + "\n"
    if options.out:
        write_whole(options.out, text)
    else:
        sys.stdout.write(text)
    return int(any(one.slips_quantity + one.slips_side_or_negation for one in results.figures.values()))


def measured(language: Language, *, sentences: int, rounds: int) -> LanguageFigures:
    """Slips and speed over generated sentences of one language."""
    dice = random.Random(_SEED)  # noqa: S311 - the same sentences every time, no secret
    drawn = [sentence(dice, language=language) for _ in range(sentences)]
    said = [words_from_text(spoken) for spoken, _ in drawn]
    texts = [write(utterances, language=language).text for utterances in said]
    found = [
        slips(spoken, text, quantities, language=language)
        for (spoken, quantities), text in zip(drawn, texts, strict=True)
    ]
    again = [write(words_from_text(text), language=language).text for text in texts]
    dictations = [tuple(utterance for one in said[at : at + 40] for utterance in one) for at in range(0, len(said), 40)]
    words = sum(len(utterance.words) for one in said for utterance in one)
    return LanguageFigures(
        sentences=sentences,
        words=words,
        slips_quantity=sum(one.quantity for one in found),
        slips_side_or_negation=sum(one.guarded for one in found),
        not_idempotent=sum(text != second for text, second in zip(texts, again, strict=True)),
        words_per_second=_rate(said, words, language=language, rounds=rounds),
        words_per_second_dictation=_rate(dictations, words, language=language, rounds=rounds),
    )


def _rate(dictations: Sequence[Sequence[Utterance]], words: int, *, language: Language, rounds: int) -> int:
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        for utterances in dictations:
            write(utterances, language=language)
        seconds.append(time.process_time() - start)
    return round(words / statistics.median(seconds))


if __name__ == "__main__":
    sys.exit(main())
