#!/usr/bin/env python3
"""The entity tagger beside rules, medspaCy and a spaCy network, over the same labelled sentences: scores as JSON.

Owns running all of them over the same text and scoring them alike. The peers run in an environment of their own:
`peers/medspacy_entities.py` (rules with our lexicon), `peers/spacy_entities.py` (a network as scispaCy ships, trained
there because its weights are in no package registry).
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from entity_examples import Entity, Example, read_examples, scored
from provenance import command_line, commit, input_file, machine

from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.understanding.entities import find_entities
from wardscribe_server.pipeline.understanding.tagged import TagMemory
from wardscribe_server.pipeline.understanding.tagged_entities import Layer
from wardscribe_server.whole_files import write_whole

_ROOT = Path(__file__).resolve().parents[1]
_PEERS = _ROOT / "benchmarks" / "peers"
_SOURCES = _ROOT / "models" / "training" / "sources.toml"
Found = list[list[Entity]]
System = Callable[[Sequence[Example]], Found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every system over every file; 0 when it was done, 2 for a bad argument or file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        results = _results(options, given)
    except WardscribeError as error:
        print(f"benchmarks/tagger_baselines.py: {error.message}", file=sys.stderr)
        return 2
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_whole(options.out, text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/tagger_baselines.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--examples", type=Path, required=True, action="append", metavar="PATH", help="labelled sentences"
    )
    parser.add_argument("--tagger", type=Path, metavar="DIR", help="folder of the tagger; the shipped one otherwise")
    parser.add_argument(
        "--sources", type=Path, default=_SOURCES, metavar="PATH", help="which labels a source annotates"
    )
    parser.add_argument("--python", type=Path, metavar="PATH", help="Python with medspaCy; without it no peers")
    parser.add_argument("--spacy-model", type=Path, metavar="DIR", help="a spaCy pipeline with entities, as a peer")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N sentences of each file")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    return parser


def _results(options: argparse.Namespace, given: Sequence[str]) -> dict[str, object]:
    readers = Readers(ServerSettings(tagger_folder=options.tagger))
    systems: dict[str, System] = {
        "rules": lambda examples: _ours(readers, examples, Layer.RULES),
        **(
            {
                "tagger": lambda examples: _ours(readers, examples, Layer.TAGGER),
                "rules_and_tagger": lambda examples: _ours(readers, examples, Layer.BOTH),
            }
            if readers.tagger is not None
            else {}
        ),
    }
    if options.python is not None:
        lexicons = _ROOT / "lexicons" / "wardscribe_lexicons"
        rules = [str(_PEERS / "medspacy_entities.py"), "--lexicons", str(lexicons)]
        systems["medspacy"] = lambda examples: _peer(options.python, rules, examples)
        if options.spacy_model is not None:
            network = [str(_PEERS / "spacy_entities.py"), "find", "--model", str(options.spacy_model)]
            systems["spacy_network"] = lambda examples: _peer(options.python, network, examples)
    sources = options.sources if options.sources.is_file() else None
    figures = {}
    for path in options.examples:
        examples = read_examples(path, sources=sources, limit=options.limit)
        figures[path.name] = {name: _measured(system, examples) for name, system in systems.items()}
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(given, program="benchmarks/tagger_baselines.py"),
        "commit": commit().model_dump(mode="json"),
        "machine": machine().model_dump(mode="json"),
        "tagger": _tagger(readers),
        "examples": [input_file(path).model_dump(mode="json") for path in options.examples],
        "notes": [
            "Strict: characters and label. `one_problem` counts finding, symptom and disease as one label. An entity "
            "whose label its source does not annotate throughout is not counted against who finds it.",
            "medspaCy gets our lexicon as target rules and its own ConText rules (English; for Chinese a few of ours).",
        ],
        "figures": figures,
    }


def _tagger(readers: Readers) -> dict[str, str] | None:
    capabilities = getattr(readers.tagger, "capabilities", None)
    if capabilities is None:
        return None
    return {"model": capabilities.model, "sha256": capabilities.model_sha256, "device": capabilities.device}


def _measured(system: System, examples: Sequence[Example]) -> dict[str, object]:
    started = time.perf_counter()
    found = system(examples)
    seconds = time.perf_counter() - started
    pairs = list(zip(examples, found, strict=True))
    return {
        "strict": scored(pairs).figures(),
        "one_problem": scored(pairs, one_problem=True).figures(),
        "ms_per_sentence": round(1000 * seconds / max(len(examples), 1), 2),
    }


def _ours(readers: Readers, examples: Sequence[Example], layer: Layer) -> Found:
    found: Found = []
    for example in examples:
        reader = readers.understander(Language(example.language)).reader
        tags = TagMemory(readers.tagger if layer is not Layer.RULES else None)
        entities = find_entities(example.text, reader=reader, tagged=tags.tagged(example.text), layer=layer)
        found.append(
            [Entity(each.start, each.end, (each.label.value,), each.assertion.presence.value) for each in entities]
        )
    return found


def _peer(python: Path, command: Sequence[str], examples: Sequence[Example]) -> Found:
    """What a peer finds: JSON lines with language and text in, with entities out.

    Raises: InputError when it cannot be run.
    """
    lines = [json.dumps({"language": example.language, "text": example.text}) for example in examples]
    try:
        done = subprocess.run(
            [str(python), *command], input="\n".join(lines), capture_output=True, text=True, check=True, env={}
        )
    except (OSError, subprocess.CalledProcessError) as error:
        last = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        raise InputError(f"{python}: {Path(command[0]).name} could not be run: {last}") from error
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [[Entity(start, end, (label,), presence) for start, end, label, presence in row["entities"]] for row in rows]


if __name__ == "__main__":
    sys.exit(main())
