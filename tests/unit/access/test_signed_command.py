"""What is signed names the kind and the address; docs/locks.md has an example."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.access.signed_command import DoorCommand, MessageKind, genuine, signature

PAGE = Path(__file__).resolve().parents[3] / "docs/locks.md"
SECRET = b"correct horse battery staple"


@pytest.fixture(scope="module")
def example() -> tuple[str, str]:
    """The example of the documentation: a line for the shell, and what it prints."""
    [found] = re.findall(
        r"^```sh\n(printf .*)\n# ([0-9a-f]{64})\n```", PAGE.read_text(encoding="utf-8"), re.M
    )
    return found


def test_the_example_of_the_documentation_is_what_the_kiosk_sends(example: tuple[str, str]):
    line, printed = example
    [body] = re.findall(r"'(\{.*\})'", line)
    fields = json.loads(body)
    assert fields.pop("v") == 2
    command = DoorCommand(**fields)
    assert command.body().decode() == body
    said = signature(SECRET, MessageKind.COMMAND, "lab/door7/command", command.body())
    signed = b"munjigi 2 command\nlab/door7/command\n" + body.encode()
    assert said == printed == hmac.new(SECRET, signed, hashlib.sha256).hexdigest()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_shell_prints_what_the_documentation_says(example: tuple[str, str]):
    line, printed = example
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == printed


def test_kind_address_and_body_are_all_signed():
    given = signature(SECRET, MessageKind.INPUTS, "lab/door7/inputs", b"{}")
    assert genuine(SECRET, MessageKind.INPUTS, "lab/door7/inputs", b"{}", given)
    for kind, address, body in [
        (MessageKind.ANSWER, "lab/door7/inputs", b"{}"),
        (MessageKind.INPUTS, "lab/door8/inputs", b"{}"),
        (MessageKind.INPUTS, "lab/door7/inputs", b"{ }"),
    ]:
        assert not genuine(SECRET, kind, address, body, given)
    assert not genuine(b"another secret", MessageKind.INPUTS, "lab/door7/inputs", b"{}", given)
    assert not genuine(SECRET, MessageKind.INPUTS, "lab/door7/inputs", b"{}", "é")
