"""The conformance page: what counts as proven, what counts as one trial, and bad input."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk import cli
from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import Picture
from kiosk.learning.evaluation.condition_errors import condition_errors
from kiosk.learning.evaluation.conformance_bars import BARS, OPEN_LIMITS, Bar
from kiosk.learning.evaluation.conformance_figures import (
    Measured,
    identification,
    verification,
)
from kiosk.learning.evaluation.conformance_page import page
from kiosk.learning.evaluation.conformance_report import ConformanceReport, DataAtHand
from kiosk.learning.evaluation.conformance_verdicts import (
    MET,
    MISSED,
    NOT_PROVABLE,
    UNITS,
    judge,
    judge_all,
    unit_of,
)
from kiosk.learning.evaluation.evaluator import Settings
from kiosk.learning.evaluation.recording_conditions import ENROLMENT, read_conditions
from kiosk.learning.evaluation.session_faces import Crowd, SessionFaces
from tests.helpers.drawn import draw_folder
from tests.unit.learning.test_sessions import DIMENSION, crowd, simulated

BAR = Bar("bar", "Standard", "1.2", "FNMR at most 1 %", "fnmr", 0.01, "read")
SETTINGS = Settings(threshold=0.6, resamples=0)


def people(errors: int, attempts: int, units: int) -> Measured:
    return Measured(errors, attempts, units, "people")


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (people(0, 300, 300), MET),
        (people(0, 6000, 300), MET),
        (people(0, 200, 200), f"{NOT_PROVABLE} (needs 300 people, has 200)"),
        (people(30, 300, 300), MISSED),
        (None, f"{NOT_PROVABLE} (needs 300 people, has 0)"),
        (people(0, 0, 0), f"{NOT_PROVABLE} (needs 300 people, has 0)"),
        (people(1, 100, 100), f"{NOT_PROVABLE} (needs more than 1,000,000 people, has 100)"),
    ],
)
def test_only_what_the_exact_limits_show_is_met_or_missed(measured, sentence):
    assert judge(BAR, measured, 1).sentence == sentence


def test_many_pictures_of_few_people_prove_no_more_than_the_people():
    found = judge(replace(BAR, limit=0.1), people(0, 100_000, 3), 1)
    assert found.verdict == NOT_PROVABLE
    assert found.measured.interval == pytest.approx((0, 0.708), abs=1e-3), "three trials"
    assert judge(BAR, people(20_000, 100_000, 3), 1).verdict == NOT_PROVABLE, "a fifth of 3 is 0"


def test_a_search_must_be_in_a_gallery_of_nearly_the_size():
    bar = next(bar for bar in BARS if bar.figure == "fpir")
    measured = Measured(0, 90_000, 3000, "strangers")
    assert judge(bar, measured, 378).verdict == MET
    assert "378 people enrolled, has 3,000 and 377 enrolled" in judge(bar, measured, 377).sentence
    assert judge(bar, Measured(900, 90_000, 3000, "strangers"), 10).verdict == MISSED


def test_a_limit_that_was_not_read_is_not_invented_and_a_site_may_enter_it():
    fido = next(bar for bar in BARS if bar.id == "fido-far")
    measured = {"far": Measured(0, 40_000, 30_000, "pairs of people")}
    (open_,) = judge_all([fido], measured, {}, 1)
    assert open_.sentence == f"{NOT_PROVABLE} (needs a confirmed limit, has none)"
    assert "not confirmed" in open_.bar.source
    (entered,) = judge_all([fido], measured, {"fido-far": 1e-4}, 1)
    assert entered.verdict == MET and "entered in conditions.toml" in entered.bar.source
    (read,) = judge_all([BAR], {}, {"bar": 0.5}, 1)
    assert read.bar.limit == 0.01, "a limit that was read stays"


def test_every_bar_names_its_clause_and_how_it_was_read():
    assert len({bar.id for bar in BARS}) == len(BARS)
    for bar in BARS:
        assert bar.clause and bar.read and unit_of(bar) in UNITS.values()
        assert bar.limit is None or 0 < bar.limit < 0.2
        assert ("not confirmed" in bar.read) == (bar.limit is None) == (bar.id in OPEN_LIMITS)


def no_crowd() -> Crowd:
    return Crowd.drawn(SessionFaces.none(DIMENSION), 5, 0)


def test_one_enrolled_person_at_a_time_is_verification():
    faces = simulated({"lee": 2, "han": 2, "kim": 1}, drift=0.1)
    found = verification(faces, no_crowd(), 0.6, SETTINGS, None)
    assert found["fnmr"] == Measured(0, 4 * 24, 2, "people", 0.6)
    assert found["frr"] == Measured(0, 4 * 2, 2, "people", 0.6)
    # each of the four sessions of members, and kim's only one, against everybody else's pictures
    others = 2 * (48 + 24) + 2 * (48 + 24) + 96
    assert found["fmr"] == Measured(0, others, 3, "pairs of people", 0.6)
    assert found["far"].attempts == others // 12

    far = simulated({"lee": 2, "han": 2, "kim": 1}, drift=0.9)
    found = verification(far, no_crowd(), 0.6, SETTINGS, None)
    assert found["fnmr"].share > 0.3 and found["frr"].share > 0.3


def test_a_twin_is_a_false_match_of_one_pair_of_people():
    faces = simulated({"lee": 2, "twin": 1}, drift=0.1)
    faces.vectors[faces.people == "twin"] = faces.of("lee", "day-0")
    found = verification(faces, no_crowd(), 0.6, SETTINGS, None)
    assert found["fmr"].share == 1 and found["far"].share == 1
    assert found["fmr"].units == 1 and found["fmr"].interval[1] == 1


def test_searches_are_counted_by_strangers_and_at_a_common_fpir():
    faces = simulated({f"member-{n}": 2 for n in range(4)}, drift=0.3)
    found = identification(faces, Crowd.drawn(crowd(60), 5, 0), 0.6, SETTINGS, None)
    assert found.compared == 31 and found.strangers == 4 + 30
    assert found.fpir.share == 0 and found.fpir.units == 34
    assert found.fnir is not None and found.fnir.threshold > 0.6, "a looser threshold keeps to it"
    assert found.fnir.share <= found.fnir_at_door.share
    few = simulated({"lee": 2, "han": 2}, drift=0.3, pictures=4)
    assert identification(few, no_crowd(), 0.6, SETTINGS, None).fnir is None, "16 of 0.003 are none"


def test_the_error_of_a_condition_is_that_of_its_pictures_alone():
    faces = simulated({f"p{n}": 2 for n in range(5)}, drift=0.0)
    dark = faces.sessions == "day-1"
    marked = [frozenset({"light"} if one else {ENROLMENT}) for one in dark]
    found = condition_errors(faces, marked)
    assert list(found) == ["eer-light"]
    assert found["eer-light"].share == 0
    assert (found["eer-light"].attempts, found["eer-light"].units) == (5 * 24, 5)
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(int(dark.sum()), DIMENSION))
    faces.vectors[dark] = noise / np.linalg.norm(noise, axis=1, keepdims=True)
    assert condition_errors(faces, marked)["eer-light"].share == pytest.approx(0.5, abs=0.08)


def test_without_enrolment_or_other_people_a_condition_is_not_measured():
    faces = simulated({"kim": 2}, drift=0.1)
    assert not condition_errors(faces, [frozenset({"pose"})] * 48)
    alone = [frozenset({ENROLMENT})] * 24 + [frozenset({"pose"})] * 24
    assert not condition_errors(faces, alone)


def test_conditions_by_session_and_by_mark(tmp_path):
    (tmp_path / "conditions.toml").write_text(
        '[light]\nsessions = ["evening"]\n[accessories]\nmarks = ["g", "glasses"]\n'
        '[limits]\n"fido-far" = 0.0001\n'
    )
    found = read_conditions(tmp_path, OPEN_LIMITS)
    assert found.limits == {"fido-far": 1e-4}
    for path, shown in (
        ("kim/evening/001.jpg", {"light"}),
        ("kim/evening/001g.jpg", {"light", "accessories"}),
        ("kim/noon/kim-glasses.jpg", {"accessories"}),
        ("kim/noon/img.jpg", {ENROLMENT}),
        ("kim/noon/001.jpg", {ENROLMENT}),
    ):
        assert found.of(Picture(path, path.rpartition("/")[0])) == shown, path
    with (tmp_path / "conditions.toml").open("a") as file:
        file.write('[enrolment]\nsessions = ["noon"]\n')
    found = read_conditions(tmp_path, OPEN_LIMITS)
    assert found.of(Picture("kim/noon/1.jpg", "kim/noon")) == {ENROLMENT}
    assert found.of(Picture("kim/other/1.jpg", "kim/other")) == set()
    assert read_conditions(tmp_path / "nowhere").of(Picture("a/b/1.jpg", "a/b")) == {ENROLMENT}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[dark]\nmarks = []", "may have the tables"),
        ("light = 1", "may have the tables"),
        ("[light]\nsession = ['a']", "write sessions or marks"),
        ("[light]\nsessions = 'a'", "write sessions or marks"),
        ("[light]\nmarks = ['0']", "letters only"),
        ("[light]", "names no sessions and no marks"),
        ("[limits]\nkorea-light = 0.5", "no limit 'korea-light' to enter"),
        ("[limits]\nfido-far = 2", "a share between 0 and 1"),
        ("[limits]\nfido-far = true", "a share between 0 and 1"),
        ("light", "cannot be read"),
        ("a = " + "[" * 5000, "cannot be read"),
    ],
)
def test_a_mistake_in_the_conditions_is_one_sentence(tmp_path, text, sentence):
    (tmp_path / "conditions.toml").write_text(text)
    with pytest.raises(LearningError, match=sentence):
        read_conditions(tmp_path, OPEN_LIMITS)


def test_the_page_opens_offline_and_escapes_what_it_shows():
    evil = "<script>alert('x')</script>&\"한글"
    found = identification(
        simulated({"lee": 2, "han": 2}, drift=0.1), no_crowd(), 0.6, SETTINGS, None
    )
    judged = judge_all(BARS, {"fpir": found.fpir}, {}, found.compared)
    report = ConformanceReport(
        evil, "ab" * 32, evil, DataAtHand(2, 2, 4, 96, 0, 0, 0), judged, {}, found, [evil], [evil]
    )
    text = page(report)
    assert "<script" not in text and "&lt;script&gt;" in text and "한글" in text
    assert not re.search(r"(src|href)=", text), "nothing is loaded from anywhere"
    for bar in BARS:
        assert bar.clause.replace("&", "&amp;") in text
    cells = re.findall(r'<b class="[a-z]+">([^<]*)</b>', text)
    assert len(cells) == len(BARS) and set(cells) <= {MET, MISSED, NOT_PROVABLE}
    assert json.loads(json.dumps(report.to_json(), allow_nan=False))["search"]["compared"] == 1


@pytest.fixture
def evaluate(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)

    def run(*words: object) -> tuple[int, str, str]:
        return cli.main(["evaluate", "report", *map(str, words)]), *capsys.readouterr()

    return run


@pytest.mark.slow
def test_the_command_writes_page_and_figures(tmp_path, evaluate):
    days = draw_folder(tmp_path / "days", {"kim/mon": 4, "kim/tue": 4, "lee/mon": 4})
    (days / "conditions.toml").write_text('[light]\nsessions = ["tue"]\n')
    (days / "kim/mon/broken.jpg").write_text("no picture")
    out, figures = tmp_path / "build/report.html", tmp_path / "build/report.json"
    code, text, err = evaluate(days, "--out", out, "--json", figures)
    assert code == 0, err
    assert "needs 30,000 pairs of people (246 people), has 1)" in text
    assert "Not tested: expression, pose, accessories." in text
    found = json.loads(figures.read_text())
    rows = {row["id"]: row for row in found["requirements"]}
    assert rows.keys() == {bar.id for bar in BARS}
    assert rows["korea-light"]["units"] == 1 and rows["korea-light"]["share"] is not None
    assert {row["verdict"] for row in rows.values()} <= {MET, MISSED, NOT_PROVABLE}
    assert found["data"] == {
        "people": 2,
        "returning": 1,
        "sessions": 3,
        "pictures": 13,
        "failed": 1,
        "filled": 0,
        "strangers": 0,
        "pairs": 1,
    }
    html = out.read_text(encoding="utf-8")
    assert "broken.jpg is not a readable picture" in html and "Korean biometric test" in html


@pytest.mark.slow
def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path, evaluate, monkeypatch):
    def refused(*words: object) -> str:
        code, _, err = evaluate(*words)
        assert code == 2 and err.count("\n") == 1, err
        return err

    one = draw_folder(tmp_path / "one", {"kim/mon": 2, "lee/mon": 1})
    assert "Nobody has pictures of two sessions" in refused(one)
    single = draw_folder(tmp_path / "single", {"kim/mon": 1})
    assert "Nobody has pictures of two sessions" in refused(single)
    alone = draw_folder(tmp_path / "alone", {"kim/mon": 1, "kim/tue": 1})
    assert "Nobody is left to be a stranger" in refused(alone)
    flat = draw_folder(tmp_path / "flat", {"kim": 1})
    assert "a folder for each session" in refused(flat)
    shutil.rmtree(alone / "kim/tue")
    (alone / "kim/mon/0.png").write_text("no picture")
    assert "shows a face" in refused(alone)
    (flat / "conditions.toml").write_text("[dark]")
    assert "may have the tables" in refused(flat)
    assert "Write evaluate report DIR" in refused()
    assert "Write evaluate report DIR" in refused(one, "--target", 1)
    assert "is a folder; name a file" in refused(one, "--out", tmp_path)
    damaged = tmp_path / "reference.npz"
    damaged.write_bytes(Path(paths.REFERENCE).read_bytes()[:5000])
    monkeypatch.setattr(paths, "REFERENCE", damaged)
    assert "no usable reference of siamese" in refused(one)


def test_the_page_is_for_reports_only(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)
    for words in (["sessions", tmp_path], ["siamese", "--images", tmp_path]):
        assert cli.main(["evaluate", *map(str, words), "--out", "page.html"]) == 2
        assert "--out is an option of evaluate report DIR" in capsys.readouterr().err
