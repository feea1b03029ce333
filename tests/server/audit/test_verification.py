"""`verify` finds every change: a byte anywhere, an entry gone, moved, put in or copied, an end cut, a file swapped."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.audit.test_audit_log import WARD, Clock, event
from wardscribe_server.audit.anchor import Anchor
from wardscribe_server.audit.entry import MAC_PURPOSE, Mac
from wardscribe_server.audit.files import log_files, tenant_folder
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.audit.verification import Fault, verify
from wardscribe_server.vault.keys import MasterKey
from wardscribe_server.vault.vault import Vault

ENTRIES = 9


class Kept:
    """A log of several files, and a copy to break."""

    def __init__(self, root: Path, *, count: int = ENTRIES, max_file_bytes: int = 1_400) -> None:
        self._whole, self._broken = root / "whole", root / "broken"
        vault = Vault(self._whole, MasterKey(b"m" * 32))
        log = AuditLog(self._whole, vault, now=Clock(), max_file_bytes=max_file_bytes)
        for number in range(count):
            log.write(event(number, reason="shift"))
        log.close()
        self.key = vault.mac_key(WARD, MAC_PURPOSE)
        self.restore()

    def restore(self) -> None:
        shutil.rmtree(self._broken, ignore_errors=True)
        shutil.copytree(self._whole, self._broken)

    @property
    def folder(self) -> Path:
        return tenant_folder(self._broken, WARD)

    @property
    def files(self) -> list[Path]:
        return [file.path for file in log_files(self.folder)]

    def fault(self, noted: Anchor | None = None) -> Fault | None:
        return verify(self._broken, WARD, key=self.key, noted=noted).fault

    def last(self) -> Anchor:
        found = verify(self._broken, WARD, key=self.key)
        return Anchor(number=found.entries, mac=found.last)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("audit"))


@pytest.fixture
def kept(shared: Kept) -> Kept:
    shared.restore()
    return shared


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_an_untouched_log_is_right(kept: Kept) -> None:
    assert len(kept.files) == 3
    assert kept.fault() is None


def test_any_other_byte_at_any_place_is_found(tmp_path: Path) -> None:
    """Every byte of every file, the head's padding included, with one bit turned."""
    kept = Kept(tmp_path, count=2, max_file_bytes=1)
    assert len(kept.files) == 2
    for path in (*kept.files, kept.folder / "head"):
        content = path.read_bytes()
        for place in range(len(content)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert kept.fault() is not None, (path.name, place)
        path.write_bytes(content)
    assert kept.fault() is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_changed_put_in_or_taken_out_are_found(kept: Kept, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*kept.files, kept.folder / "head"]))
    content = path.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    changed = content[:start] + data.draw(st.binary(max_size=40)) + content[end:]
    path.write_bytes(changed)
    try:
        assert (kept.fault() is None) == (changed == content)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("file", range(3))
@pytest.mark.parametrize("line", range(3))
def test_an_entry_taken_out_is_named(kept: Kept, file: int, line: int) -> None:
    path = kept.files[file]
    rewrite(path, lambda lines: lines[:line] + lines[line + 1 :])
    found = kept.fault()
    assert found is not None
    if (file, line) == (2, 2):
        assert "the end was cut off" in found.what
    elif line == 2:
        assert (found.file, found.line) == (str(kept.files[file + 1]), 0)
    else:
        assert (found.file, found.line) == (str(path), line + 1)
        assert f"entry {3 * file + line + 1} is missing" in found.what


def test_entries_in_another_order_are_named(kept: Kept) -> None:
    rewrite(kept.files[1], lambda lines: [lines[0], lines[2], lines[1]])
    assert kept.fault() == Fault(str(kept.files[1]), 2, "holds entry 6: entry 5 is missing before it")


def test_an_entry_put_in_is_named(kept: Kept) -> None:
    rewrite(kept.files[1], lambda lines: [lines[0], lines[0], *lines[1:]])
    assert kept.fault() == Fault(str(kept.files[1]), 2, "holds entry 4 where entry 5 belongs: put in or out of order")


def test_an_entry_made_without_the_key_is_named(kept: Kept) -> None:
    rewrite(kept.files[1], lambda lines: [lines[0], lines[1].replace(b"u-12", b"u-13"), lines[2]])
    found = kept.fault()
    assert found is not None
    assert (found.line, "was changed" in found.what) == (2, True)


def test_a_file_taken_out_renamed_or_swapped_is_named(kept: Kept) -> None:
    first, middle, last = kept.files
    middle.unlink()
    assert "entries 4 to 6 are missing" in str(kept.fault())
    kept.restore()
    last.unlink()
    assert "says 9 entries, but the log ends after 6" in str(kept.fault())
    kept.restore()
    middle.rename(middle.with_name(middle.name.replace("000000000004", "000000000007")))
    assert kept.fault() is not None
    kept.restore()
    first.write_bytes(middle.read_bytes())
    assert kept.fault() is not None
    kept.restore()
    middle.rename(middle.with_suffix(".old"))
    assert kept.fault() is not None


def test_a_log_put_back_to_an_older_state_is_found_by_an_entry_noted_elsewhere(kept: Kept, tmp_path: Path) -> None:
    noted = kept.last()
    assert kept.fault(noted) is None
    shutil.rmtree(kept.folder)
    assert kept.fault() is None, "nothing on this machine can say so"
    assert "not the one that was noted" in str(kept.fault(noted))
    kept.restore()
    assert kept.fault(Anchor(number=noted.number, mac=Mac("0" * 64))) is not None


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [(b'"action":', b'"action": '), (b'"R"', b'"\\u0052"'), (b'{"action":"R"', b'{"action":"C","action":"R"')],
)
def test_an_entry_in_another_spelling_is_found(kept: Kept, written: bytes, otherwise: bytes) -> None:
    """The same to a reader of JSON, so the MAC over its values alone would agree."""
    rewrite(kept.files[0], lambda lines: [lines[0].replace(written, otherwise, 1), *lines[1:]])
    assert kept.fault() == Fault(str(kept.files[0]), 1, "was changed, or not written by this server")
