"""The wheel, installed in an empty environment far from the source tree, runs by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (
    "assets",
    "kiosk",
    "weights",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
)


class Installed:
    """The package in an environment of its own, and the folder in which its commands run."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "venv" / "bin"
        self.work = folder / "work"
        self.cache = folder / "cache"
        self.work.mkdir()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("PYTHON")
        } | {
            "MUNJIGI_DATA": str(self.work / "data"),
            "XDG_CACHE_HOME": str(self.cache),
            "QT_QPA_PLATFORM": "offscreen",
        }
        return subprocess.run(
            [self.bin / words[0], *words[1:]],
            cwd=self.work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )


def pip(*words: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *words],
        check=True,
        capture_output=True,
        timeout=180,
    )


def build_wheel(folder: Path) -> Path:
    """Build from a copy, so that nothing is written into the source tree."""
    source = folder / "source"
    source.mkdir()
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            skip = shutil.ignore_patterns("__pycache__", "cache")
            shutil.copytree(ROOT / name, source / name, ignore=skip)
        else:
            shutil.copy(ROOT / name, source / name)
    pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, source)
    shutil.rmtree(source)
    return next(folder.glob("*.whl"))


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    wheel = build_wheel(tmp_path)
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", "--no-compile", wheel)
    # the requirements are those of the running environment: no package index is needed
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    (site / "requirements.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(tmp_path)


def check_resources(installed: Installed) -> None:
    """Nothing is found in the source tree; the package's own folder stays as it was installed."""
    code = """import kiosk
from kiosk.core import paths
print(kiosk.__file__, paths.ASSETS, paths.WEIGHTS)"""
    printed = installed.run("python", "-c", code).stdout.split()
    assert len(printed) == 3
    assert all(name.startswith(str(installed.bin.parent)) for name in printed), printed
    done = installed.run("munjigi", "weights", "prepare")
    assert done.returncode == 0, done.stderr
    prepared = {file.name for file in (installed.cache / "munjigi" / "weights").iterdir()}
    assert prepared == {"pnet.onnx", "rnet.onnx", "onet.onnx", "dlib.onnx"}
    assert not (Path(printed[2]) / "cache").exists()


def check_usage(installed: Installed) -> None:
    command = installed.run("munjigi", "--help")
    module = installed.run("python", "-m", "kiosk", "--help")
    assert command.stdout.startswith("usage: munjigi "), command.stderr
    assert module.stdout.startswith("usage: python -m kiosk "), module.stderr


def check_doctor(installed: Installed) -> None:
    done = installed.run("munjigi", "doctor")
    assert "PROBLEM" not in done.stdout and done.stderr == "", done.stdout + done.stderr
    assert "siamese" in done.stdout


def check_tour(installed: Installed) -> None:
    """Three accepts, two strangers and a rejected photograph, by the real networks."""
    done = installed.run("munjigi", "run", "--tour", "tour")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if " threshold " in line]
    # a busy machine loses faces, and they come again
    lost = [line for line in lines if line.endswith("track_lost")]
    answers = [line.split()[-2:] for line in lines if line not in lost]
    assert [outcome for outcome, _ in answers] == [
        "ACCEPT",
        "REJECT",
        "ACCEPT",
        "REJECT",
        "ACCEPT",
        "REJECT",
    ]
    assert answers[5][1] == "screen_or_print" and "홍길동" in lines[-1]
    tour = installed.work / "tour"
    exported = (tour / "access-log.csv").read_text(encoding="utf-8-sig")
    assert exported.count("\n") == len(lines) + 1
    pictures = {file.name for file in tour.iterdir()}
    assert pictures >= {"door-idle.png", "visit-1.png", "visit-5.png", "photograph.png", "log.png"}


def test_an_installed_wheel_runs_without_its_source_tree(installed: Installed):
    check_resources(installed)
    check_usage(installed)
    check_doctor(installed)
    check_tour(installed)
