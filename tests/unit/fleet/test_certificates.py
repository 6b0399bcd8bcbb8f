"""The certificates that scripts/fleet_certificates.sh makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/fleet_certificates.sh"


def made(folder: Path, host: str) -> x509.Certificate:
    subprocess.run([SCRIPT, host, folder], check=True, capture_output=True)
    return x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())


@pytest.mark.parametrize("host", ["db.lab.example", "10.0.0.7"])
def test_the_servers_certificate_is_for_its_host_and_signed_by_the_authority(tmp_path, host):
    server = made(tmp_path, host)
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == [host]
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0


def test_another_server_gets_a_certificate_of_the_same_authority(tmp_path):
    made(tmp_path, "one.example")
    before = (tmp_path / "ca.pem").read_bytes()
    made(tmp_path, "two.example")
    assert (tmp_path / "ca.pem").read_bytes() == before
