"""`wardscribe serve` as its own process with a scripted recogniser, and a list of every file that it wrote to.

    python -m tests.hostile.canary_server OPENED LIMIT_BYTES serve …

OPENED takes the paths that were opened for writing, LIMIT_BYTES bounds every file (0: no bound), as a full disk does.
"""

import os
import resource
import sys
from collections.abc import Sequence
from functools import partial

import wardscribe_cli.serve
from tests.hostile.canaries import BROKEN, SPOKEN, SPOKEN_ZH
from wardscribe_cli.__main__ import main
from wardscribe_protocol.record import Language
from wardscribe_server import decoding
from wardscribe_server.app import Server
from wardscribe_server.engines.base import Effort, Hypothesis, Window
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_BREAKS_AFTER_S = 4.5  # a segment that is longer than this cannot be decoded


class Speaking(ScriptedRecogniser):
    """Says canaries; breaks with another one in its exception when a segment is long."""

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        if windows[0].effort is Effort.FINAL and len(windows[0].samples) > _BREAKS_AFTER_S * 16_000:
            raise RuntimeError(f"cannot decode {BROKEN}")
        said = SPOKEN_ZH if windows[0].language is Language.ZH else f"Indication: {SPOKEN}."
        self._texts = iter([said] * len(windows))
        return super().decode(windows)


def watch(report: str) -> None:
    """Write down which files are opened for writing, by whatever code."""
    sink = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
            os.write(sink, f"{arguments[0]}\n".encode(errors="backslashreplace"))

    sys.addaudithook(heard)


if __name__ == "__main__":
    decoding._RETRY_S = (0.1,)  # an engine that breaks for good is not asked for a minute
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if int(sys.argv[2]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    watch(sys.argv[1])
    wardscribe_cli.serve.Server = partial(Server, recogniser=Speaking([]), detector=LoudnessDetector())
    sys.argv[1:] = sys.argv[3:]
    sys.exit(main())  # as the command itself is run: with the guards of its process
