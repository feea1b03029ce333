#!/usr/bin/env python3
"""What an audit entry costs: how long its writer waits until it is on stable storage, alone and among others.

Every writer writes one entry after the other without a pause, which is far more than sessions do. The folder's disk
decides: give one on the disk that the data folder is to be on.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from provenance import commit, machine

from wardscribe_server.access.principal import LOCAL
from wardscribe_server.audit.entry import MAC_PURPOSE
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.audit.verification import verify
from wardscribe_server.vault.keys import MasterKey
from wardscribe_server.vault.vault import Vault

_EVENT = AuditEvent(
    action=AuditAction.READ,
    kind="record.read",
    outcome=AuditOutcome.SUCCESS,
    tenant=LOCAL.tenant,
    user=LOCAL.user,
    entity="0123456789abcdef01234567",
)


def main() -> int:
    """Measure and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=300, help="entries of each writer")
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--folder", type=Path, help="where the log is made; a temporary folder otherwise")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    rows = []
    for writers in options.writers:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            rows.append(_measured(Path(folder), writers, options.entries))
    results = {
        "benchmark": "audit_log",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit().model_dump(),
        "machine": machine().model_dump(),
        "entries_per_writer": options.entries,
        "writers": rows,
    }
    text = json.dumps(results, indent=1) + "\n"
    if options.output:
        options.output.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


def _measured(folder: Path, writers: int, count: int) -> dict[str, float]:
    vault = Vault(folder, MasterKey.random())
    log = AuditLog(folder, vault)
    log.write(_EVENT)
    waits: list[float] = []

    def work() -> None:
        for _ in range(count):
            began = time.perf_counter()
            log.write(_EVENT)
            waits.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(writers)]
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    log.close()
    began = time.perf_counter()
    verdict = verify(folder, LOCAL.tenant, key=vault.mac_key(LOCAL.tenant, MAC_PURPOSE))
    verified = time.perf_counter() - began
    total = writers * count
    if verdict.fault is not None or verdict.entries != total + 1:
        raise RuntimeError("the log is not whole")
    waits.sort()
    return {
        "writers": writers,
        "entries_per_s": round(total / took, 1),
        "wait_p50_ms": round(waits[total // 2] * 1000, 2),
        "wait_p95_ms": round(waits[total * 95 // 100] * 1000, 2),
        "wait_max_ms": round(waits[-1] * 1000, 2),
        "cpu_ms_per_entry": round(cpu / total * 1000, 3),
        "verify_entries_per_s": round(total / verified, 0),
    }


if __name__ == "__main__":
    sys.exit(main())
