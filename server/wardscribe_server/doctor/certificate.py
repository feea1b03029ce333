"""The files for TLS: readable, private, belonging together, and still valid for a while."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from wardscribe_server.doctor.findings import Finding, fail, ok, warn

_SOON = timedelta(days=21)


def examine_certificate(
    certificate: Path | None, key: Path | None, *, now: datetime | None = None
) -> Iterator[Finding]:
    """One finding at least. Neither file: the server speaks plain HTTP."""
    if certificate is None and key is None:
        yield ok("tls", "none set: fit for this machine alone")
        return
    if certificate is None or key is None:
        yield fail("tls", "certificate and key belong together; set both")
        return
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        secret = load_pem_private_key(key.read_bytes(), password=None)
    except OSError as error:
        yield fail("tls", f"{error.filename}: cannot be read ({error.strerror})")
        return
    except (ValueError, TypeError):
        yield fail("tls", f"{certificate} and {key}: not a certificate and an unencrypted key in PEM")
        return
    if _spki(chain[0].public_key()) != _spki(secret.public_key()):
        yield fail("tls", f"{key} is not the key of {certificate}")
        return
    if key.stat().st_mode & 0o077:
        yield warn("tls", f"others on this machine can read {key}; run `chmod 600 {key}`")
    yield _validity(chain, now or datetime.now(UTC))


def _validity(chain: list[x509.Certificate], now: datetime) -> Finding:
    begins = max(each.not_valid_before_utc for each in chain)
    ends = min(each.not_valid_after_utc for each in chain)
    if now < begins:
        return fail("tls", f"the certificate is valid from {begins.date()} only; is the clock right?")
    if now >= ends:
        return fail("tls", f"the certificate expired on {ends.date()}; renew it")
    if ends - now < _SOON:
        return warn("tls", f"the certificate expires on {ends.date()}; renew it")
    return ok("tls", f"valid until {ends.date()}")


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
