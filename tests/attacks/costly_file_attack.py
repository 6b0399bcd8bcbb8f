"""Files that a person hands in and that cost a careless reader gigabytes or minutes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.attacks.table import Outcome, attack
from tests.helpers.hostile_pictures import hostile_pictures, jpeg
from tests.helpers.hostile_tables import hostile_tables

MEMORY_KB = 300_000
"""256 MB for one file, and a process that has loaded what it needs."""

CPU_S = 5.0
"""3 s for one file, and the start of two processes on a busy machine."""

_MEASURED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from datetime import date
from pathlib import Path
from kiosk.core.errors import KioskError
try:
    if sys.argv[1] == "picture":
        from kiosk.vision.camera.sources import read_pictures
        said = str([image.shape for image in read_pictures(Path(sys.argv[2]))])
    else:
        from kiosk.storage.tabular.people_sheet import read_people
        said = f"{len(read_people(Path(sys.argv[2]), date(2026, 3, 2)).rows)} rows."
except KioskError as error:
    said = str(error)
try:
    from kiosk.vision.camera import picture_files
    picture_files._decode.close()
except (ImportError, AttributeError):
    pass
try:
    from kiosk.storage.tabular import table_reader
    table_reader._read.close()
except (ImportError, AttributeError):
    pass
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# the peak of this process alone: ru_maxrss includes that of its parent
own = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)
peak = max(int(own.split()[1]), used[1].ru_maxrss)
print(peak, sum(one.ru_utime + one.ru_stime for one in used))
"""


def _over(kind: str, file: Path) -> str:
    """Read ``file`` in a process of its own; return what went wrong, or an empty text."""
    try:
        ran = subprocess.run(
            [sys.executable, "-c", _MEASURED, kind, str(file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{file.name}: more than 60 s"
    if ran.returncode:
        return f"{file.name}: {ran.stderr.strip().splitlines()[-1:]}"
    peak, cpu = map(float, ran.stdout.split())
    if peak > MEMORY_KB or cpu > CPU_S:
        return f"{file.name}: {peak / 1000:.0f} MB, {cpu:.1f} s"
    return ""


def _tried(kind: str, files: Iterable[tuple[str, bytes]], folder: Path) -> Outcome:
    tried = 0
    over = []
    for name, content in files:
        file = folder / name
        file.write_bytes(content)
        tried += 1
        if found := _over(kind, file):
            over.append(found)
        file.unlink()
    return tried, len(over), "; ".join(over)


@attack("E24", "read a picture that takes more than 256 MB or 3 s", tries=15, short=2)
def picture(folder: Path, tries: int) -> Outcome:
    """Read hostile pictures as ``enroll``, the import and a camera's folder do."""
    if tries < 5:
        return _tried("picture", list(hostile_pictures(full=False))[:tries], folder)
    files = [*hostile_pictures(), ("phone.jpg", jpeg(12_000, 9_000))]
    return _tried("picture", files[:tries], folder)


@attack("E24", "read a table of people that takes more than 256 MB or 3 s", tries=21, short=2)
def table(folder: Path, tries: int) -> Outcome:
    """Read hostile workbooks and CSV files as the import does."""
    scale = 1.0 if tries > 5 else 0.02
    files = (each for each, _ in zip(hostile_tables(scale), range(tries), strict=False))
    return _tried("table", files, folder)
