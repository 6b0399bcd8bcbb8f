"""Where the real pictures and clips lie, if they are here; they are no part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real pictures and clips are not beside the project"
)
