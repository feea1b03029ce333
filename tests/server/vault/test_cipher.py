"""Sealed bytes: open where they were sealed, and nowhere else."""

import pytest

from wardscribe_server.vault.cipher import KEY_BYTES, Cipher, KeyId, SealBrokenError

OLD, NEW = KeyId(1), KeyId(2)
KEYS = {OLD: b"a" * KEY_BYTES, NEW: b"b" * KEY_BYTES}


def cipher(*, current: KeyId = OLD, index_key: bytes = b"i" * KEY_BYTES) -> Cipher:
    return Cipher(KEYS, current=current, index_key=index_key)


def test_what_is_sealed_opens_at_its_place() -> None:
    assert cipher().unseal(cipher().seal(b"words", bound_to=b"row 7"), bound_to=b"row 7") == b"words"


def test_a_sealed_text_moved_elsewhere_does_not_open() -> None:
    sealed = cipher().seal(b"words", bound_to=b"row 7")
    with pytest.raises(SealBrokenError):
        cipher().unseal(sealed, bound_to=b"row 8")


@pytest.mark.parametrize("position", [0, 4, 8, 19, 20, 24, -1])
def test_one_changed_byte_anywhere_is_found(position: int) -> None:
    sealed = bytearray(cipher().seal(b"words", bound_to=b""))
    sealed[position] ^= 1
    with pytest.raises(SealBrokenError):
        cipher().unseal(bytes(sealed), bound_to=b"")


@pytest.mark.parametrize("length", [0, 3, 19, 20, 30])
def test_a_cut_text_is_found(length: int) -> None:
    with pytest.raises(SealBrokenError):
        cipher().unseal(cipher().seal(b"words", bound_to=b"")[:length], bound_to=b"")


def test_after_rotation_old_texts_still_open_and_new_ones_use_the_new_key() -> None:
    before = cipher().seal(b"words", bound_to=b"")
    rotated = cipher(current=NEW)
    assert rotated.unseal(before, bound_to=b"") == b"words"
    assert rotated.key_of(before) == OLD
    assert rotated.key_of(rotated.seal(b"words", bound_to=b"")) == NEW == rotated.current
    assert rotated.key_of(b"plain") is None
    assert rotated.key_of(b"plain text that is long enough") is None


def test_the_same_words_are_never_sealed_alike() -> None:
    assert cipher().seal(b"words", bound_to=b"") != cipher().seal(b"words", bound_to=b"")


def test_the_index_finds_a_number_again_and_depends_on_the_key() -> None:
    assert cipher().index("number") == cipher().index("number")
    assert cipher().index("number") != cipher(index_key=b"j" * KEY_BYTES).index("number")
