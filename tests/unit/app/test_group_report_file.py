"""Reading the report by group."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.app.group_report_file import read_groups

GOOD = {
    "embedder": "net",
    "sha256": "aa" * 32,
    "threshold": 0.6,
    "measured_on": "2026-03-01",
    "groups": [
        {
            "name": "east",
            "people": 24,
            "far": 0.002,
            "far_band": [0.001, 0.006],
            "frr": 0.08,
            "frr_band": [0.05, 0.12],
        },
        {"name": "west", "people": 2, "far": None, "far_band": None, "frr": None, "frr_band": None},
    ],
}


def written(folder: Path, content: object) -> Path:
    (folder / "groups.json").write_text(
        content if isinstance(content, str) else json.dumps(content), encoding="utf-8"
    )
    return folder / "groups.json"


def test_report_of_this_network_is_read(tmp_path):
    found = read_groups(written(tmp_path, GOOD), "net@aaaaaaaa")
    assert (
        found.worst_far.name == "east"
        and found.groups[1].far is None
        and found.groups[0].frr_band == (0.05, 0.12)
    )
    assert read_groups(tmp_path / "gone.json", "net@aaaaaaaa") is None


def test_report_of_another_network_is_ignored(tmp_path):
    for identity in ("net@bbbbbbbb", "other@aaaaaaaa"):
        assert read_groups(written(tmp_path, GOOD), identity) is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "null",
        "{}",
        GOOD | {"groups": [{}]},
        GOOD | {"threshold": "x"},
        GOOD | {"threshold": float("nan")},
        GOOD | {"groups": [GOOD["groups"][0] | {"far": 2}]},
        GOOD | {"groups": [GOOD["groups"][0] | {"far_band": [1]}]},
    ],
)
def test_invalid_report_is_logged(tmp_path, caplog, content):
    assert read_groups(written(tmp_path, content), "net@aaaaaaaa") is None
    assert "write it again" in caplog.text
