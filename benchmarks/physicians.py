#!/usr/bin/env python3
"""The physicians' cases of the tests, both halves in both languages: slot counts and F1 as JSON.

Owns adding up; the cases, their gold and the comparison are those of `tests/server/understand`. The held-out halves
were only measured: before anything was changed for these cases, in between, and after; nothing was changed for them.
The strangers' held-out halves were measured twice: when they were written, and at the end.

`--without-terms N` takes N percent of the findings, symptoms, diseases, drugs and tests out of the lexicon, to see what
is found of what no list knows. They are chosen as training chooses: of the terms that the first 15 percent take, none
was drawn for the tagger's training sentences; past that some were.
"""

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT))

from provenance import command_line, commit, machine  # noqa: E402 - after the path to the tests

from tests.server.understand.gold import Score, compare  # noqa: E402 - after the path to the tests
from tests.server.understand.physicians.short_gold import cases  # noqa: E402 - after the path to the tests
from wardscribe_lexicons import Lexicon, Term, TermClass, load  # noqa: E402 - after the path to the tests
from wardscribe_protocol.record import Language  # noqa: E402 - after the path to the tests
from wardscribe_server.assembly import build_tagger  # noqa: E402 - after the path to the tests
from wardscribe_server.catalog import load_catalog  # noqa: E402 - after the path to the tests
from wardscribe_server.config import ServerSettings  # noqa: E402 - after the path to the tests
from wardscribe_server.engines.base import Tagger  # noqa: E402 - after the path to the tests
from wardscribe_server.pipeline.compose import Composer  # noqa: E402 - after the path to the tests
from wardscribe_server.pipeline.understanding.tagged import TagMemory  # noqa: E402 - after the path to the tests
from wardscribe_server.pipeline.understanding.understand import Understander  # noqa: E402 - after the path to the tests
from wardscribe_server.pipeline.values import words_from_text  # noqa: E402 - after the path to the tests
from wardscribe_server.whole_files import write_whole  # noqa: E402 - after the path to the tests

_TAKEN = frozenset(
    (TermClass.FINDING, TermClass.SYMPTOM, TermClass.DISEASE, TermClass.DRUG, TermClass.TEST)
)  # what --without-terms takes away
_FILES = tuple(
    f"{language}{writers}_{half}"
    for writers in ("", "_strangers")
    for language in ("en", "zh")
    for half in ("dev", "held_out")
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all four files."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="benchmarks/physicians.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--no-tagger", dest="tagger", action="store_false", help="with rules alone")
    parser.add_argument("--tagger-folder", type=Path, metavar="DIR", help="folder of the tagger; the shipped otherwise")
    parser.add_argument(
        "--without-terms", type=int, default=0, choices=range(101), metavar="N", help="leave N percent of the terms out"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    parser.add_argument("--only", nargs="+", choices=_FILES, default=_FILES, metavar="NAME", help="these files alone")
    options = parser.parse_args(given)
    tagger = build_tagger(ServerSettings(tagger=options.tagger, tagger_folder=options.tagger_folder))
    read_by = {language: _understander(language, options.without_terms) for language in Language}
    results = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(given, program="benchmarks/physicians.py"),
        "commit": commit().model_dump(mode="json"),
        "machine": machine().model_dump(mode="json"),
        "tagger": tagger.capabilities.model_sha256 if tagger is not None else None,
        "figures": {name: _measured(name, read_by, tagger) for name in options.only},
    }
    text = json.dumps(results, indent=2, ensure_ascii=False) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_whole(options.out, text)
    return 0


def _understander(language: Language, without_terms: int) -> Understander:
    """The reader of a language, `without_terms` percent of its terms taken away."""
    lexicon = load(language.value)
    kept = tuple(term for term in lexicon.terms if term.term_class not in _TAKEN or _place(term) < 100 - without_terms)
    return Understander(
        catalog=load_catalog(), lexicon=Lexicon(lexicon.language, kept, lexicon.heads), language=language
    )


def _place(term: Term) -> int:
    """0..99, the same for all forms of a concept: by it training divides the terms."""
    return int.from_bytes(hashlib.sha256((term.concept or term.preferred).lower().encode()).digest()[:4], "big") % 100


def _measured(
    name: str, read_by: Mapping[Language, Understander], tagger: Tagger | None
) -> dict[str, dict[str, float]]:
    """Counts of one file, over all templates and by template."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    for case in cases(name):
        template = str(case["template"])
        language = Language(str(case["language"]))
        composer = Composer(read_by[language], template=template, language=language, tags=TagMemory(tagger))
        record = composer.compose(words_from_text(str(case["text"]))).record
        unscored = case["unscored"]
        assert isinstance(unscored, list)
        fields = {key: value for key, value in record.fields.items() if key not in unscored}
        for group in ("all", template):
            compare(case["fields"], fields, scores[group])
    return {
        group: {
            "f1": round(score.f1, 4),
            "right": score.right,
            "missed": score.missed,
            "extra": score.extra,
            "wrong": score.wrong,
            "critical_per_100": round(100 * score.critical / max(1, score.right + score.missed + score.wrong), 2),
        }
        for group, score in sorted(scores.items())
    }


if __name__ == "__main__":
    sys.exit(main())
