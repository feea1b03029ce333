#!/usr/bin/env python3
"""Write docs/record.schema.json from the models, or say with --check whether it is fresh."""

import argparse
import json
import sys
from pathlib import Path

from wardscribe_protocol.schema import published_schema

SCHEMA_FILE = Path(__file__).resolve().parent.parent / "docs" / "record.schema.json"


def main() -> int:
    """Exit code: 0 written or fresh, 1 stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the file is stale")
    check = parser.parse_args().check
    text = json.dumps(published_schema(), indent=2, ensure_ascii=False) + "\n"
    if not check:
        SCHEMA_FILE.write_text(text, encoding="utf-8")
        return 0
    if SCHEMA_FILE.is_file() and SCHEMA_FILE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{SCHEMA_FILE}: stale, run scripts/record_schema.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
