"""A recording becomes a structured record: `python dictate_file.py visit.m4a ws://127.0.0.1:8760/v1/dictation`."""

import sys
from pathlib import Path

from wardscribe_client import dictate_file

record = dictate_file(Path(sys.argv[1]), template="chest_xray", language="en", url=sys.argv[2])
print(record.transcript.text)
print(record.fields)
