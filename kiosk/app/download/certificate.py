"""A certificate for one download, made on the spot and kept in memory."""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(hours=1)
"""Longer than any download; clocks of telephones may differ by as much before it."""


@dataclass(frozen=True, slots=True)
class DownloadCertificate:
    """``context``: for a server. ``fingerprint``: SHA-256 of the certificate, in upper-case
    hexadecimal pairs as browsers show it."""

    context: ssl.SSLContext
    fingerprint: str


def make_certificate(address: str) -> DownloadCertificate:
    """Return a self-signed certificate for the IP ``address`` with a new key (P-256)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Munjigi")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_FOR)
        .not_valid_after(now + VALID_FOR)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    digest = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return DownloadCertificate(_context(secret + public), digest)


def _context(pem: bytes) -> ssl.SSLContext:
    """Return a server's context; ssl reads keys from files only, so this one is in memory."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    file = os.memfd_create("munjigi-download")
    try:
        os.write(file, pem)
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
    return context
