"""The program's own processes find its libraries where only ``PYTHONPATH`` names their folder.

So it is in the Debian package: the system's Python, and the libraries in a folder of the program.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = Path(cv2.__file__).resolve().parents[1]

READ = """
import sys
from pathlib import Path
import numpy as np
from kiosk.vision.camera.picture_files import load_picture
from kiosk.vision.detection.code_reader import qr_code
from kiosk.vision.detection.isolated_code_search import IsolatedCodeSearch

search = IsolatedCodeSearch(False, 1.0)
dark = np.kron(np.where(qr_code("MNJ1"), 0, 255), np.ones((8, 8))).astype(np.uint8)
print(search.look(dark).qr)
search.close()
print(load_picture(Path(sys.argv[1])).shape[0])
"""


def test_codes_and_pictures_are_read_with_the_systems_python(tmp_path: Path):
    picture = tmp_path / "face.png"
    cv2.imwrite(str(picture), np.zeros((90, 80, 3), np.uint8))
    python = str(getattr(sys, "_base_executable", sys.executable))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(LIBRARIES)])}
    done = subprocess.run(
        [python, "-s", "-c", READ, str(picture)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == ["('MNJ1',)", "90"], done.stderr
