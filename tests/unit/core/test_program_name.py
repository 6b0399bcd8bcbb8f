"""How texts tell people to start the program."""

from __future__ import annotations

import sys

import pytest

from kiosk.core import paths
from kiosk.core.program_name import program_name


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("/usr/bin/munjigi", "munjigi"),
        ("kiosk/__main__.py", "python -m kiosk"),
        ("./run_kiosk.py", "python run_kiosk.py"),
    ],
)
def test_program_is_named_as_it_was_started(monkeypatch, started, expected):
    monkeypatch.setattr(sys, "argv", [started])
    assert program_name() == expected


def test_program_of_the_debian_package_is_munjigi(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["/usr/lib/munjigi/run_kiosk.py"])
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert program_name() == "munjigi"
