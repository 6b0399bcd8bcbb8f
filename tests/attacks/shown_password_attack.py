"""A camera's password read from screens, settings, errors, or what libraries print."""

from __future__ import annotations

import contextlib
import io
import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.cli import main
from kiosk.core.config import CameraConfig
from kiosk.core.errors import KioskError
from kiosk.core.settings import setting_rows, settings_of
from kiosk.vision.camera.sources import open_camera
from tests.attacks.table import Outcome, attack
from tests.helpers.secret_addresses import FORMS

_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789@/:#?%&=!é암 "
_LOCAL = tuple(
    form.replace("10.0.0.2:554", "10.0.0.2").replace("10.0.0.2", "127.0.0.1:9") for form in FORMS
)
"""The same addresses on this machine, where nobody answers at once."""


@attack("D22", "read a camera's password where its address is shown", tries=5_000, short=150)
def settings(folder: Path, tries: int) -> Outcome:
    """Set addresses with random passwords; look at the settings as screen, command and log do."""
    draw = random.Random(22)
    config = default_config()
    found = set()
    for number in range(tries):
        form = FORMS[number % len(FORMS)]
        secret = "Q" + "".join(draw.choices(_LETTERS, k=draw.randint(4, 16))) + "9Z"
        source = form.format(secret)
        changed = config.with_table("camera", replace(config.camera, source=source))
        setting = next(one for one in settings_of(changed) if one.key == "camera.source")
        shown = [setting.words(setting.value), dict(setting_rows(changed))["camera.source"]]
        with contextlib.suppress(KioskError):
            setting.parse(source + " ***")
        if any(secret in text for text in shown):
            found.add(form)
    return tries, len(found), "; ".join(sorted(found))


@attack("D22", "read a camera's password in errors and on stderr", tries=len(FORMS), short=3)
def errors(folder: Path, tries: int) -> Outcome:
    """Open addresses where nobody answers; read the errors, and what commands and libraries say."""
    found = set()
    cases = [form for form in _LOCAL if "://" not in form or "127.0.0.1" in form]
    for number in range(tries):
        form = cases[number % len(cases)]
        secret = f"Gk7{number}xQ"
        source = form.format(secret)
        with _stderr() as written:
            try:
                open_camera(source, CameraConfig())
            except KioskError as error:
                written.write(str(error))
            words = ["enroll", "1", "x", "--consent", "--images", source]
            with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written):
                main([*words, "--data-dir", str(folder / "data")])
        if secret in written.getvalue():
            found.add(form)
    return tries, len(found), "; ".join(sorted(found))


@contextlib.contextmanager
def _stderr() -> Iterator[io.StringIO]:
    """Collect what is written to the file descriptor of stderr, also by libraries."""
    written = io.StringIO()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield written
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            written.write(file.read().decode(errors="replace"))
