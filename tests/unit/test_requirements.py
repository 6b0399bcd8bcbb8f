"""Every package is installed at one version, from files whose hashes are known."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
EXTRAS = {
    "run": ("gpio", "serial", "mqtt"),
    "test": ("learning", "gpio", "serial", "mqtt", "test", "lint"),
    "docs": ("docs",),
}
BY_INDEX = {"torch", "torchvision"}
"""Their builds differ from index to index, so they have no hashes."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Return the version of each package in the lines NAME==VERSION."""
    found = re.findall(r"(?m)^(\S+?)==(\S+)(?!.*'win32')", text)  # the kiosk runs on Linux
    return {normal(name): version for name, version in found}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_the_pinned_version_and_hashes(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    pinned = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert {name: pinned.get(name) for name in pins(text)} == pins(text), "run scripts/lock.sh"
    blocks = re.split(r"(?m)^(?=\S)", text)[1:]
    assert len(blocks) >= len(pins(text)) and not BY_INDEX & set(pins(text))
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", EXTRAS)
def test_everything_that_is_needed_is_locked(name: str) -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"]
    for extra in EXTRAS[name]:
        lines += config["options.extras_require"][extra]
    locked = pins((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"))
    needed = {key: version for key, version in pins(lines).items() if key not in BY_INDEX}
    assert needed.items() <= locked.items(), "run scripts/lock.sh"


def test_the_package_and_the_set_up_install_nothing_else() -> None:
    for script in ("setup.sh", "build_deb.sh"):
        assert "--require-hashes" in (ROOT / "scripts" / script).read_text(encoding="utf-8")
