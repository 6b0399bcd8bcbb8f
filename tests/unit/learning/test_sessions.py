"""Members who come back on another day: figures on simulated embeddings with known answers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from kiosk import cli
from kiosk.core.errors import ConfigError, LearningError
from kiosk.learning.evaluation.evaluator import Settings
from kiosk.learning.evaluation.session_evaluation import SessionPlan, as_text, run_trials
from kiosk.learning.evaluation.session_faces import (
    Crowd,
    SessionFaces,
    Trial,
    templates_of,
    trials_of,
)
from tests.helpers.drawn import draw_folder

DIMENSION = 32
SETTINGS = Settings(resamples=40)


def simulated(
    sessions: dict[str, int], *, drift: float, pictures: int = 24, seed: int = 1
) -> SessionFaces:
    """Return people with so many sessions; ``drift``: how far a session moves a person's face."""
    rng = np.random.default_rng(seed)
    vectors, people, when = [], [], []
    for name, count in sessions.items():
        face = unit(rng.normal(size=DIMENSION))
        for session in range(count):
            moved = unit(face + drift * unit(rng.normal(size=DIMENSION)))
            vectors += [unit(moved + 0.02 * rng.normal(size=DIMENSION)) for _ in range(pictures)]
            people += [name] * pictures
            when += [f"day-{session}"] * pictures
    return SessionFaces(np.array(vectors), np.array(people), np.array(when))


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def crowd(people: int = 40, seed: int = 5) -> SessionFaces:
    return simulated({f"other-{n}": 1 for n in range(people)}, drift=0, pictures=4, seed=seed)


def rows_of(
    faces: SessionFaces, others: SessionFaces, plan: SessionPlan, fixed: float
) -> list[dict[str, Any]]:
    return run_trials(faces, others, fixed, SETTINGS, plan, None).rows


def test_every_ordered_pair_of_sessions_is_a_trial_and_every_pair_meets_every_third() -> None:
    faces = simulated({"kim": 1, "lee": 2, "han": 3}, drift=0.1, pictures=4)
    trials = trials_of(faces)
    assert [t for t in trials if t.person == "lee"] == [
        Trial("lee", ("day-0",), "day-1"),
        Trial("lee", ("day-1",), "day-0"),
    ]
    two = [t for t in trials if len(t.enrolled) == 2]
    assert {(t.enrolled, t.comes) for t in two} == {
        (("day-0", "day-1"), "day-2"),
        (("day-0", "day-2"), "day-1"),
        (("day-1", "day-2"), "day-0"),
    }
    assert len(trials) == 2 + 6 + 3 and all(t.comes not in t.enrolled for t in trials)


def test_two_sessions_share_the_templates() -> None:
    faces = simulated({"han": 3}, drift=0.1, pictures=9)
    one = templates_of(faces, Trial("han", ("day-1",), "day-0"), 5)
    two = templates_of(faces, Trial("han", ("day-0", "day-1"), "day-2"), 5)
    assert len(one) == len(two) == 5
    from_second = [any(np.array_equal(t, v) for v in faces.of("han", "day-1")) for t in two]
    assert sum(from_second) == 3


def test_nobody_is_both_in_the_gallery_and_a_stranger() -> None:
    others = crowd(21)
    drawn = Crowd.drawn(others, templates=3, seed=4)
    enrolled = {tuple(vector) for vector in drawn.vectors}
    coming = {tuple(vector) for vector in drawn.strangers.vectors}
    assert drawn.people == 10 and len(drawn.strangers.names) == 11
    assert not enrolled & coming and np.bincount(drawn.who)[1:].tolist() == [3] * 10


def test_another_day_is_what_refuses_members_and_a_second_session_helps() -> None:
    plan = SessionPlan(targets=(100,), sizes=(10,))
    people = {f"member-{n}": 3 for n in range(6)}
    same, other = (
        {
            row["enrolled"]: row
            for row in rows_of(faces, crowd(), plan, 0.75)
            if row["mode"] == "fixed"
        }
        for faces in (simulated(people, drift=0.1), simulated(people, drift=0.7))
    )
    assert same["one"]["frame_fnmr"] == 0 and same["one"]["visit_frr"] == 0
    assert other["one"]["frame_fnmr"] > 0.3 and other["one"]["visit_frr"] > 0.3
    assert other["two"]["frame_fnmr"] < other["one"]["frame_fnmr"]
    assert other["two"]["visit_frr"] < other["one"]["visit_frr"]


def test_counts_and_intervals_of_a_row() -> None:
    faces = simulated({"lee": 2, "han": 2, "kim": 1}, drift=0.2)
    plan = SessionPlan(targets=(1,), sizes=(10,))
    (row,) = (r for r in rows_of(faces, crowd(), plan, 0.6) if r["mode"] == "calibrated")
    assert row["enrolled"] == "one" and row["gallery"] == row["compared"] == 10
    assert row["members"] == 2 and row["frames"] == 4 * 24
    assert row["visits"] == 4 * 2, "24 pictures are two visits of 12"
    assert row["strangers"] == 3 + 20, "everybody else of the first folder, half of the second"
    assert row["stranger_visits"] == 4 * (2 * 2 + 2 + 20), "in each of four trials"
    for name in ("frame_fnmr", "visit_frr", "fpir", "visit_far"):
        assert 0 <= row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] <= 1


def test_strangers_who_look_like_the_gallery_are_let_in() -> None:
    faces = simulated({"lee": 2, "twin": 1}, drift=0.1)
    twin = faces.people == "twin"
    faces.vectors[twin] = faces.of("lee", "day-0")
    plan = SessionPlan(targets=(1,), sizes=(5,))
    (row,) = (r for r in rows_of(faces, crowd(), plan, 0.6) if r["mode"] == "fixed")
    # the twin's 24 pictures in each of two trials, and 4 of each of 20 others
    assert row["fpir"] == pytest.approx(48 / (48 + 2 * 80))
    assert row["visit_far"] == pytest.approx(4 / (4 + 2 * 20))


def test_a_gallery_beyond_the_collection_is_scaled_and_said() -> None:
    faces = simulated({"lee": 2, "twin": 1}, drift=0.1)
    faces.vectors[faces.people == "twin"] = faces.of("lee", "day-0")
    plan = SessionPlan(targets=(1,), sizes=(21, 42))
    found = run_trials(faces, crowd(), 0.6, SETTINGS, plan, None)
    small, large = (row for row in found.rows if row["mode"] == "fixed")
    assert (small["compared"], large["compared"]) == (21, 21)
    assert large["fpir"] == pytest.approx(1 - (1 - small["fpir"]) ** 2)
    assert "Compared with 21 people at most: for 42 enrolled" in "\n".join(as_text(found, "net"))
    strict = {row["gallery"]: row["threshold"] for row in found.rows if row["mode"] == "calibrated"}
    assert strict[42] <= strict[21], "a larger gallery is never judged more loosely"


def test_people_without_a_second_session_or_strangers_are_refused() -> None:
    plan = SessionPlan(sizes=(5,))
    with pytest.raises(LearningError, match="Nobody has pictures of two sessions"):
        rows_of(simulated({"kim": 1, "lee": 1}, drift=0.1), crowd(), plan, 0.6)
    with pytest.raises(LearningError, match="Nobody is left to be a stranger"):
        rows_of(simulated({"kim": 2}, drift=0.1), SessionFaces.none(DIMENSION), plan, 0.6)
    with pytest.raises(ConfigError, match="more than 0"):
        rows_of(simulated({"kim": 2}, drift=0.1), crowd(), SessionPlan(targets=(0,)), 0.6)


def test_the_command_measures_drawn_people(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)
    days = draw_folder(tmp_path / "days", {"kim/mon": 4, "kim/tue": 4, "lee/mon": 4})
    fill = draw_folder(tmp_path / "fill", {f"p{n}": 2 for n in range(4)})
    words = ["evaluate", "sessions", days, "--fill", fill, "--target", 10]
    words += ["--json", tmp_path / "f.json", "--resamples", 20]
    assert cli.main([str(word) for word in words]) == 0
    out = capsys.readouterr().out
    rows = json.loads((tmp_path / "f.json").read_text())
    assert "1 members of 2 people come on another day, 2 trials" in out
    assert [(r["enrolled"], r["gallery"], r["target"], r["mode"]) for r in rows] == [
        ("one", size, 1e-3, mode)
        for size in (10, 200, 1000, 10000)
        for mode in ("fixed", "calibrated")
    ]
    flat = draw_folder(tmp_path / "flat", {"kim": 2, "lee": 2})
    assert cli.main(["evaluate", "sessions", str(flat)]) == 2
    assert "a folder for each session" in capsys.readouterr().err
    assert cli.main(["evaluate", "open-set", str(flat), "--fill", str(fill)]) == 2
    assert "--fill is an option of evaluate sessions" in capsys.readouterr().err
