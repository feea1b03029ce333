"""A spaCy network for entities, as scispaCy's are built (hashed embeddings, convolutions, transitions).

Runs in an environment of its own (`pip install spacy`) and imports nothing of the product. scispaCy's weights are not
in the package registries, so `train` makes one from labelled sentences of the kind that it was trained from; `find`
reads JSON lines `{"language", "text"}` and writes `{"entities"}`.
"""

import argparse
import gzip
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import spacy
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch


def main() -> int:
    """Train or find."""
    parser = argparse.ArgumentParser(prog="spacy_entities.py")
    parser.add_argument("what", choices=("train", "find"))
    parser.add_argument("--model", type=Path, required=True, metavar="DIR")
    parser.add_argument("--examples", type=Path, action="append", metavar="PATH")
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    if options.what == "train":
        _train(options.examples, options.model, options.epochs)
    else:
        _find(options.model)
    return 0


def _train(paths: list[Path], model: Path, epochs: int) -> None:
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = [example for path in paths for example in _examples(nlp, path)]
    nlp.initialize(lambda: examples)
    order = random.Random(0)  # noqa: S311 - the order of sentences
    for epoch in range(epochs):
        order.shuffle(examples)
        losses: dict[str, float] = {}
        for batch in minibatch(examples, size=64):
            nlp.update(batch, drop=0.2, losses=losses)
        print(f"epoch {epoch}: loss {losses.get('ner', 0):.0f}", file=sys.stderr)
    nlp.to_disk(model)


def _examples(nlp: spacy.language.Language, path: Path) -> Iterator[Example]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            doc: Doc = nlp.make_doc(row["text"])
            labelled = [each for each in row["entities"] if each["label"] not in (None, "unknown")]
            spans = [doc.char_span(each["start"], each["end"], label=each["label"]) for each in labelled]
            reference = doc.copy()
            reference.ents = [span for span in spans if span is not None]
            yield Example(doc, reference)


def _find(model: Path) -> None:
    nlp = spacy.load(model)
    for line in sys.stdin:
        doc = nlp(json.loads(line)["text"])
        print(json.dumps({"entities": [(ent.start_char, ent.end_char, ent.label_, "") for ent in doc.ents]}))


if __name__ == "__main__":
    sys.exit(main())
