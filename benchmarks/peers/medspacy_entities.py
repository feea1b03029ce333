"""medspaCy's rules as a finder of entities: JSON lines `{"language", "text"}` in, `{"entities"}` out.

Runs in an environment of its own (`pip install medspacy`) and imports nothing of the product; from the product it gets
its lexicon tables as target rules. English has medspaCy's own sentences and ConText rules; Chinese, which medspaCy does
not support, single characters and the few cues of `medspacy_rules`.
"""

import argparse
import json
import sys
from pathlib import Path

from medspacy_rules import Baseline


def main() -> int:
    """Read lines until there are none."""
    parser = argparse.ArgumentParser(prog="medspacy_entities.py")
    parser.add_argument("--lexicons", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    rules: dict[str, Baseline] = {}
    for line in sys.stdin:
        case = json.loads(line)
        language = case["language"]
        if language not in rules:
            rules[language] = Baseline(language, lexicons=options.lexicons, templates=Path("nowhere"))
        print(json.dumps({"entities": rules[language].entities(case["text"])}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
