"""Write generated sentences: `python -m models.training.generator --out DIR --sentences N --seed S`.

Owns the command line and the files: `{train,dev,test}.{en,zh}.jsonl.gz`, each seen only when complete. Must not know
grammars' content.
"""

import argparse
import sys
from itertools import islice
from pathlib import Path

from models.training.examples import LANGUAGES, write
from models.training.generator.grammar import SPLITS, load
from models.training.generator.notation import BadGrammar
from models.training.generator.sentences import Sentences
from models.training.generator.terms import terms


def main() -> int:
    """Write all files; 2 for a grammar that cannot be read."""
    parser = argparse.ArgumentParser(prog="models.training.generator", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sentences", type=int, default=20_000, metavar="N", help="of each language, for training")
    parser.add_argument(
        "--held-out", type=int, default=1_000, metavar="N", help="of each language, for dev and for test"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=SPLITS)
    options = parser.parse_args()
    try:
        grammars = {language: load(language) for language in options.languages}
    except BadGrammar as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    for language, grammar in grammars.items():
        for split in options.splits:
            sentences = Sentences(grammar.of_split(split), terms(language, split), split=split, seed=options.seed)
            count = options.sentences if split == "train" else options.held_out
            path = options.out / f"{split}.{language}.jsonl.gz"
            sys.stdout.write(f"{path}: {write(path, islice(sentences, count))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
