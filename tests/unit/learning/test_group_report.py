"""By group: the worst is the headline, and a group of a few people has no rates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk import cli
from kiosk.app.group_report_file import read_groups
from kiosk.core import paths
from kiosk.learning.evaluation.group_figures import LEAST_PEOPLE, headline
from kiosk.vision.models.manifest import Manifest
from tests.helpers.drawn import draw_folder

OWN = Manifest.load(paths.MANIFEST).entry("siamese").threshold


def group(people: int, far: float | None, frr: float | None) -> dict:
    return {"n_people": people, "far": far, "frr": frr, "intervals": {"far": (0.0, 0.5)}}


def test_the_worst_of_each_kind_is_named():
    found = headline(
        {"a": group(9, 0.01, 0.2), "b": group(9, 0.03, 0.1), "c": group(LEAST_PEOPLE - 1, 1.0, 1.0)}
    )
    assert found == "worst of 3 groups: FAR 3.00 % (0.00 – 50.00) of b, FRR 20.00 % of a"
    assert headline({}) == "" and headline({"c": group(2, 1.0, 1.0)}) == ""


def test_evaluate_writes_what_the_kiosk_reads(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)
    people = {f"east/p{n}": 3 for n in range(LEAST_PEOPLE)} | {f"west/q{n}": 3 for n in range(2)}
    root = draw_folder(tmp_path / "people", people)
    file = tmp_path / "groups.json"
    assert (
        cli.main(
            [
                "evaluate",
                "siamese",
                "--images",
                str(root),
                "--groups",
                str(file),
                "--resamples",
                "20",
            ]
        )
        == 0
    )
    assert "worst of 2 groups" in capsys.readouterr().out
    stored = json.loads(file.read_text())
    found = read_groups(file, f"siamese@{stored['sha256'][:8]}")
    assert [(g.name, g.people) for g in found.groups] == [("east", LEAST_PEOPLE), ("west", 2)]
    assert found.groups[0].far == 0 and found.groups[0].far_band[1] == pytest.approx(3 / 10), (
        "none among ten pairs of people proves little"
    )
    assert (
        found.groups[1].far is None
        and found.worst_frr.name == "east"
        and found.threshold == pytest.approx(OWN)
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--images", "{flat}"], "There are no groups"),
        (["--clips", "{flat}"], "--groups needs --images"),
    ],
)
def test_without_groups_there_is_no_report(tmp_path: Path, monkeypatch, capsys, words, sentence):
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)
    root = draw_folder(tmp_path / "flat", {"kim": 2, "lee": 2})
    file = tmp_path / "groups.json"
    code = cli.main(
        [
            "evaluate",
            "siamese",
            *[word.format(flat=root) for word in words],
            "--groups",
            str(file),
            "--resamples",
            "5",
        ]
    )
    assert code == 2 and sentence in capsys.readouterr().err and not file.exists()
