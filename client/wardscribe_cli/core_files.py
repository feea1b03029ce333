"""Keeps the memory of this process out of core files: a crash must not write to the disk what was dictated."""

import ctypes
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4  # <linux/prctl.h>; a limit of 0 alone does not hold for a core that is piped to a program


def forbid_core_files() -> None:
    """From here on the system keeps no image of this process, where the system can be told so."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
