"""``evaluate liveness``: what lies in the folders, the figures, and one sentence for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk import cli
from kiosk.cli import evaluate_liveness
from kiosk.core.errors import LearningError
from kiosk.core.frames import BGRImage, Points
from kiosk.learning.data.presentations import Presentation, find_presentations
from kiosk.learning.evaluation.exact_intervals import clopper_pearson
from kiosk.learning.evaluation.presentation_examiner import JudgedPresentation
from kiosk.learning.evaluation.presentation_figures import (
    PresentationThresholds,
    as_text,
    summed_up,
)
from tests.helpers.drawn import draw_folder

THRESHOLDS = PresentationThresholds(appearance=0.5, distance=1.0)


def folder(root: Path, files: dict[str, int]) -> Path:
    """Make ``files``: a folder and how many pictures it holds, which nobody opens."""
    for name, count in files.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            (root / name / f"{number:03}.jpg").touch()
    return root


def test_a_folder_of_pictures_is_shared_out_into_visits(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        {"genuine/kim/day-1": 14, "genuine/kim/day-2": 3, "genuine/lee": 2, "print/kim": 2},
    )
    (root / "print/kim/clip.mp4").touch()
    (root / "print/kim/notes.txt").touch()
    found = [
        (one.species, one.person, one.place, len(one.files)) for one in find_presentations(root)
    ]
    assert found == [
        ("genuine", "kim", "genuine/kim/day-1", 7),
        ("genuine", "kim", "genuine/kim/day-1", 7),
        ("genuine", "kim", "genuine/kim/day-2", 3),
        ("genuine", "lee", "genuine/lee", 2),
        ("print", "kim", "print/kim/clip.mp4", 1),
        ("print", "kim", "print/kim", 2),
    ]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "no genuine pictures"),
        ({"print/kim": 3}, "no genuine pictures"),
        ({"genuine/kim": 3, "print/kim": 3}, "one person only"),
        ({"genuine/kim": 3, "genuine/lee": 3}, "has no attacks"),
        ({"genuine/kim": 3, "genuine/lee": 3, "print/kim": 1}, "one picture only"),
    ],
)
def test_too_little_is_refused_before_anything_is_read(
    tmp_path: Path, files: dict[str, int], sentence: str
) -> None:
    with pytest.raises(LearningError, match=sentence):
        find_presentations(folder(tmp_path, files))


def judged(
    species: str,
    person: str,
    scores: tuple[float, ...],
    *,
    deep: bool = False,
    distances: tuple[float, ...] = (),
) -> JudgedPresentation:
    one = Presentation(species, person, f"{species}/{person}", (Path("a.jpg"),))
    return JudgedPresentation(one, 3, np.array(scores), deep, np.array(distances))


def test_what_passes_is_counted_by_species_the_worst_first_and_by_person() -> None:
    found = summed_up(
        [
            judged("genuine", "kim", (0.9, 0.8), deep=True),
            judged("genuine", "lee", (0.2, 0.7)),  # their mean is below the threshold
            judged("print", "kim", (0.1,), deep=True, distances=(0.8,)),
            judged("print", "kim", (0.1, 0.9), deep=False, distances=(1.2, 1.3)),
            judged("phone", "lee", (0.6, 0.7), deep=True, distances=(0.9, 1.1)),
            judged("phone", "lee", (), deep=False),
        ],
        THRESHOLDS,
    )
    assert [row["species"] for row in found.species] == ["phone", "print"]
    phone, printed = found.species
    assert phone["presentations"] == 1, "without a usable face there is nothing to judge"
    assert (phone["passed"]["found"], phone["passed"]["tried"]) == (1, 1)
    low, high = clopper_pearson(1, 1)
    assert (phone["passed"]["low"], phone["passed"]["high"]) == (low, high)
    assert printed["passed"]["found"] == 0, "neither by its look nor by its depth alone"
    assert printed["depth"]["found"] == 1 and printed["appearance"]["found"] == 1
    assert printed["appearance_frames"] == printed["appearance_frames"] | {"found": 1, "tried": 3}
    assert printed["recognised"] == printed["recognised"] | {"found": 1, "tried": 2}
    assert printed["recognised_frames"]["found"] == 1
    assert found.genuine["bpcer"] == found.genuine["bpcer"] | {"found": 1, "tried": 2}
    by_person = {(row["species"], row["person"]): row for row in found.people}
    assert by_person["genuine", "lee"]["bpcer"]["share"] == 1
    assert by_person["genuine", "kim"]["bpcer"]["share"] == 0
    text = "\n".join(as_text(found))
    assert "Worst species: phone" in text and "refused most: lee" in text
    assert "no face is good enough: 1." in text
    json.dumps(found.to_json())


def test_attacks_of_people_without_genuine_pictures_are_said_to_be_compared_with_nobody() -> None:
    found = summed_up(
        [
            judged("genuine", "kim", (0.9,), distances=(0.0,)),
            judged("print", "han", (0.9,), deep=True),
        ],
        THRESHOLDS,
    )
    assert found.species[0]["recognised"]["tried"] == 0
    assert any("no genuine pictures of han" in note for note in found.notes)


def test_a_species_whose_faces_are_all_useless_is_named() -> None:
    with pytest.raises(LearningError, match="No picture in print shows a face"):
        summed_up([judged("genuine", "kim", (0.9,)), judged("print", "kim", ())], THRESHOLDS)


# as a person runs it


class BlueIsPrinted:
    """Takes bluish faces for attacks."""

    threshold = 0.5

    def score(self, image: BGRImage, landmarks: Points) -> float:
        x, y = landmarks[2].astype(int)
        blue, _, red = image[y, x].astype(int)
        return float(red > blue)


@pytest.fixture
def evaluate(monkeypatch, capsys):
    """Runs the command: exit code, what it printed, what it complained of."""
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)
    monkeypatch.setattr(evaluate_liveness, "load_appearance", lambda manifest: BlueIsPrinted())

    def run(*words: object) -> tuple[int, str, str]:
        code = cli.main(["evaluate", "liveness", *map(str, words)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Two drawn people, and bluish copies of their pictures as prints."""
    root = tmp_path_factory.mktemp("site")
    draw_folder(root / "genuine", {"kim": 4, "lee": 4})
    for person in ("kim", "lee"):
        (root / "print" / person).mkdir(parents=True)
        for number in range(4):
            image = cv2.imread(str(root / "genuine" / person / f"{number}.png"))
            bluish = np.clip(image * np.array([1.3, 0.9, 0.55]), 0, 255).astype(np.uint8)
            cv2.imwrite(str(root / "print" / person / f"{number}.png"), bluish)
    return root


@pytest.mark.slow
def test_a_site_measures_its_own_prints(evaluate, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "out/liveness.json"
    code, out, err = evaluate(site, "--json", file)
    assert code == 0, err
    found = json.loads(file.read_text())
    assert found["genuine"]["bpcer"]["share"] == 0 and found["genuine"]["people"] == 2
    (printed,) = found["species"]
    assert printed["species"] == "print" and printed["presentations"] == 2, out
    assert printed["appearance"]["share"] == 0
    assert printed["recognised"] == printed["recognised"] | {"found": 2, "tried": 2}
    assert "Worst species: print" in out


@pytest.mark.slow
def test_a_damaged_file_ends_it_with_its_name(evaluate, site: Path, tmp_path: Path) -> None:
    root = folder(tmp_path, {"genuine/lee": 2, "print/kim": 2})
    (root / "genuine/kim").symlink_to(site / "genuine/kim")
    (root / "genuine/lee/000.jpg").write_text("no picture")
    code, _, err = evaluate(root)
    assert code == 2 and "genuine/lee/000.jpg" in err and len(err.strip().splitlines()) == 1


def test_bad_input_ends_with_one_sentence(evaluate, tmp_path: Path) -> None:
    for words in ((tmp_path / "none",), (), (tmp_path, "--fill", tmp_path)):
        code, _, err = evaluate(*words)
        assert code == 2 and err.strip() and "Traceback" not in err
