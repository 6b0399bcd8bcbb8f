"""Attacks by another user of the machine, who may read what is not private."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from kiosk.core import paths
from kiosk.core.errors import KioskError, WeightsError
from kiosk.vision.models.manifest import Manifest
from tests.attacks.table import Outcome, attack

ROOT = Path(__file__).resolve().parents[2]

_RUN = """
import os, resource, sys
os.umask(0o022)
from kiosk.cli import main
code = main(sys.argv[1:])
assert code == 0, code
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0), "a dump of its memory would be left"
"""

_COMMANDS = (
    "people badge 2026-1 OUT/badge.pdf",
    "people list",
    "backup now",
    "keys public OUT/key.pem",
    "log export OUT/log.csv",
    "log export OUT/log.xlsx",
    "people export 2026-1 OUT/own.json",
    "people delete 2026-1 --yes --receipt OUT/receipt.json",
)


@attack("D23", "read what commands leave, as another user", tries=8, short=1)
def read_what_commands_leave(folder: Path, tries: int) -> Outcome:
    """Run commands under umask 022 on a data folder at 0755, then look at every mode."""
    data, out = folder / "data", folder / "out"
    out.mkdir()
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    _enrol(data)
    chosen = _COMMANDS[:tries]
    readable = []
    for command in chosen:
        if "OUT/" in command:  # as an earlier command left it
            (out / command.split("/")[-1].split()[0]).touch(mode=0o644)
        words = command.replace("OUT", str(out)).split()
        done = subprocess.run(
            [sys.executable, "-c", _RUN, *words, "--data-dir", str(data)],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            readable.append(f"{command}: {done.stderr.strip().splitlines()[-1:]}")
    places = [data, *out.iterdir(), *data.rglob("*"), *paths.keys_dir(data).rglob("*")]
    written = [path for path in places if path.suffix or path.is_file() or path == data]
    readable += [path.name for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077]
    return len(chosen) + len(written), len(readable), ", ".join(readable)


def _enrol(data: Path) -> None:
    from kiosk.core.people import Person
    from kiosk.storage.store import Store

    with Store.open(paths.database_file(data)) as store:
        store.people.add(Person("2026-1", "홍길동"))
    data.chmod(0o755)


_NAMES = ("../net.onnx", "/etc/passwd", "cache/../../net.onnx", "a/../../b", "..", "a/..", "/")


@attack("D23", "make the manifest name a file elsewhere", tries=14, short=14)
def name_a_file_elsewhere(folder: Path, tries: int) -> Outcome:
    """Let ``file`` and ``download`` of a network lead out of the folder of networks."""
    path = folder / "weights" / "MANIFEST.toml"
    path.parent.mkdir()
    accepted = []
    cases = [(key, name) for key in ("file", "download") for name in _NAMES][:tries]
    for key, name in cases:
        values = {"file": "net.onnx", "download": "net.pt"} | {key: name}
        path.write_text(
            '[[network]]\nid = "net"\nkind = "embedder"\nsha256 = "' + "0" * 64 + '"\n'
            'url = "https://example.org/net"\n'
            + "".join(f'{one} = "{value}"\n' for one, value in values.items())
        )
        try:
            Manifest.load(path)
        except WeightsError:
            continue
        accepted.append(f"{key} = {name}")
    return len(cases), len(accepted), ", ".join(accepted)


@attack("D23", "read a secret file that its owner left open", tries=4, short=4)
def read_an_open_secret(folder: Path, tries: int) -> Outcome:
    """Leave the secrets of a lock and of badges at 0644; they are narrowed or refused."""
    from kiosk.access.lock_driver import secret_from
    from kiosk.storage.crypto.key_store import FileKeys, new_key, store_key

    taken = []
    mine = folder / "secret"
    mine.write_bytes(b"s" * 32)
    mine.chmod(0o644)
    secret_from(str(mine), "http.secret_file")
    taken += ["a secret of a lock"] if mine.stat().st_mode & 0o077 else []
    keys = FileKeys(folder / "keys")
    name = store_key(keys, "master", new_key())
    file = folder / "keys" / f"master-{name}.key"
    file.chmod(0o644)
    keys.get(f"master-{name}")
    taken += ["the master key"] if file.stat().st_mode & 0o077 else []
    for outside in ("../other", "/../../other"):
        try:
            keys.get(f"master-{outside}")
            taken.append(f"a key called {outside}")
        except KioskError:
            pass
    tried = 4
    if os.geteuid() == 0:
        shutil.copy(mine, folder / "theirs")
        os.chown(folder / "theirs", 65534, 65534)
        (folder / "theirs").chmod(0o644)
        tried += 1
        try:
            secret_from(str(folder / "theirs"), "http.secret_file")
            taken.append("another user's secret")
        except KioskError:
            pass
    return tried, len(taken), ", ".join(taken)
