"""The doctor on TLS files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from tests.server.doctor.test_storage import advice, levels
from wardscribe_server.doctor.certificate import examine_certificate

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=90)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ward.invalid")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(7)
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .sign(secret, hashes.SHA256())
    )
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(certificate.public_bytes(Encoding.PEM))
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    return chain, key


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [(-1, "fail", "clock"), (1, "ok", "valid until"), (75, "warn", "expires on"), (90, "fail", "expired on")],
)
def test_validity_is_told_in_time(files: tuple[Path, Path], days: int, level: str, said: str) -> None:
    found = list(examine_certificate(*files, now=BEGINS + timedelta(days=days)))
    assert levels(found) == {"tls": level}
    assert said in advice(found)


def test_files_that_do_not_fit_are_failures(files: tuple[Path, Path], tmp_path: Path) -> None:
    chain, key = files
    other, locked = tmp_path / "other.pem", tmp_path / "locked.pem"
    secret = ec.generate_private_key(ec.SECP256R1())
    other.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    locked.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")))
    for wrong, said in (
        ((chain, other), "not the key of"),
        ((chain, locked), "unencrypted"),
        ((key, chain), "not a certificate"),
        ((chain, tmp_path / "none.pem"), "cannot be read"),
        ((chain, None), "belong together"),
        ((None, key), "belong together"),
    ):
        found = list(examine_certificate(*wrong, now=BEGINS))
        assert levels(found) == {"tls": "fail"}
        assert said in advice(found)


def test_a_key_that_others_can_read_is_a_warning_and_no_files_are_fine(files: tuple[Path, Path]) -> None:
    files[1].chmod(0o644)
    found = list(examine_certificate(*files, now=BEGINS + timedelta(days=1)))
    assert [finding.level.value for finding in found] == ["warn", "ok"]
    assert levels(examine_certificate(None, None)) == {"tls": "ok"}
