"""Rules of the code that the import contracts cannot express."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def imported(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    return found | {
        node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }


def test_workers_use_qtcore_only():
    for name in ("capture_thread", "inference_thread", "tasks"):
        file = ROOT / f"kiosk/app/{name}.py"
        assert {n for n in imported(file) if n.startswith("PySide6")} == {"PySide6.QtCore"}, file


def test_screens_import_no_vision_libraries():
    for file in (ROOT / "kiosk/ui").rglob("*.py"):
        assert not {"cv2", "onnxruntime", "sqlite3"} & imported(file), file


def test_running_kiosk_never_loads_torch_onnx_or_psycopg():
    """Loading everything the application imports, in a process of its own."""
    code = """import sys
import kiosk.app.start, kiosk.app.staff.area, kiosk.app.database_recovery, kiosk.demo.tour
heavy = {'torch', 'torchvision', 'onnx', 'facenet_pytorch', 'psycopg'}
print(sorted({m.split('.')[0] for m in sys.modules} & heavy))"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_start_imports_qt_late_and_no_staff_screens():
    """Qt makes every import after it slower; the staff's screens are half of all imports."""
    code = """import importlib, sys
from kiosk.cli.run_command import WITHOUT_QT, load
for name in WITHOUT_QT:
    importlib.import_module('kiosk.' + name)
print([m for m in sys.modules if m.startswith('PySide6')])
load()
later = ('kiosk.app.staff.area', 'kiosk.ui.screens.system.admin_screen', 'xlsxwriter',
    'http.server', 'prometheus_client', 'kiosk.demo.synthetic_faces.draw_person')
print([m for m in sys.modules if m in later])"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["[]", "[]"]


def test_command_imports_only_its_own_module():
    code = """import sys
from kiosk.cli import parser
parser('weights')
print(sorted(m for m in sys.modules if m.startswith('kiosk.cli.')))"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    common = ["kiosk.cli.argument_parsers", "kiosk.cli.shared", "kiosk.cli.terminal"]
    assert done.stdout.strip() == str([*common, "kiosk.cli.weights_command"])


def test_every_pinned_requirement_has_its_constraint():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"] + "".join(
        config["options.extras_require"].values()
    )
    wanted = {line.strip().lower().replace("_", "-") for line in lines.splitlines() if line.strip()}
    held = {
        line.strip().lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    assert wanted <= held, sorted(wanted - held)


def import_graph(root: Path, folders: Iterable[Path]) -> dict[str, set[str]]:
    """The modules in ``folders`` below ``root``, each with those of them that it imports.

    Imports below ``TYPE_CHECKING`` and inside functions count.
    """
    files = {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file
        for folder in folders
        for file in folder.rglob("*.py")
    }
    graph: dict[str, set[str]] = {}
    for module, file in files.items():
        targets: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                submodules = {f"{node.module}.{alias.name}" for alias in node.names}
                targets |= submodules & files.keys() or {node.module}
        graph[module] = targets & files.keys() - {module}
    return graph


def import_cycle(root: Path, folders: Iterable[Path]) -> list[str]:
    """The modules of one import cycle; empty if there is none."""
    try:
        TopologicalSorter(import_graph(root, folders)).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def test_there_is_no_import_cycle() -> None:
    """Not even one hidden behind ``TYPE_CHECKING`` or an import inside a function."""
    cycle = import_cycle(ROOT, [ROOT / "kiosk"])
    assert not cycle, " <- ".join(cycle)


@pytest.mark.parametrize(
    "back",
    [
        "from room.a import x",
        "if TYPE_CHECKING:\n    import room.a",
        "def late():\n    from room import a",
    ],
)
def test_a_hidden_import_cycle_is_found(tmp_path: Path, back: str) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / "a.py").write_text("from room.b import y\n")
    (room / "b.py").write_text(f"{back}\n")
    assert set(import_cycle(tmp_path, [room])) == {"room.a", "room.b"}


def test_only_storage_touches_sqlite() -> None:
    for file in (ROOT / "kiosk").rglob("*.py"):
        if "storage" not in file.relative_to(ROOT / "kiosk").parts:
            assert not {"sqlite3", "sqlite_utils"} & imported(file), file


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def test_no_two_files_and_no_two_public_classes_share_a_name() -> None:
    files = [file for file in (ROOT / "kiosk").rglob("*.py") if not file.name.startswith("__")]
    assert not repeated(file.name for file in files)
    classes = [
        node.name
        for file in files
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert not repeated(classes)
